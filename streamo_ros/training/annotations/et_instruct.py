# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ET-Instruct-164K: a list of task, source, video, duration, src, tgt and conversations.

Source: Liu et al., 'E.T. Bench: Towards Open-Ended Event-Level Video-Language Understanding',
NeurIPS 2024; file et_instruct_164k_txt.json, whose answers name times as text. `tgt` lists the
seconds that the answer names, a start and an end for each interval.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamo_ros.training.annotations.instructions import grounding_answer
from streamo_ros.training.annotations.instructions import question_record

GROUNDING = frozenset({'tvg', 'epm', 'tal', 'evs'})
"""Tasks whose answer is nothing but intervals."""
_CAPTION = re.compile(
    r'\d+(?:\.\d+)?\s*(?:-|to)\s*\d+(?:\.\d+)?\s*(?:seconds?|s)\b[\s,:]*(?P<text>[^\d].*?)'
    r'(?=\s*\d+(?:\.\d+)?\s*(?:-|to)\s*\d|\s*$)',
    re.S,
)


def entries(path: Path) -> Iterator[tuple[str, Any]]:
    """Samples of the file, labeled by number and video."""
    for number, entry in enumerate(json.loads(path.read_text(encoding='utf-8')), 1):
        yield f'{number} ({entry.get("video", "no video")})', entry


def raw(_label: str, entry: Any) -> list[dict[str, Any]]:
    """One question with an answer after each interval, or one after the last of them.

    An answer without intervals is about the whole video: it is due at its end.
    """
    human, answer = (turn['value'] for turn in _turns(entry['conversations']))
    question = human.replace('<image>', '').strip()
    if '<vid>' in human + answer:
        raise ValueError('its times are <vid> tokens: use et_instruct_164k_txt.json')
    duration, times = entry['duration'], entry.get('tgt') or []
    if len(times) % 2:
        raise ValueError(f'tgt has {len(times)} times, which are not pairs of start and end')
    spans = list(zip(times[::2], times[1::2], strict=True))
    answers: list[tuple[str, float | None, float]]
    if not spans:
        answers = [(answer, None, duration)]
    elif entry['task'] in GROUNDING:
        answers = [(grounding_answer(start, end), start, end) for start, end in spans]
    else:
        answers = _captions(answer, spans)
    return [
        question_record(
            entry['video'], entry['source'], entry['task'], question, answers, duration
        )
    ]


def _turns(conversations: Any) -> Any:
    if [turn['from'] for turn in conversations] != ['human', 'gpt']:
        raise ValueError('conversations is not one question and one answer')
    return conversations


def _captions(
    answer: str, spans: list[tuple[float, float]]
) -> list[tuple[str, float | None, float]]:
    """A caption after each interval; where there is none for each, all of it after the last."""
    captions = [match['text'].strip(' .,;\n') for match in _CAPTION.finditer(answer)]
    if len(captions) != len(spans):
        return [(answer, min(start for start, _ in spans), max(end for _, end in spans))]
    return [
        (f'{text[:1].upper()}{text[1:]}.', start, end)
        for text, (start, end) in zip(captions, spans, strict=True)
    ]
