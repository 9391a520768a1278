// SPDX-FileCopyrightText: 2026 The streamo_ros authors
// SPDX-License-Identifier: Apache-2.0
// Pixels that are written as such: thousands of frames cost no more than the pixels that they share.

/** A color of the page, #rgb or #rrggbb, as a pixel. */
function pixel(color) {
  const digits = color.length < 7 ? [...color.slice(1)].map((one) => one + one).join('') : color.slice(1);
  const [red, green, blue] = [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16));
  return new Uint32Array(new Uint8Array([red, green, blue, 255]).buffer)[0];
}

export class Raster {
  /** width, height: pixels of the canvas. */
  constructor(width, height) {
    Object.assign(this, { width, height });
    this.image = new ImageData(Math.max(1, width), Math.max(1, height));
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.known = new Map();
  }

  clear() { this.pixels.fill(0); }

  /** Fill a rectangle; edges are rounded to pixels, right and bottom are not part of it. */
  fill(left, right, top, bottom, color) {
    if (!this.known.has(color)) this.known.set(color, pixel(color));
    const value = this.known.get(color), { pixels, width, height } = this;
    const from = Math.max(0, Math.round(left)), to = Math.min(width, Math.round(right));
    const last = Math.min(height, Math.round(bottom));
    if (to <= from) return;
    for (let row = Math.max(0, Math.round(top)); row < last; row += 1) pixels.fill(value, row * width + from, row * width + to);
  }
}

/**
 * The loudest state of every column, 0 = none.
 * x(at): the pixel of a moment; loudness: by state, from 1 on; thin: pixels that a frame has at least.
 */
export function loudest(width, decisions, start, stop, state, x, period, loudness, thin) {
  const columns = new Uint8Array(width);
  let end = 0, before = 0;
  for (let at = start; at < stop; at += 1) {
    const loud = loudness[state(at)], left = Math.round(x(decisions[at].at));
    const right = Math.max(left + thin, Math.round(x(decisions[at].at + period)));
    // Stamps are never quite even: a pixel between two frames of one state is no gap.
    const from = loud === before && left - end === 1 ? end : left;
    for (let column = Math.max(0, from); column < right && column < width; column += 1) {
      if (columns[column] < loud) columns[column] = loud;
    }
    end = right;
    before = loud;
  }
  return columns;
}

/** Calls back with (from, to, value) for each run of equal columns that are not 0. */
export function runs(columns, take) {
  for (let from = 0, at = 1; at <= columns.length; at += 1) {
    if (at < columns.length && columns[at] === columns[from]) continue;
    if (columns[from]) take(from, at, columns[from]);
    from = at;
  }
}

/**
 * A line through many frames: of every column the span of its values, so that no peak is lost.
 * points(at): [column, row] or null where there is no value; broken(at): whether a gap is before it.
 */
export function spans(width, start, stop, point, broken) {
  const low = new Float32Array(width).fill(-1), high = new Float32Array(width);
  const note = (column, row) => {
    if (column < 0 || column >= width) return;
    if (low[column] < 0) { low[column] = row; high[column] = row; return; }
    if (row < low[column]) low[column] = row;
    if (row > high[column]) high[column] = row;
  };
  let before = null;
  for (let at = start; at < stop; at += 1) {
    const here = point(at);
    if (here && before && !broken(at)) {
      const [column, row] = before, wide = here[0] - column;
      // Each column reaches to where the line leaves it.
      for (let step = 0; step < wide; step += 1) {
        note(column + step, row + (here[1] - row) * step / wide);
        note(column + step, row + (here[1] - row) * (step + 1) / wide);
      }
    }
    if (here) note(...here);
    before = here;
  }
  return [low, high];
}
