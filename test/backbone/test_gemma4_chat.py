# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A dialogue with Gemma 4 reads as the released chat template of google/gemma-4-E2B-it writes it.

The recording says where the template was had and how it was rendered.
"""

from __future__ import annotations

import json
from itertools import groupby
from itertools import pairwise
from pathlib import Path

import pytest

from streamo_ros.backbone.dialects import read_dialect
from streamo_ros.backbone.gemma4 import Gemma4
from streamo_ros.backbone.tokenizer import CheckpointTokenizer
from streamo_ros.core.prompt import PromptTokens
from test.backbone.conftest import make_tokenizer
from test.backbone.test_dialects import FRAME
from test.backbone.test_dialects import replay
from test.backbone.test_dialects import Rows

RECORD = json.loads((Path(__file__).parents[1] / 'data' / 'gemma4_chat.json').read_text('utf-8'))
PLACE = '<|image|>'
SPELLING = make_tokenizer(states=False, family='gemma4')
"""Of no model: the chat tokens are Gemma 4's, everything else was trained here."""


@pytest.fixture(scope='module')
def tokenizer(tmp_path_factory) -> CheckpointTokenizer:
    path = tmp_path_factory.mktemp('gemma') / 'tokenizer.json'
    SPELLING.save(str(path))
    return CheckpointTokenizer(path)


@pytest.fixture(scope='module')
def ids(tokenizer) -> list[list[int]]:
    """What is held whenever a state is read."""
    dialect = read_dialect('zero_shot')
    prompt = PromptTokens(tokenizer, Gemma4.chat, None, RECORD['system_prompt'], dialect)
    backbone = Rows(prompt, 20_000)
    record = {**RECORD, 'max_frames': 60, 'replies': [*RECORD['replies'], '</Silence>']}
    return replay(record, backbone, lambda _: backbone.ids)


def _written(ids: list[int]) -> str:
    """The text of a row with its control tokens, a frame's tokens as one place."""
    parts = []
    for is_frame, items in groupby(ids, lambda item: item == FRAME):
        text = '' if is_frame else SPELLING.decode(list(items), skip_special_tokens=False)
        parts.append(PLACE if is_frame else text)
    return ''.join(parts)


def test_a_dialogue_reads_as_the_released_template_writes_it(ids) -> None:
    rendered = RECORD['rendered'].replace(PLACE, f'<|image>{PLACE}<image|>')
    assert rendered.count(PLACE) == len(RECORD['replies']) + 1
    # A state's tag begins in the prompt, because its first token is the same for all states.
    assert _written(ids[-1]) == rendered + '</'


def test_each_step_continues_the_dialogue_before_it(ids) -> None:
    rows = [_written(row) for row in ids]
    assert all(later.startswith(row) for row, later in pairwise(rows))


def test_the_system_prompt_ends_where_the_template_would_cut_it() -> None:
    system = read_dialect('zero_shot').system_prompt
    assert system == system.strip()
