# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever config/foxglove_layout.json shows exists: topics, fields, names of states, panels."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LAYOUT = json.loads((ROOT / 'config' / 'foxglove_layout.json').read_text())
PATH = re.compile(r'(/[\w/]+)(?:\{(\w+)==\d+\})?((?:\.\w+)*)')


def published() -> dict[str, str]:
    """Types by topic, from the table of interfaces, for a node that is called /streamo."""
    page = (ROOT / 'docs' / 'interfaces.md').read_text()
    rows = re.findall(r'^\| publishes \| `([^`]+)` \| `([^`]+)`', page, re.MULTILINE)
    return {topic.replace('~', '/streamo'): kind for topic, kind in rows}


def lines(kind: str) -> list[str]:
    text = (ROOT / 'msg' / f'{kind}.msg').read_text()
    return [line for line in text.splitlines() if line and not line.startswith('#')]


def fields(kind: str) -> set[str]:
    return {line.split()[1] for line in lines(kind) if '=' not in line}


def texts(part: Any) -> Iterator[str]:
    """Every string of the layout that begins like a topic."""
    if isinstance(part, dict):
        yield from (key for key in part if key.startswith('/'))
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            yield from texts(one)
    elif isinstance(part, str) and part.startswith('/'):
        yield part


def panels(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    else:
        yield from panels(part['first'])
        yield from panels(part['second'])


def test_topics_and_fields_are_those_of_the_interfaces() -> None:
    shown, kinds = [*texts(LAYOUT['configById'])], published()
    assert len(shown) > 8
    for text in shown:
        found = PATH.fullmatch(text)
        assert found, text
        topic, filtered, path = found.groups()
        if topic.startswith('/camera/'):
            continue
        assert topic in kinds, text
        for field in (filtered, *path.split('.')[1:2]):
            assert not field or field in fields(kinds[topic]), text


def test_states_are_shown_with_the_names_of_the_constants() -> None:
    paths = [one['value'] for one in LAYOUT['configById']['StateTransitions!states']['paths']]
    assert paths
    assert {one.rpartition('.')[2] for one in paths} == {'state'}
    # Foxglove names a value by the constants that stand directly before the field.
    before = lines('FrameState')[: lines('FrameState').index('uint8 state')]
    assert [line.split('=')[0].split()[1] for line in before[-4:]] == [
        'UNKNOWN',
        'SILENCE',
        'STANDBY',
        'RESPONSE',
    ]


def test_every_panel_that_is_configured_is_there_and_boxes_are_drawn() -> None:
    assert sorted(panels(LAYOUT['layout'])) == sorted(LAYOUT['configById'])
    image = LAYOUT['configById']['Image!camera']['imageMode']
    assert image['annotations']['/streamo/annotations']['visible']
