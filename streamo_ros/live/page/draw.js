// SPDX-FileCopyrightText: 2026 The streamo_ros authors
// SPDX-License-Identifier: Apache-2.0
// Paints: one lane, the axis of time, the overview. Knows canvases, nothing of the page.

import { RESPONSE, SILENCE, STANDBY, UNKNOWN, firstFrom } from './rule.js';

const BAND = 13, GAP = 3, HEIGHTS = { [SILENCE]: 4, [STANDBY]: 8, [RESPONSE]: 13, [UNKNOWN]: 4 };

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

/** Fit a canvas to its place and the screen; returns [context, width, height]. */
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
  return [context, width, height];
}

/** Where the plot of probabilities lies in a lane: [top, bottom]. */
export function plotArea(height, compared) {
  return [5, height - BAND - GAP - (compared ? BAND + GAP : 0)];
}

/**
 * One lane. view: {from, to}; period: seconds of a frame; threshold, null = none to draw; whatIf:
 * states or null;
 * cursor: seconds or null.
 */
export function drawLane(canvas, paint, decisions, view, period, threshold, whatIf, cursor) {
  const [context, width, height] = prepare(canvas);
  const scale = width / (view.to - view.from);
  const x = (at) => (at - view.from) * scale;
  const [top, bottom] = plotArea(height, whatIf !== null);
  const y = (chance) => bottom - chance * (bottom - top);
  const start = Math.max(0, firstFrom(decisions, view.from) - 1);
  const stop = Math.min(decisions.length, firstFrom(decisions, view.to) + 1);
  context.fillStyle = paint.soft;
  context.fillRect(0, top, width, bottom - top);
  line(context, paint, decisions, start, stop, x, y, period);
  const bands = whatIf === null ? 1 : 2;
  const floor = height - (bands - 1) * (BAND + GAP);
  band(context, paint, start, stop, decisions, (at) => decisions[at].state, x, floor, period);
  if (whatIf !== null) {
    band(context, paint, start, stop, decisions, (at) => whatIf[at] ?? UNKNOWN, x, height, period);
    note(context, paint, 'recorded', 0, floor - 2);
    note(context, paint, 'what if', 0, height - 2);
  }
  if (threshold !== null) mark(context, paint, width, y(threshold), threshold);
  if (cursor !== null) {
    context.fillStyle = paint.ink;
    context.fillRect(Math.round(x(cursor)), 0, 1, height);
  }
}

function line(context, paint, decisions, start, stop, x, y, period) {
  context.strokeStyle = paint.line;
  context.lineWidth = 1.5;
  context.lineJoin = 'round';
  context.beginPath();
  let before = null, column = null, low = 0, high = 0;
  const flush = () => {
    if (column === null) return;
    context.lineTo(column, y(high));
    if (low < high) context.lineTo(column, y(low));
  };
  for (let at = start; at < stop; at += 1) {
    const one = decisions[at];
    if (one.chances === null) { flush(); column = null; before = null; continue; }
    const chance = one.chances[2], here = Math.round(x(one.at + period / 2));
    const gap = before === null || one.at - before > 2.5 * period;
    if (gap) { flush(); column = null; context.moveTo(here, y(chance)); }
    // Many frames within one pixel: the span of their values, so that no peak is lost.
    if (column === here) { low = Math.min(low, chance); high = Math.max(high, chance); }
    else { flush(); column = here; low = chance; high = chance; }
    before = one.at;
  }
  flush();
  context.stroke();
}

function band(context, paint, start, stop, decisions, state, x, floor, period) {
  // Frames of one state that touch are one block; the loudest state is painted last, so that a
  // single response shows at any zoom.
  const blocks = { [SILENCE]: [], [UNKNOWN]: [], [STANDBY]: [], [RESPONSE]: [] };
  for (let at = start; at < stop; at += 1) {
    const left = x(decisions[at].at), right = x(decisions[at].at + period);
    const list = blocks[state(at)], last = list.at(-1);
    if (last && left <= last[1] + 0.6) last[1] = right; else list.push([left, right]);
  }
  for (const wanted of [SILENCE, UNKNOWN, STANDBY, RESPONSE]) {
    context.fillStyle = paint.states[wanted];
    const high = HEIGHTS[wanted];
    for (const [from, to] of blocks[wanted]) {
      context.fillRect(from, floor - high, Math.max(1.5, to - from), high);
    }
  }
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

function note(context, paint, text, x, y) {
  context.font = '9.5px system-ui, sans-serif';
  const wide = context.measureText(text).width;
  context.globalAlpha = 0.8;
  context.fillStyle = paint.card;
  context.fillRect(x, y - 9, wide + 4, 11);
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

export function drawOverview(canvas, paint, answers, whole, view, cursor) {
  const [context, width, height] = prepare(canvas);
  const x = (at) => (at - whole.from) * width / (whole.to - whole.from);
  context.fillStyle = paint.soft;
  context.fillRect(0, 0, width, height);
  context.fillStyle = paint.states[RESPONSE];
  for (const answer of answers) context.fillRect(x(answer.at), 6, 2, height - 12);
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
