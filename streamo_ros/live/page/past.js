// SPDX-FileCopyrightText: 2026 The streamo_ros authors
// SPDX-License-Identifier: Apache-2.0
// Questions about the past: the form, the answer, and the pictures that it rests on.

import { moment } from './answers.js';
import { clock } from './draw.js';
import { command } from './feed.js';
import { make } from './element.js';

const find = (id) => document.getElementById(id);

export class Past {
  /** jump: called with the moment of a frame; look: with the stamp of one that the page no longer has. */
  constructor(store, { jump, look }) {
    Object.assign(this, { store, jump, look });
    find('past').onsubmit = (event) => { event.preventDefault(); this.#ask(event.target); };
  }

  draw() {
    const { facts } = this.store;
    const there = Boolean(facts.past && facts.remembers);
    find('past').hidden = !there;
    if (!there) find('found').hidden = true;
  }

  async #ask(form) {
    const question = new FormData(form).get('question'), button = form.querySelector('button');
    button.disabled = true;
    this.#tell('quiet', 'Looking back…');
    const [done, said, answer] = await command('ask', { question });
    button.disabled = false;
    if (!done || answer.outcome === 'ERROR' || answer.outcome === 'CANCELED') this.#tell('bad', said || 'no answer came');
    else if (answer.outcome === 'ANSWERED') this.#tell('answered', answer.text, answer.message, answer.evidence);
    else this.#tell('missing', 'Not found', answer.message, answer.evidence);
  }

  #tell(how, text, note = '', evidence = []) {
    const target = find('found'), said = make('p', how), parts = [said];
    said.textContent = text;
    if (note) { const more = make('p', 'quiet'); more.textContent = note; parts.push(more); }
    if (evidence.length) {
      const list = make('ul', 'evidence');
      list.setAttribute('aria-label', 'Frames that the answer rests on');
      list.append(...evidence.map((stamp) => this.#frame(stamp)));
      parts.push(list);
    }
    target.replaceChildren(...parts);
    target.hidden = false;
  }

  #frame(stamp) {
    const item = make('li', ''), button = make('button', ''), image = make('img', ''), when = make('span', '');
    const at = this.store.moment(stamp);
    button.type = 'button';
    when.textContent = [at === null ? '' : clock(at), moment(stamp)].filter(Boolean).join(' · ') || clock(Number(BigInt(stamp) / 1000000n) / 1000);
    image.alt = '';
    image.onerror = () => { const none = make('span', 'none'); none.textContent = 'no picture kept'; image.replaceWith(none); };
    image.src = `picture/${stamp}`;
    button.title = at === null ? 'Look at it: it is before what this page shows' : 'Jump there';
    button.onclick = () => (at === null ? this.look(stamp) : this.jump(at));
    button.append(image, when);
    item.append(button);
    return item;
  }
}
