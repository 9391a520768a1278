// SPDX-FileCopyrightText: 2026 The streamo_ros authors
// SPDX-License-Identifier: Apache-2.0
// The strip of health: from the decisions themselves, and from the node's diagnostics.

import { clock } from './draw.js';
import { make } from './element.js';

const LOOKED_AT = 600, ERROR = 2;

export function drawHealth(store, connected) {
  const { facts, frames, newest } = store;
  const tiles = [];
  const add = (name, value, bad = false) => { if (value !== null && value !== undefined && value !== '') tiles.push([name, String(value), bad]); };
  const input = values(facts, 'input'), process = values(facts, 'process');
  const recent = frames.slice(-LOOKED_AT);
  const waits = recent.map((one) => one.latency).filter((one) => one > 0).sort((a, b) => a - b);
  if (facts.live) {
    add('Node', facts.node_state === undefined ? 'looking for it' : facts.node_state || 'not seen', facts.node_state === '');
    add('Camera', input['rate (Hz)'] ? `${Number(input['rate (Hz)']).toFixed(1)} Hz` : '');
    add('Judged', judged(recent));
  } else {
    add('Recording', clock(Math.max(0, store.end - store.first) + store.period));
    add('Frames', frames.length.toLocaleString());
    if (facts.rate) add('Sampled', `${Number(facts.rate.toPrecision(3))} Hz`);
  }
  if (waits.length) add('Latency p50 / p99', `${ms(waits, 0.5)} / ${ms(waits, 0.99)} ms`);
  if (newest) {
    // A memory store does not know what was dropped.
    if (newest.received) add('Dropped', newest.dropped, newest.dropped > 0);
    if (facts.live) add('Queue', input.queue);
    const capacity = facts.model?.context_capacity;
    if (newest.context) add('Context', capacity ? `${newest.context} of ${capacity}` : newest.context);
  }
  if (process['memory (bytes)']) add('Memory', `${(Number(process['memory (bytes)']) / 2 ** 20).toFixed(0)} MiB`);
  const last = store.answers.at(-1);
  if (newest) add('Quiet', last ? `for ${clock(Math.max(0, store.end - last.at))}` : 'all the time');
  add('Model', facts.model?.model);
  const strip = document.getElementById('health');
  strip.replaceChildren(...tiles.map(([name, value, bad]) => {
    const tile = make('div', bad ? 'bad' : ''), term = make('dt', ''), text = make('dd', '');
    term.textContent = name;
    text.textContent = value;
    tile.append(term, text);
    return tile;
  }));
  const [problem, grave] = trouble(facts, connected);
  const alert = document.getElementById('alert');
  alert.hidden = !problem;
  alert.classList.toggle('warning', !grave);
  if (alert.textContent !== problem) alert.textContent = problem;
}

function values(facts, name) {
  return facts.health?.[name]?.values || {};
}

function judged(frames) {
  const few = frames.slice(-20);
  if (few.length < 2) return '';
  return `${((few.length - 1) / Math.max(1e-6, few.at(-1).at - few[0].at)).toFixed(1)} Hz`;
}

function ms(sorted, share) {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] * 1000;
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}

/** [what is wrong, in words, '' = nothing; whether it is more than a warning]. */
function trouble(facts, connected) {
  if (!connected) return ['', false];
  if (facts.end?.failure) return [`The run was broken off: ${facts.end.failure}`, true];
  if (facts.live && facts.node_state === '') return [`${facts.node || 'The node'} is not seen: is it running, and in the same ROS domain?`, true];
  const worst = Object.values(facts.health || {}).filter((one) => one.level > 0).sort((a, b) => b.level - a.level)[0];
  if (!worst) return ['', false];
  return [`${worst.level >= ERROR ? 'Error' : 'Warning'}: ${worst.message}`, worst.level >= ERROR];
}
