// SPDX-FileCopyrightText: 2026 The streamo_ros authors
// SPDX-License-Identifier: Apache-2.0
// Boxes around what the model recognized, over the judged frame.

import { prepare } from './draw.js';

const COLOR = '#ffd600', SHADE = '#000b';

/**
 * Draw boxes. image: as it is shown, whole, within its place; seen: {boxes, pixels} or undefined;
 * size: [width, height] of the camera's image, 0 where that is the picture's own.
 */
export function drawBoxes(canvas, image, seen, size) {
  const [context, width, height] = prepare(canvas);
  if (!seen || image.hidden || !image.naturalWidth) return;
  const scale = Math.min(width / image.naturalWidth, height / image.naturalHeight);
  const wide = image.naturalWidth * scale, high = image.naturalHeight * scale;
  const left = (width - wide) / 2, top = (height - high) / 2;
  const across = seen.pixels ? size[0] || image.naturalWidth : 1;
  const down = seen.pixels ? size[1] || image.naturalHeight : 1;
  context.font = '600 12px system-ui, sans-serif';
  context.lineWidth = 2;
  for (const [kind, score, west, north, east, south] of seen.boxes) {
    const x = left + west / across * wide, y = top + north / down * high;
    context.strokeStyle = COLOR;
    context.strokeRect(x, y, (east - west) / across * wide, (south - north) / down * high);
    const text = `${kind} ${Math.round(score * 100)} %`, long = context.measureText(text).width + 8;
    context.fillStyle = SHADE;
    context.fillRect(x, Math.max(0, y - 17), long, 17);
    context.fillStyle = COLOR;
    context.fillText(text, x + 4, Math.max(0, y - 17) + 12.5);
  }
}

/** What was recognized in words, for those who do not see the boxes. */
export function describeBoxes(seen) {
  return seen ? `: ${seen.boxes.map(([kind]) => kind).join(', ')}` : '';
}
