# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The messages that the docs quote are those of the code."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / 'docs' / 'troubleshooting.md'
OF_OTHERS = {'Cannot convert value …'}
"""Printed by launch."""


def quoted() -> list[str]:
    """What stands in backticks, with a blank in it, in the first column of a table."""
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith('| ')]
    cells = [row.split(' | ')[0].removeprefix('| ') for row in rows]
    return [text for cell in cells for text in re.findall('`([^`]+)`', cell) if ' ' in text]


def quoted_elsewhere() -> list[tuple[str, str]]:
    """On the other pages: what stands in backticks and has … for what the code fills in."""
    pages = [*(ROOT / 'docs').glob('*.md'), *ROOT.glob('*.md'), *ROOT.glob('models/*/README.md')]
    return [
        (page.name, text)
        for page in sorted(pages)
        if page != PAGE
        for text in re.findall('`([^`\n]*…[^`\n]*)`', page.read_text())
        if re.search('[a-z]{2,} [a-z]{2,}', text) and ' --' not in text
    ]


@cache
def literals() -> str:
    """All strings of the package, and the fixed parts of its f-strings, one a line."""
    texts = []
    for path in (ROOT / 'streamo_ros').rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    return '\n'.join(texts)


def test_page_quotes_messages() -> None:
    assert len(quoted()) > 8


@pytest.mark.parametrize(('page', 'message'), quoted_elsewhere())
def test_message_quoted_on_another_page_exists(page: str, message: str) -> None:
    # Each remark of a replay is printed behind 'note: '.
    parts = [part.strip() for part in message.removeprefix('note: ').split('…') if part.strip()]
    assert parts
    assert [part for part in parts if part not in literals()] == [], page


@pytest.mark.parametrize('message', [text for text in quoted() if text not in OF_OTHERS])
def test_quoted_message_exists(message: str) -> None:
    """Its fixed parts do; … stands for what the code fills in."""
    parts = [part.strip() for part in message.split('…') if part.strip()]
    assert parts
    assert [part for part in parts if part not in literals()] == []
