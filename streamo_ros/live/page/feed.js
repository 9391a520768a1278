// SPDX-FileCopyrightText: 2026 The streamo_ros authors
// SPDX-License-Identifier: Apache-2.0
// What the server told: facts, decisions by lane, answers, pictures. Reconnects, and goes on there.

const KEPT = 100000;

export class Store {
  constructor() { this.clear(); }

  clear() {
    this.facts = {};
    this.lanes = new Map(); // lane -> decisions, in order of time
    this.answers = [];
    this.pictures = [];
    this.boxes = new Map(); // stamp -> {boxes, pixels}
    this.newest = null;
    this.first = Infinity;
    this.end = 0;
    this.frames = [];
    this.scored = false; // whether any decision came with probabilities
  }

  take(record) {
    const [kind, at] = record;
    if (kind === 'b') { this.#boxes(record); return; }
    this.first = Math.min(this.first, at);
    this.end = Math.max(this.end, at);
    if (kind === 'd') this.#decision(record);
    else if (kind === 'a') this.#answer(record);
    else if (kind === 'p') push(this.pictures, { at, stamp: record[2], size: record.slice(3) });
  }

  #decision([, at, stamp, lane, state, silence, standby, response, answer, stream, reason, latency,
    dropped, context, received]) {
    const decision = {
      at, stamp: BigInt(stamp), lane, state, answer, stream, reason, latency, dropped, context, received,
      chances: silence === null ? null : [silence, standby, response],
    };
    this.scored ||= silence !== null;
    if (!this.lanes.has(lane)) this.lanes.set(lane, []);
    push(this.lanes.get(lane), decision);
    if (!this.frames.length || this.frames.at(-1).at < at) push(this.frames, decision);
    this.newest = decision;
  }

  #boxes([, , stamp, boxes, pixels]) {
    this.boxes.set(stamp, { boxes, pixels });
    if (this.boxes.size > KEPT) this.boxes.delete(this.boxes.keys().next().value);
  }

  #answer([, at, stamp, lane, id, text, finish, probability, lasted, first, generation]) {
    push(this.answers, { at, stamp, lane, id, text, finish, probability, lasted, first, generation });
  }

  /** Seconds between two frames. */
  get period() { return 1 / (this.facts.rate || 1); }

  /** The moment of the frame with a stamp; null when the page has no such frame. */
  moment(stamp) {
    const wanted = BigInt(stamp);
    return this.frames.findLast((one) => one.stamp === wanted)?.at ?? null;
  }

  lane(number) {
    return (this.facts.lanes || []).find((one) => one.lane === number) || { lane: number, id: 0, text: '' };
  }
}

function push(list, item) {
  list.push(item);
  if (list.length > KEPT) list.splice(0, KEPT / 10);
}

/** Listens to the server for ever; calls back with ('open'|'lost'|'denied'|'facts'|'records'). */
export class Feed {
  constructor(store, changed) {
    this.store = store;
    this.changed = changed;
    this.next = 0;
    this.wait = 500;
  }

  connect() {
    const epoch = this.store.facts.epoch || '';
    const address = new URL(`events?epoch=${encodeURIComponent(epoch)}&next=${this.next}`, location.href);
    address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    let opened = false;
    const socket = new WebSocket(address);
    this.socket = socket;
    socket.onopen = () => { opened = true; this.wait = 500; this.changed('open'); };
    socket.onmessage = (message) => this.#take(JSON.parse(message.data));
    socket.onclose = async () => {
      if (!opened && await denied()) { this.changed('denied'); return; }
      this.changed('lost');
      setTimeout(() => this.connect(), this.wait);
      this.wait = Math.min(8000, this.wait * 1.7);
    };
  }

  #take(message) {
    if (message.facts) {
      if (this.store.facts.epoch && message.facts.epoch !== this.store.facts.epoch) {
        this.store.clear();
        this.next = 0;
      }
      this.store.facts = message.facts;
      this.changed('facts');
      return;
    }
    message.records.forEach((record) => this.store.take(record));
    this.next = message.next;
    this.changed('records');
  }
}

async function denied() {
  try {
    return (await fetch('picture/0')).status === 401;
  } catch {
    return false;
  }
}

/** Send a command; returns [done, what the server said, all of its reply]. */
export async function command(path, body) {
  try {
    const reply = await fetch(path, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
    });
    const said = await reply.json();
    return [reply.ok, said.message || said.error || '', said];
  } catch {
    return [false, 'the page has lost its server', {}];
  }
}
