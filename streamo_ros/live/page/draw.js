// SPDX-FileCopyrightText: 2026 The streamo_ros authors
// SPDX-License-Identifier: Apache-2.0
// Paints: one lane, the axis of time, the overview. Knows canvases, nothing of the page.

import { loudest, runs, spans } from './raster.js';
import { RESPONSE, SILENCE, STANDBY, UNKNOWN, firstFrom } from './rule.js';

const BAND = 13, GAP = 3, HEIGHTS = { [SILENCE]: 4, [STANDBY]: 8, [RESPONSE]: 13, [UNKNOWN]: 4 };
// By state; within a pixel the loudest one is shown, so that a single response is seen at any zoom.
const LOUDNESS = [];
[SILENCE, UNKNOWN, STANDBY, RESPONSE].forEach((state, at) => { LOUDNESS[state] = at + 1; });

export function colors() {
  const style = getComputedStyle(document.documentElement);
  const named = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: named('ink'), quiet: named('quiet'), edge: named('edge'), card: named('card'),
    soft: named('soft'), line: named('line'), mark: named('mark'), shade: named('shade'),
    states: { [SILENCE]: named('silence'), [STANDBY]: named('standby'),
      [RESPONSE]: named('response'), [UNKNOWN]: named('unknown') },
  };
}

/** Fit a canvas to its place and the screen; returns [context, width, height, pixels per unit]. */
export function prepare(canvas) {
  const scale = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const context = canvas.getContext('2d');
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return [context, width, height, scale];
}

/** Where the plot of probabilities lies in a lane: [top, bottom]. */
export function plotArea(height, compared) {
  return [5, height - BAND - GAP - (compared ? BAND + GAP : 0)];
}

/**
 * One lane. raster: its pixels; view: {from, to}; period: seconds of a frame; threshold, null = none
 * to draw; whatIf: states or null.
 */
export function drawLane(canvas, raster, paint, decisions, view, period, threshold, whatIf) {
  const [context, width, height, zoom] = prepare(canvas);
  const scale = width / (view.to - view.from);
  const x = (at) => (at - view.from) * scale;
  const [top, bottom] = plotArea(height, whatIf !== null);
  const y = (chance) => bottom - chance * (bottom - top);
  const start = Math.max(0, firstFrom(decisions, view.from) - 1);
  const stop = Math.min(decisions.length, firstFrom(decisions, view.to) + 1);
  const dense = stop - start > width / 4;
  raster.clear();
  if (bottom > top) raster.fill(0, raster.width, top * zoom, bottom * zoom, paint.soft);
  if (dense && bottom > top) denseLine(raster, paint, decisions, start, stop, (at) => x(at) * zoom, (chance) => y(chance) * zoom, period, zoom);
  const floor = height - (whatIf === null ? 0 : BAND + GAP);
  const band = (state, foot) => drawBand(raster, paint, decisions, start, stop, state, (at) => x(at) * zoom, foot, period, zoom);
  const loud = [band((at) => decisions[at].state, floor)];
  if (whatIf !== null) loud.push(band((at) => whatIf[at] ?? UNKNOWN, height));
  context.putImageData(raster.image, 0, 0);
  if (!dense && bottom > top) line(context, paint, decisions, start, stop, x, y, period);
  if (whatIf !== null) {
    note(context, paint, 'recorded', width, floor - 2, loud[0], zoom);
    note(context, paint, 'what if', width, height - 2, loud[1], zoom);
  }
  if (threshold !== null) mark(context, paint, width, y(threshold), threshold);
}

/** Few enough frames that each is a point of its own. */
function line(context, paint, decisions, start, stop, x, y, period) {
  context.strokeStyle = paint.line;
  context.lineWidth = 1.5;
  context.lineJoin = 'round';
  context.beginPath();
  let before = null;
  for (let at = start; at < stop; at += 1) {
    const one = decisions[at];
    if (one.chances === null) { before = null; continue; }
    const apart = before === null || one.at - before > 2.5 * period;
    context[apart ? 'moveTo' : 'lineTo'](x(one.at + period / 2), y(one.chances[2]));
    before = one.at;
  }
  context.stroke();
}

function denseLine(raster, paint, decisions, start, stop, x, y, period, zoom) {
  const point = (at) => {
    const { chances } = decisions[at];
    return chances && [Math.round(x(decisions[at].at + period / 2)), y(chances[2])];
  };
  const broken = (at) => decisions[at].at - decisions[at - 1].at > 2.5 * period;
  const [low, high] = spans(raster.width, start, stop, point, broken), half = 0.75 * zoom;
  const thin = Math.round(1.5 * zoom);
  for (let column = 0; column < raster.width; column += 1) {
    if (low[column] >= 0) raster.fill(column, column + thin, low[column] - half, high[column] + half, paint.line);
  }
}

