// SPDX-FileCopyrightText: 2026 The streamo_ros authors
// SPDX-License-Identifier: Apache-2.0
// Elements of the page, made with their text as text.

export function make(tag, name) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  return element;
}

export function bold(text) {
  const element = make('b', '');
  element.textContent = text;
  return element;
}
