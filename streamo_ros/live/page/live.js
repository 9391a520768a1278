// SPDX-FileCopyrightText: 2026 The streamo_ros authors
// SPDX-License-Identifier: Apache-2.0
// The page: brings feed, timeline, frame, answers and form together. Text from outside is only ever
// set as text.

import { Answers } from './answers.js';
import { Feed, Store, command } from './feed.js';
import { listenToForm, listenToGate, login, tell, tokenOfAddress } from './form.js';
import { Frame } from './frame.js';
import { drawHealth } from './health.js';
import { Lanes } from './lanes.js';
import { Past } from './past.js';

const find = (id) => document.getElementById(id);
const THEMES = ['auto', 'light', 'dark'];
const store = new Store();
let connected = false, framed = false, due = 0;

const frame = new Frame(store);
const lanes = new Lanes(store, {
  picked: (at) => { frame.forget(); frame.show(at); answers.choose(at); },
  cancel: async (one) => tell(...await command('cancel', { id: one.id })),
  apply: async (wanted) => {
    const [done, said] = await command('thresholds', wanted);
    tell(done, said);
    if (done) lanes.setThreshold(null);
  },
});
const answers = new Answers(store, jumpTo);
const past = new Past(store, { jump: jumpTo, look: (stamp) => { frame.remember(stamp); toStage(); } });
const feed = new Feed(store, (what) => {
  if (what === 'denied') { find('gate').showModal(); return; }
  connected = what !== 'lost';
  if (what === 'records') frame.came = Date.now();
  schedule();
});

function jumpTo(at) {
  lanes.pick(at);
  toStage();
}

function toStage() {
  if (matchMedia('(max-width: 900px)').matches) find('stage-title').scrollIntoView({ block: 'start' });
}

function schedule() {
  if (due) return;
  due = requestAnimationFrame(() => { due = 0; render(); });
}

function render() {
  const { facts } = store;
  document.body.dataset.mode = facts.live ? 'live' : 'review';
  find('source').textContent = facts.source || '';
  find('source').title = facts.source || '';
  const link = find('link');
  // What it is is told with the first facts.
  const told = facts.live === undefined ? 'connecting' : facts.live ? 'live' : 'recording';
  const text = connected ? told : 'connection lost, trying again';
  link.className = !connected ? 'link lost' : facts.live ? 'link live' : 'link';
  if (link.textContent !== text) link.textContent = text;
  find('ask').hidden = !facts.commands;
  find('newest').hidden = !facts.live;
  if (!framed && store.frames.length) {
    framed = facts.live || store.frames.length > 1;
    if (!facts.live) { lanes.follow = false; lanes.whole = true; }
  }
  // A recording comes in pieces: until the user looks elsewhere, all of it is shown.
  if (lanes.whole && store.end !== lanes.seen) { lanes.seen = store.end; lanes.showAll(); }
  lanes.touch();
  answers.draw();
  past.draw();
  // A memory store has no probabilities, and neither has a node that has not decided yet.
  find('what-if').hidden = find('scored').hidden = !store.scored;
  find('lanes').classList.toggle('unscored', !store.scored);
  const unwatched = !(facts.lanes || []).length;
  find('unwatched').hidden = !unwatched;
  if (unwatched) find('unwatched').textContent = facts.commands ? 'Nothing is watched for yet.' : 'Nothing was watched for.';
  find('older').hidden = !facts.older;
  if (facts.older) find('older').textContent = `${facts.older.toLocaleString()} older frames are not drawn; ask about them.`;
  drawHealth(store, connected);
  frame.show(lanes.cursor);
  answers.choose(lanes.cursor);
}

function chooseTheme(name) {
  if (name === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  find('theme').textContent = `Theme: ${name}`;
  find('theme').value = name;
  try { localStorage.setItem('streamo-theme', name); } catch { /* kept for this visit only */ }
  lanes.recolor();
}

function remembered() {
  try { return localStorage.getItem('streamo-theme') || 'auto'; } catch { return 'auto'; }
}

const KEYS = {
  ArrowLeft: (event) => lanes.step(event.shiftKey ? -10 : -1),
  ArrowRight: (event) => lanes.step(event.shiftKey ? 10 : 1),
  '+': () => lanes.do('in'), '=': () => lanes.do('in'), '-': () => lanes.do('out'), 0: () => lanes.do('all'),
  PageUp: () => lanes.do('earlier'), PageDown: () => lanes.do('later'), End: () => lanes.do('newest'),
  '[': () => lanes.setThreshold(lanes.thresholds.response - 0.01),
  ']': () => lanes.setThreshold(lanes.thresholds.response + 0.01),
  j: () => jump(false), k: () => jump(true), b: toggleBoxes, '?': () => find('help').showModal(),
};

function toggleBoxes() {
  frame.boxed = !frame.boxed;
  find('boxed').setAttribute('aria-pressed', String(frame.boxed));
  frame.drawBoxes();
}

function jump(later) {
  const answer = answers.beside(lanes.cursor, later);
  if (answer) lanes.pick(answer.at);
}

document.addEventListener('keydown', (event) => {
  const typing = event.target.closest('input, select, textarea, dialog');
  const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (typing || !action || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  action(event);
});
find('theme').onclick = () => chooseTheme(THEMES[(THEMES.indexOf(find('theme').value) + 1) % THEMES.length]);
find('boxed').onclick = toggleBoxes;
new ResizeObserver(() => frame.drawBoxes()).observe(find('picture').parentElement);
find('keys').onclick = () => find('help').showModal();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => lanes.recolor());
chooseTheme(remembered());
listenToForm();
listenToGate(() => feed.connect());
setInterval(() => { if (connected && store.facts.live) frame.caption(lanes.cursor); }, 500);
const token = tokenOfAddress();
if (token) await login(token);
feed.connect();

// What the browser test reads.
window.streamo = { store, lanes, frame, answers, feed };
