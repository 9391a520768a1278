# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A replay with summaries by the model: decisions do not notice, and it is the same each time."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest

from streamo_ros.core.timed_instruction import TimedInstruction
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.record import SummaryRecord
from streamo_ros.replay.job import Outcome
from streamo_ros.replay.job import ReplayJob
from streamo_ros.replay.job import run_job
from streamo_ros.replay.job_memory import summarizes
from streamo_ros.share import share_path

SECONDS = 26
TEXTS = ('Tell me when the ball is red.', 'How many balls are there?')


@pytest.fixture(scope='module')
def pictures(tmp_path_factory) -> Path:
    """A picture a second, of noise."""
    folder = tmp_path_factory.mktemp('pictures')
    random = np.random.default_rng(5)
    names = [f'{second:03d}.png' for second in range(SECONDS)]
    for name in names:
        cv2.imwrite(str(folder / name), random.integers(0, 255, (96, 128, 3), np.uint8))
    rows = [f'{1000 + second}.0,{name}\n' for second, name in enumerate(names)]
    (folder / 'times.csv').write_text(''.join(rows))
    return folder


def run(pictures: Path, memory: Path, **parameters: object) -> Outcome:
    given = {
        f'memory.{name}' if '.' not in name else name: value
        for name, value in {'chunk': 10.0, 'summaries': 1, **parameters}.items()
    }
    orders = tuple(TimedInstruction(text) for text in TEXTS)
    model = share_path('models', 'streamo-tiny')
    return run_job(ReplayJob(str(pictures), model, orders, memory=memory, parameters=given))


def decided(outcome: Outcome) -> list:
    return [
        (key, point.decision.state, point.decision.probabilities, point.decision.tag)
        for key, track in outcome.timeline.tracks.items()
        for point in track.points
    ] + [(answer.at, answer.text) for answer in outcome.responses]


def summaries(memory: Path) -> list[SummaryRecord]:
    with closing(StoreReader(memory)) as reader:
        return reader.summaries()


def test_decisions_are_the_same_bit_for_bit_with_summaries_and_without(
    pictures: Path, tmp_path: Path
) -> None:
    without = run(pictures, tmp_path / 'without', summarizer='template')
    assert not summaries(tmp_path / 'without')
    by_model = run(pictures, tmp_path / 'with', summarizer='model')
    rows = summaries(tmp_path / 'with')
    assert len(rows) >= 2
    assert all(row.text and row.pictures for row in rows), rows
    assert decided(by_model) == decided(without)
    assert len(decided(without)) >= 2 * SECONDS
    assert not [remark for remark in by_model.remarks if 'summar' in remark]


def test_with_the_past_in_front_of_instructions_it_is_the_same_each_time(
    pictures: Path, tmp_path: Path
) -> None:
    parameters = {'context.history': 'tiers', 'summarizer': 'model', 'summary_tokens': 16}
    first = run(pictures, tmp_path / 'first', **parameters)
    second = run(pictures, tmp_path / 'second', **parameters)
    assert decided(first) == decided(second)
    assert summaries(tmp_path / 'first') == summaries(tmp_path / 'second')
    template = run(pictures, tmp_path / 'third', **{**parameters, 'summarizer': 'template'})
    assert decided(template) != decided(first)


def test_whether_a_lane_is_needed_is_known_before_a_model_is_loaded(tmp_path: Path) -> None:
    can = tmp_path / 'can'
    can.mkdir()
    (can / 'streamo.json').write_text(json.dumps({'writes_summaries': True}))
    assert summarizes(can, 'auto')
    assert not summarizes(can, 'template')
    assert not summarizes(tmp_path / 'script.yaml', 'auto')
    assert not summarizes('http://localhost:8000/v1', 'auto')
    assert summarizes('http://localhost:8000/v1', 'model')
    # Neither embedded model was trained to.
    assert not any(summarizes(name, 'auto') for name in ('tiny', 'objects'))
