// SPDX-FileCopyrightText: 2026 The streamo_ros authors
// SPDX-License-Identifier: Apache-2.0
// What mouse and fingers do on the plot of a lane.

import { plotArea } from './draw.js';
import { firstFrom } from './rule.js';

/** Drag the mark, drag the time, pinch, click. */
export function grab(lanes, canvas) {
  let dragged = null, moved = false, spread = 0;
  const seconds = (event) => {
    const box = canvas.getBoundingClientRect();
    return lanes.view.from + (event.clientX - box.left) / box.width * (lanes.view.to - lanes.view.from);
  };
  const chance = (event) => {
    const [top, bottom] = plotArea(canvas.clientHeight, lanes.threshold !== null);
    return (bottom - (event.clientY - canvas.getBoundingClientRect().top)) / (bottom - top);
  };
  const onMark = (event) => lanes.store.scored && Math.abs(chance(event) - lanes.thresholds.response) < (event.pointerType === 'touch' ? 0.3 : 0.14)
    && (event.pointerType !== 'touch' || canvas.getBoundingClientRect().right - event.clientX < 110);
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    lanes.pointers.set(event.pointerId, event);
    dragged = onMark(event) ? 'mark' : 'time';
    moved = false;
    spread = 0;
  });
  canvas.addEventListener('pointermove', (event) => {
    canvas.style.cursor = onMark(event) ? 'ns-resize' : 'crosshair';
    const before = lanes.pointers.get(event.pointerId);
    if (!before) return;
    const shift = event.clientX - before.clientX;
    if (!moved && Math.hypot(shift, event.clientY - before.clientY) < 4) return;
    moved = true;
    lanes.pointers.set(event.pointerId, event);
    if (lanes.pointers.size === 2) {
      const [one, other] = [...lanes.pointers.values()];
      const now = Math.abs(one.clientX - other.clientX) || 1;
      if (spread) lanes.zoom(spread / now, seconds({ clientX: (one.clientX + other.clientX) / 2 }));
      spread = now;
    } else if (dragged === 'mark') lanes.setThreshold(chance(event));
    else lanes.pan(-shift / canvas.clientWidth * (lanes.view.to - lanes.view.from));
  });
  const release = (event) => {
    lanes.pointers.delete(event.pointerId);
    if (event.type === 'pointerup' && dragged === 'time' && !moved) pickNearest(lanes, seconds(event));
    dragged = lanes.pointers.size ? dragged : null;
  };
  canvas.addEventListener('pointerup', release);
  canvas.addEventListener('pointercancel', release);
  canvas.addEventListener('wheel', (event) => {
    if (!event.ctrlKey && Math.abs(event.deltaX) <= Math.abs(event.deltaY)) return;
    event.preventDefault();
    if (event.ctrlKey) lanes.zoom(Math.exp(event.deltaY * 0.004), seconds(event));
    else lanes.pan(event.deltaX / canvas.clientWidth * (lanes.view.to - lanes.view.from));
  }, { passive: false });
}

function pickNearest(lanes, at) {
  const { frames } = lanes.store;
  if (frames.length) lanes.pick(frames[Math.max(0, firstFrom(frames, at + 1e-9) - 1)].at);
}
