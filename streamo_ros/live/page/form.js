// SPDX-FileCopyrightText: 2026 The streamo_ros authors
// SPDX-License-Identifier: Apache-2.0
// What the user asks of the node, and the token that lets him.

import { command } from './feed.js';

const find = (id) => document.getElementById(id);

export function listenToForm() {
  find('ask').onsubmit = async (event) => {
    event.preventDefault();
    const form = event.target, data = new FormData(form);
    const wish = { text: data.get('text') };
    for (const name of ['max_responses', 'cooldown', 'lifetime', 'backfill']) wish[name] = Number(data.get(name) || 0);
    const [done, said] = await command('instruct', wish);
    tell(done, done ? said || 'Watching.' : said);
    if (done) form.elements.text.value = '';
  };
}

/** Say what came of a command, where the user looks. */
export function tell(done, text) {
  const target = find('asked');
  target.className = done ? 'quiet' : 'quiet bad';
  target.textContent = text;
}

export async function login(token) {
  const [done, said] = await command('login', { token });
  find('denied').textContent = done ? '' : said;
  return done;
}

/** The token that stands behind the # of the address, which is then taken away. */
export function tokenOfAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') || '';
  if (token) history.replaceState(null, '', location.pathname);
  return token;
}

export function listenToGate(opened) {
  find('login').onsubmit = async (event) => {
    event.preventDefault();
    if (await login(event.target.elements.token.value)) {
      find('gate').close();
      opened();
    }
  };
}
