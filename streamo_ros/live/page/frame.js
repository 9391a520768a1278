// SPDX-FileCopyrightText: 2026 The streamo_ros authors
// SPDX-License-Identifier: Apache-2.0
// The judged frame: the newest one, or the one at the cursor. One picture is asked for at a time.

import { moment } from './answers.js';
import { describeBoxes, drawBoxes } from './boxes.js';
import { clock } from './draw.js';
import { bold, make } from './element.js';
import { firstFrom } from './rule.js';

const STATES = ['undecided', 'silence', 'standby', 'response'];
const find = (id) => document.getElementById(id);

export class Frame {
  constructor(store) {
    this.store = store;
    this.image = find('picture');
    this.wanted = null;
    this.loading = false;
    this.boxed = true;
    this.image.onload = () => {
      this.loading = false;
      this.image.hidden = false;
      find('blank').hidden = true;
      this.drawn = this.shown;
      this.drawBoxes();
      this.#load();
    };
    this.image.onerror = () => {
      this.loading = false;
      this.image.hidden = true;
      this.shown = null;
      this.drawBoxes();
      find('blank').hidden = false;
      find('blank').textContent = 'The picture of this frame is no longer kept';
      this.#load();
    };
  }

  /** Show a picture of the memory, from before what the page has, until something else is picked. */
  remember(stamp) {
    this.past = stamp;
    this.decision = null;
    this.wanted = { stamp };
    this.#load();
    find('caption').replaceChildren(bold('From the memory'), ` ${moment(stamp)}`);
    find('readout').textContent = '';
    this.image.alt = `A remembered frame ${moment(stamp)}`;
  }

  forget() { this.past = null; }

  /** Show the frame of a moment; null = the newest. */
  show(at) {
    if (this.past) return;
    const { pictures, frames, period } = this.store;
    const before = at === null ? pictures.length - 1 : firstFrom(pictures, at + 1e-6) - 1;
    const picture = pictures[before];
    const decision = at === null ? frames.at(-1) : frames[firstFrom(frames, at + 1e-6) - 1];
    const near = picture && (at === null || at - picture.at < period * 0.51);
    this.wanted = near ? picture : null;
    if (!near && at !== null) { this.image.hidden = true; this.shown = null; find('blank').hidden = false; }
    if (!near) find('blank').textContent = decision ? 'No picture of this frame was kept' : 'No frame yet';
    this.decision = decision;
    this.#load();
    this.caption(at);
    this.readout(at);
    this.drawBoxes();
  }

  #load() {
    if (this.loading || !this.wanted || this.wanted === this.shown) return;
    this.loading = true;
    this.shown = this.wanted;
    this.image.src = `picture/${this.shown.stamp}`;
  }

  /** The boxes of the picture that is there; they may come before it, or after. */
  drawBoxes() {
    find('boxed').hidden = !this.store.boxes.size;
    const seen = this.boxed && this.drawn ? this.store.boxes.get(this.drawn.stamp) : undefined;
    drawBoxes(find('boxes'), this.image, seen, this.drawn?.size || []);
    if (!this.past) this.image.alt = this.#named(seen);
  }

  #named(seen) {
    const { decision } = this;
    return decision ? `The frame judged at ${clock(decision.at, this.store.period)}${describeBoxes(seen)}` : '';
  }

  caption(at) {
    const { decision } = this, caption = find('caption');
    if (!decision) return;
    const parts = [bold(clock(decision.at, this.store.period)), moment(decision.stamp)];
    if (at === null && this.store.facts.live) {
      const age = decision.latency + (Date.now() - (this.came ?? Date.now())) / 1000;
      parts.push(`${age.toFixed(age < 10 ? 1 : 0)} s ago`);
    }
    if (decision.latency) parts.push(`decided after ${(decision.latency * 1000).toFixed(0)} ms`);
    if (decision.reason) parts.push(decision.reason.toLowerCase().replaceAll('_', ' '));
    caption.replaceChildren(...parts.filter(Boolean).map((part) => { const one = make('span', ''); one.append(part); return one; }));
  }

  /** What was decided at a moment, for every lane. */
  readout(at) {
    const target = find('readout'), { store, decision } = this;
    if (!decision || at === null) { target.textContent = ''; return; }
    const parts = [bold(clock(decision.at, store.period))];
    for (const [lane, decisions] of store.lanes) {
      const one = decisions[firstFrom(decisions, decision.at - 1e-6)];
      if (!one || one.at > decision.at + 1e-6) continue;
      const chances = one.chances ? ` (${one.chances.map((chance) => chance.toFixed(2)).join(' / ')})` : '';
      parts.push(` · ${lane ? `#${store.lane(lane).id} ` : ''}${STATES[one.state]}${chances}`);
    }
    target.replaceChildren(...parts);
    target.title = 'Probabilities of silence, standby and response';
  }
}