/** The states as blocks on a foot; returns the columns, each with how loud it is. */
function drawBand(raster, paint, decisions, start, stop, state, x, foot, period, zoom) {
  const columns = loudest(raster.width, decisions, start, stop, state, x, period, LOUDNESS, Math.round(1.5 * zoom));
  runs(columns, (from, to, loud) => {
    const shown = LOUDNESS.indexOf(loud);
    raster.fill(from, to, (foot - HEIGHTS[shown]) * zoom, foot * zoom, paint.states[shown]);
  });
  return columns;
}

function mark(context, paint, width, height, threshold) {
  context.strokeStyle = paint.mark;
  context.lineWidth = 1;
  context.setLineDash([5, 4]);
  context.beginPath();
  context.moveTo(0, Math.round(height) + 0.5);
  context.lineTo(width, Math.round(height) + 0.5);
  context.stroke();
  context.setLineDash([]);
  const text = threshold > 0 ? threshold.toFixed(2) : '↕';
  context.font = '11px system-ui, sans-serif';
  const wide = context.measureText(text).width + 12;
  const top = Math.max(0, height - 8);
  context.fillStyle = paint.mark;
  context.beginPath();
  context.roundRect(width - wide, top, wide, 16, 5);
  context.fill();
  context.fillStyle = paint.card;
  context.fillText(text, width - wide + 6, top + 12);
}

/** Name a band at its left end, or its right one: where nothing happened, if there is such a place. */
function note(context, paint, text, width, y, loud, zoom) {
  context.font = '9.5px system-ui, sans-serif';
  const wide = context.measureText(text).width + 4;
  const free = (from) => !loud.subarray(from * zoom, (from + wide) * zoom).some((one) => one > LOUDNESS[UNKNOWN]);
  const x = [0, width - wide].find(free);
  if (x === undefined) return;
  context.globalAlpha = 0.8;
  context.fillStyle = paint.card;
  context.fillRect(x, y - 9, wide, 11);
  context.globalAlpha = 1;
  context.fillStyle = paint.quiet;
  context.fillText(text, x + 2, y);
}

export function drawAxis(canvas, paint, view) {
  const [context, width] = prepare(canvas);
  const span = view.to - view.from;
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200];
  const step = steps.find((one) => one * width / span >= 84) || 86400;
  context.font = '11.5px system-ui, sans-serif';
  context.textAlign = 'center';
  for (let at = Math.ceil(view.from / step) * step; at <= view.to; at += step) {
    const x = (at - view.from) * width / span;
    context.fillStyle = paint.edge;
    context.fillRect(Math.round(x), 0, 1, 5);
    context.fillStyle = paint.quiet;
    if (x > 20 && x < width - 20) context.fillText(clock(at, step), x, 17);
  }
}

/** layer: a canvas that keeps the answers, which change seldom. */
export function drawOverview(canvas, layer, paint, answers, whole, view, cursor) {
  const [context, width, height, zoom] = prepare(canvas);
  const x = (at) => (at - whole.from) * width / (whole.to - whole.from);
  const key = [canvas.width, canvas.height, answers.length, answers.at(-1)?.at, whole.from, whole.to, paint.soft].join();
  if (layer.key !== key) {
    layer.key = key;
    Object.assign(layer, { width: canvas.width, height: canvas.height });
    const kept = layer.getContext('2d');
    kept.setTransform(zoom, 0, 0, zoom, 0, 0);
    kept.fillStyle = paint.soft;
    kept.fillRect(0, 0, width, height);
    kept.fillStyle = paint.states[RESPONSE];
    for (const answer of answers) kept.fillRect(x(answer.at), 6, 2, height - 12);
  }
  if (layer.width && layer.height) context.drawImage(layer, 0, 0, width, height);
  context.fillStyle = paint.shade;
  const left = x(view.from), wide = Math.max(6, x(view.to) - left);
  context.fillRect(left, 0, wide, height);
  context.strokeStyle = paint.mark;
  context.strokeRect(left + 0.5, 0.5, wide - 1, height - 1);
  context.fillStyle = paint.ink;
  if (cursor !== null) context.fillRect(Math.round(x(cursor)), 0, 1, height);
}

/** Seconds as 1:02:03, with decimals where a step needs them. */
export function clock(at, step = 1) {
  const digits = step < 1 ? 1 : 0;
  const whole = Math.round(at * 10 ** digits) / 10 ** digits;
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  const seconds = (whole % 60).toFixed(digits).padStart(digits ? 4 : 2, '0');
  return hours ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}` : `${minutes}:${seconds}`;
}
