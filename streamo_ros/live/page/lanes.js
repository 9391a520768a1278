// SPDX-FileCopyrightText: 2026 The streamo_ros authors
// SPDX-License-Identifier: Apache-2.0
// The timeline: one lane per instruction, zoom and pan, the cursor, the threshold that is dragged.

import { clock, colors, drawAxis, drawLane, drawOverview } from './draw.js';
import { bold, make } from './element.js';
import { grab } from './grab.js';
import { Raster } from './raster.js';
import { RESPONSE, firstFrom, redecide } from './rule.js';

const LEAST = 4;
const find = (id) => document.getElementById(id);

export class Lanes {
  /** picked: called with the moment of the cursor, null = the newest frame. */
  constructor(store, { picked, cancel, apply }) {
    Object.assign(this, { store, picked, cancel, apply });
    this.view = { from: 0, to: 60 };
    this.follow = true;
    this.cursor = null;
    this.threshold = null; // null = as recorded
    this.rows = new Map();
    this.marks = new Map(); // lane -> states under the other threshold
    this.pointers = new Map();
    this.costs = [];
    this.layer = document.createElement('canvas');
    this.#listen();
  }

  get recorded() {
    const { response = 0, standby = 0, hysteresis = 0, gate = false, half = false } = this.store.facts.thresholds || {};
    return { response, standby: half ? response / 2 : standby, hysteresis, scored: gate };
  }

  get thresholds() {
    const { recorded } = this, response = this.threshold ?? recorded.response;
    return { ...recorded, response, standby: this.store.facts.thresholds?.half ? response / 2 : recorded.standby };
  }

  /** The parameter that the mark stands for. */
  get parameter() { return this.recorded.scored ? 'activation' : 'response'; }

