// SPDX-FileCopyrightText: 2026 The streamo_ros authors
// SPDX-License-Identifier: Apache-2.0
// The answers, newest first, with the picture that each is about.

import { clock } from './draw.js';
import { make } from './element.js';

// A phone shows them below the timeline, where many are a long way.
const STEP = matchMedia('(max-width: 900px)').matches ? 15 : 60;
// Times that a picture is asked for again.
const TRIES = 3;
const FINISHED = { LENGTH: 'cut at the limit', CANCELED: 'canceled', ERROR: 'failed' };

export class Answers {
  /** jump: called with the moment of an answer. */
  constructor(store, jump) {
    Object.assign(this, { store, jump });
    this.shown = STEP;
    this.list = document.getElementById('answers');
    this.more = document.getElementById('more');
    this.more.onclick = () => { this.shown += STEP; this.drawn = null; this.draw(); };
    this.items = new Map();
  }

  draw() {
    const { answers, facts } = this.store;
    this.#speaking();
    const last = answers.at(-1);
    if (this.drawn && this.drawn === last) return;
    this.drawn = last;
    const wanted = answers.slice(-this.shown).reverse();
    for (const [answer, item] of this.items) {
      if (!wanted.includes(answer)) { item.remove(); this.items.delete(answer); }
    }
    let after = null;
    for (const answer of wanted) {
      const item = this.items.get(answer) || this.#item(answer);
      const place = after ? after.nextSibling : this.list.firstChild;
      if (item !== place) this.list.insertBefore(item, place);
      after = item;
    }
    this.list.querySelector('.empty')?.remove();
    if (!answers.length) {
      const empty = make('li', 'empty');
      empty.textContent = facts.live ? 'Nothing said yet.' : 'Nothing was said.';
      this.list.append(empty);
    }
    this.more.hidden = answers.length <= this.shown;
    document.getElementById('count').textContent = answers.length ? `${answers.length}, newest first` : '';
  }

  choose(at) {
    for (const [answer, item] of this.items) {
      item.classList.toggle('chosen', at !== null && Math.abs(answer.at - at) < 1e-6);
    }
  }

  /** The answer before or after a moment; undefined if there is none. */
  beside(at, later) {
    const { answers, end } = this.store;
    const here = at ?? end + 1;
    return later ? answers.find((one) => one.at > here + 1e-6) : answers.findLast((one) => one.at < here - 1e-6);
  }

  #item(answer) {
    const lane = this.store.lane(answer.lane);
    const item = make('li', ''), button = make('button', 'answer'), words = make('span', '');
    const said = make('b', ''), asked = make('span', 'asked'), when = make('span', 'when');
    const hint = make('em', '');
    button.type = 'button';
    button.title = 'Jump there';
    button.onclick = () => this.jump(answer.at);
    said.textContent = answer.text || '(no text)';
    asked.textContent = lane.id ? `#${lane.id} ${lane.text}` : lane.text;
    const facts = [clock(answer.at), moment(answer.stamp)];
    if (answer.lasted > 0) facts.push(`lasted ${answer.lasted.toFixed(answer.lasted < 10 ? 1 : 0)} s`);
    if (answer.probability !== null) facts.push(`p ${answer.probability.toFixed(2)}`);
    if (FINISHED[answer.finish]) facts.push(FINISHED[answer.finish]);
    when.textContent = facts.filter(Boolean).join(' · ');
    hint.textContent = 'Jump there';
    when.append(hint);
    words.append(said, asked, when);
    button.append(this.#picture(answer), words);
    item.append(button);
    this.items.set(answer, item);
    return item;
  }

  #picture(answer) {
    const image = make('img', '');
    image.alt = '';
    image.loading = 'lazy';
    image.width = 92;
    image.height = 62;
    // On a busy machine an answer may overtake the picture of its frame.
    let left = this.store.facts.live ? TRIES : 0;
    image.onerror = () => {
      if (left > 0) setTimeout(() => { image.src = `picture/${answer.stamp}?${left}`; }, 1500);
      else image.replaceWith(make('span', 'none'));
      left -= 1;
    };
    image.src = `picture/${answer.stamp}`;
    return image;
  }

  #speaking() {
    const list = document.getElementById('speaking');
    const items = (this.store.facts.speaking || []).map(([, lane, text]) => {
      const item = make('li', ''), asked = make('span', 'asked'), one = this.store.lane(lane);
      asked.textContent = one.id ? `#${one.id} ${one.text}` : one.text;
      item.append(`${text}…`, asked);
      return item;
    });
    if (items.length || list.firstChild) list.replaceChildren(...items);
  }
}

const TIME_OF_DAY = new Intl.DateTimeFormat([], { dateStyle: 'short', timeStyle: 'medium' });

/** A stamp as local time; '' where the stamps are not times of the day. */
export function moment(stamp) {
  const milliseconds = Number(BigInt(stamp) / 1000000n);
  return milliseconds > 946684800000 ? TIME_OF_DAY.format(milliseconds) : '';
}
