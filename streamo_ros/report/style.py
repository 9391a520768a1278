# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The frame of a page: its head, and a style sheet for light and dark screens, phones, paper."""

import html
from collections.abc import Iterable

STYLE = (
    """
:root { color-scheme: light dark; --ink: #1f2733; --quiet: #5b6470; --page: #fff; --edge: #e0e4ea;
  --warned: #fdf0ef; --silence: #c9ced6; --standby: #f2a93b; --response: #2e9e5b;
  --unknown: #e05d5d; --no_instruction: #edeff3; --p-standby: #d98c1f; --p-response: #1f7f45;
  --encode: #3977c4; --extend: #8a63b8; --latency: #5b6470; --dropped: #e05d5d; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #dde2e9; --quiet: #9aa4b1; --page: #14181e; --edge: #2c333d; --warned: #3a2224;
    --silence: #4a525e; --no_instruction: #232931; --p-standby: #f2a93b; --p-response: #4cc47e;
    --encode: #6aa5ec; --extend: #b795e0; --latency: #9aa4b1; }
}
body { font: 15px/1.45 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  color: var(--ink); background: var(--page); max-width: 1120px; margin: 28px auto;
  padding: 0 20px; overflow-wrap: anywhere; }
h1 { font-size: 24px; margin: 0 0 2px; } h2 { font-size: 17px; margin: 0 0 4px; }
p { margin: 4px 0; } .quiet { color: var(--quiet); font-size: 13px; }
a { color: inherit; } nav { margin: 10px 0; } nav a { margin-right: 16px; }
section { border-top: 1px solid var(--edge); margin-top: 22px; padding-top: 16px; }
.facts { display: flex; flex-wrap: wrap; gap: 8px 26px; margin: 14px 0 4px; }
.facts div { min-width: 82px; } .facts b { display: block; font-size: 20px; font-weight: 600; }
.facts span { color: var(--quiet); font-size: 12px; }
.legend { font-size: 12px; color: var(--quiet); margin: 6px 0; }
.legend span { white-space: nowrap; margin-right: 14px; display: inline-block; }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 2px;
  margin-right: 5px; vertical-align: -1px; }
.legend i.stroke { height: 3px; vertical-align: 3px; width: 16px; }
details { border: 1px solid var(--edge); border-radius: 6px; padding: 8px 12px; margin: 8px 0; }
summary { cursor: pointer; } summary b { font-weight: 600; }
.answers { list-style: none; margin: 10px 0 0; padding: 0; }
.answers li { display: flex; gap: 12px; border-top: 1px solid var(--edge); padding: 8px 4px; }
.answers li:target { outline: 2px solid var(--response); }
.answers div { min-width: 0; } .answers .asked { display: block; overflow: hidden;
  text-overflow: ellipsis; white-space: nowrap; }
.answers img { width: 112px; height: 84px; object-fit: cover; border-radius: 4px; flex: none; }
.number { background: var(--response); color: #fff; border-radius: 9px; padding: 0 7px;
  font-size: 12px; }
.warning { background: var(--warned); border-left: 4px solid var(--unknown); padding: 8px 12px;
  margin: 10px 0; }
table { border-collapse: collapse; font-size: 13px; } td { padding: 2px 18px 2px 0; }
td:first-child { color: var(--quiet); white-space: nowrap; vertical-align: top; }
.scroll { overflow-x: auto; } svg { display: block; width: 100%; min-width: 1000px; }
svg text { font-size: 11px; fill: var(--quiet); } svg text.in-bubble { fill: #fff; }
svg a:focus-visible rect { stroke: var(--ink); stroke-width: 2; } .bubble { fill: #1f7f45; }
.faint { stroke: var(--edge); } .jump { stroke: var(--quiet); stroke-dasharray: 4 3; }
.line { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
@media (max-width: 600px) { body { padding: 0 12px; margin-top: 14px; }
  .answers img { width: 80px; height: 60px; } }
@media print { section, .answers li { break-inside: avoid; } svg { min-width: 0; } }
"""
    '.ended { fill: var(--no_instruction); background: var(--no_instruction); }\n'
    + ''.join(
        f'.{name} {{ fill: var(--{name}); background: var(--{name}); }}\n'
        for name in ('silence', 'standby', 'response', 'no_instruction', 'unknown')
    )
    + ''.join(
        f'.line.{name} {{ stroke: var(--{name}); }} i.{name} {{ background: var(--{name}); }} '
        f'.dot.{name} {{ fill: var(--{name}); }}\n'
        for name in ('p-standby', 'p-response', 'encode', 'extend', 'latency', 'dropped')
    )
)


def page(title: str, body: Iterable[str]) -> str:
    """A whole page.

    Args:
        title: plain text.
        body: its parts, HTML.
    """
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{html.escape(title)}</title><style>{STYLE}</style></head>'
        f'<body>{"".join(body)}</body></html>\n'
    )


def fact_cells(facts: Iterable[tuple[str, str]]) -> str:
    """A row of figures, each above its name; plain text."""
    cells = ''.join(f'<div><b>{value}</b><span>{name}</span></div>' for name, value in facts)
    return f'<div class="facts">{cells}</div>'