  /** Something new came: show it with the next picture of the screen. */
  touch() {
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => { this.pending = 0; this.draw(); });
  }

  /** The colors of the page changed. */
  recolor() {
    this.paint = null;
    this.touch();
  }

  showAll() {
    const { first, end, period } = this.store;
    if (first === Infinity) return;
    this.view = { from: first, to: Math.max(end + period, first + LEAST) };
    this.follow = false;
    this.touch();
  }

  setThreshold(value) {
    // A gate's score is compared: none is above 1, and every one reaches 0.
    const [low, high] = this.recorded.scored ? [0.01, 0.99] : [0, 1];
    this.threshold = value === null ? null : Math.min(high, Math.max(low, Math.round(value * 100) / 100));
    this.marks.clear();
    this.touch();
  }

  /** Put the cursor at a moment, and into view; null = follow the newest frame. */
  pick(at) {
    this.cursor = at;
    this.whole = false;
    this.follow = at === null && this.store.facts.live;
    if (at !== null && (at < this.view.from || at > this.view.to)) this.#centre(at);
    this.touch();
    this.picked(at);
  }

  step(count) {
    const { frames } = this.store;
    if (!frames.length) return;
    const here = this.cursor === null ? frames.length - 1
      : Math.min(frames.length - 1, firstFrom(frames, this.cursor - 1e-6));
    this.pick(frames[Math.min(frames.length - 1, Math.max(0, here + count))].at);
  }

  zoom(factor, around = null) {
    const { from, to } = this.view;
    const point = around ?? (this.cursor !== null && this.cursor >= from && this.cursor <= to ? this.cursor : (from + to) / 2);
    const span = Math.min(Math.max((to - from) * factor, LEAST), Math.max(LEAST, (this.store.end - this.store.first) * 1.2 + 10));
    const share = (point - from) / (to - from);
    this.view = { from: point - span * share, to: point + span * (1 - share) };
    this.whole = false;
    this.follow = this.follow && around === null;
    this.touch();
  }

  pan(seconds) {
    this.view = { from: this.view.from + seconds, to: this.view.to + seconds };
    this.follow = this.whole = false;
    this.touch();
  }

  do(name) {
    const span = this.view.to - this.view.from;
    if (name === 'in') this.zoom(0.5);
    else if (name === 'out') this.zoom(2);
    else if (name === 'all') this.showAll();
    else if (name === 'earlier') this.pan(-span / 2);
    else if (name === 'later') this.pan(span / 2);
    else { this.follow = true; this.pick(null); this.follow = true; }
  }

  draw() {
    const began = performance.now();
    const { store, view } = this;
    if (this.follow && store.end) {
      const span = view.to - view.from, to = store.end + store.period;
      this.view = { from: to - span, to };
    }
    this.#clamp();
    this.#match();
    const paint = this.paint ||= colors();
    for (const [lane, row] of this.rows) this.#drawRow(lane, row, paint);
    drawAxis(find('axis'), paint, this.view);
    const whole = { from: Math.min(store.first, store.end), to: Math.max(store.end + store.period, store.first + LEAST) };
    if (store.first !== Infinity) drawOverview(find('overview'), this.layer, paint, store.answers, whole, this.view, this.cursor);
    this.#tell();
    this.costs.push(performance.now() - began);
    if (this.costs.length > 300) this.costs.shift();
  }

  /** A lane is painted anew when something of it changed; the cursor is an element above it. */
  #drawRow(lane, row, paint) {
    const { store, view, cursor } = this, { canvas } = row;
    const decisions = store.lanes.get(lane) || [];
    const states = this.threshold === null ? null : this.#whatIf(lane, decisions);
    const threshold = store.scored ? this.thresholds.response : null;
    const width = canvas.clientWidth, height = canvas.clientHeight, zoom = window.devicePixelRatio || 1;
    const shown = [view.from, view.to, store.period, width, height, zoom, threshold, decisions.length, decisions.at(-1)?.at, states, paint];
    if (!row.shown?.every((one, at) => one === shown[at])) {
      row.shown = shown;
      const wide = Math.round(width * zoom), high = Math.round(height * zoom);
      if (row.raster?.width !== wide || row.raster?.height !== high) row.raster = new Raster(wide, high);
      drawLane(canvas, row.raster, paint, decisions, view, store.period, threshold, states);
    }
    const share = cursor === null ? -1 : (cursor - view.from) / (view.to - view.from);
    row.cursor.hidden = share < 0 || share > 1;
    if (!row.cursor.hidden) row.cursor.style.transform = `translateX(${Math.round(share * width)}px)`;
  }

  #whatIf(lane, decisions) {
    const before = this.marks.get(lane);
    if (before && before.length === decisions.length) return before;
    const cooldown = BigInt(Math.round((this.store.lane(lane).cooldown || 0) * 1e9));
    const states = redecide(decisions, this.thresholds, cooldown);
    states.before = decisions.filter((one) => one.state === RESPONSE).length;
    states.after = states.filter((one) => one === RESPONSE).length;
    this.marks.set(lane, states);
    return states;
  }

  #clamp() {
    const { first, end, period } = this.store;
    if (first === Infinity) return;
    const span = this.view.to - this.view.from;
    const from = Math.min(Math.max(this.view.from, first - span * 0.1), Math.max(first, end + period - span * 0.9));
    if (!this.follow) this.view = { from, to: from + span };
  }

  #centre(at) {
    const half = (this.view.to - this.view.from) / 2;
    this.view = { from: at - half, to: at + half };
  }

  /** One row per lane that has decisions, or is watched for. */
  #match() {
    const { store } = this;
    const wanted = (store.facts.lanes || []).filter((one) => one.active || store.lanes.has(one.lane));
    if (store.lanes.has(0) && !wanted.length) wanted.unshift({ lane: 0, id: 0, text: 'no instruction', active: false });
    for (const [lane, row] of this.rows) {
      if (!wanted.some((one) => one.lane === lane)) { row.element.remove(); this.rows.delete(lane); }
    }
    for (const one of wanted) {
      if (!this.rows.has(one.lane)) this.#addRow(one);
      const row = this.rows.get(one.lane);
      row.element.classList.toggle('over', Boolean(store.facts.live) && !one.active);
      row.stop.hidden = !(store.facts.commands && one.active && one.id);
      const decisions = store.lanes.get(one.lane) || [];
      if (row.counted !== decisions.length) {
        row.counted = decisions.length;
        const said = store.answers.filter((answer) => answer.lane === one.lane).length;
        row.tally.textContent = `${said} ${said === 1 ? 'answer' : 'answers'}${one.cooldown ? `, cooldown ${one.cooldown} s` : ''}`;
      }
    }
  }

  #addRow(one) {
    const element = make('div', 'lane'), name = make('div', 'name'), text = make('span', 'text');
    const tally = make('span', 'tally'), stop = make('button', ''), canvas = make('canvas', '');
    const plot = make('div', 'plot'), cursor = make('i', 'cursor');
    const key = make('span', 'key');
    key.textContent = one.id ? `#${one.id}` : '';
    text.textContent = one.text || `instruction ${one.id}`;
    text.title = one.text;
    stop.type = 'button';
    stop.textContent = 'Cancel';
    stop.setAttribute('aria-label', `Cancel instruction ${one.id}: ${one.text}`);
    stop.onclick = () => this.cancel(one);
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', `Decisions for ${one.text || 'no instruction'}`);
    const words = make('span', 'words');
    words.append(text, tally);
    name.append(key, words, stop);
    plot.append(canvas, cursor);
    element.append(name, plot);
    find('lanes').append(element);
    this.rows.set(one.lane, { element, canvas, cursor, tally, stop, counted: -1 });
    grab(this, canvas);
  }

  #tell() {
    const { store, thresholds } = this;
    const changed = this.threshold !== null;
    find('parameter').textContent = `thresholds.${this.parameter}`;
    find('chance').textContent = thresholds.scored ? 'the gate’s score' : 'p(response)';
    find('threshold').value = thresholds.response;
    find('threshold-value').textContent = thresholds.response > 0 ? thresholds.response.toFixed(2) : 'most probable';
    find('reset').hidden = !changed;
    find('apply').hidden = !(changed && store.facts.commands);
    find('newest').setAttribute('aria-pressed', String(this.follow));
    const verdict = find('verdict');
    if (!changed) { verdict.textContent = 'Drag the mark in a lane, or the slider.'; return; }
    let before = 0, after = 0;
    for (const states of this.marks.values()) {
      before += states.before;
      after += states.after;
    }
    verdict.replaceChildren(bold(String(after)), ` responses instead of ${before}`);
    verdict.title = 'From the recorded probabilities: how other answers would have changed what follows is left out.';
  }

  #listen() {
    document.querySelectorAll('[data-do]').forEach((button) => { button.onclick = () => this.do(button.dataset.do); });
    find('threshold').oninput = (event) => this.setThreshold(Number(event.target.value));
    find('reset').onclick = () => this.setThreshold(null);
    find('apply').onclick = () => this.apply({ [this.parameter]: this.thresholds.response });
    const overview = find('overview');
    const jump = (event) => {
      const { first, end, period } = this.store, box = overview.getBoundingClientRect();
      this.follow = false;
      this.#centre(first + (event.clientX - box.left) / box.width * (end + period - first));
      this.touch();
    };
    overview.onpointerdown = (event) => { overview.setPointerCapture(event.pointerId); jump(event); };
    overview.onpointermove = (event) => { if (event.buttons) jump(event); };
    new ResizeObserver(() => this.touch()).observe(find('lanes'));
  }
}
