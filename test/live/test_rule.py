# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The page's rule is that of `core.decision`, on rows as they are stored."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest

import streamo_ros.live.history as live
from streamo_ros.core.decision import redecide
from streamo_ros.core.decision import Sample
from streamo_ros.core.decision import Thresholds
from streamo_ros.core.protocol import State

RULE = Path(live.__file__).with_name('page') / 'rule.js'
SECOND = 10**9
PROGRAM = """
import { readFileSync } from 'node:fs';
import { redecide } from '%s';
const cases = JSON.parse(readFileSync(0, 'utf8'));
console.log(JSON.stringify(cases.map(({ samples, cooldown, ...thresholds }) => [...redecide(
  samples.map(([stamp, chances, stream]) => ({ stamp: BigInt(stamp), chances, stream })),
  thresholds, BigInt(cooldown))])));
"""


def stored(seed: int) -> list[Sample]:
    """Decisions as they are stored: six decimals, gaps, unknown ones, more than one stream."""
    draw = random.Random(seed)
    stamp, stream, samples = 1_790_000_000 * SECOND + draw.randrange(SECOND), 1, []
    for _ in range(300):
        stamp += draw.choice((SECOND, SECOND, SECOND // 3, 7 * SECOND + 1))
        if draw.random() < 0.02:
            stream, stamp = stream + 1, stamp - 40 * SECOND
        parts = [draw.random() ** 3 for _ in range(3)]
        if draw.random() < 0.1:
            # Ties are decided, too.
            parts = [1.0, 1.0, 1.0]
        chances = tuple(round(part / sum(parts), 6) for part in parts)
        samples.append(Sample(stamp, None if draw.random() < 0.05 else chances, stream))
    return samples


def cases() -> list[tuple[list[Sample], Thresholds, int]]:
    draw = random.Random(1)
    made = []
    for seed in range(40):
        samples = stored(seed)
        # Thresholds that are met exactly, and the 0 that means the most probable.
        exact = next(one.chances[2] for one in samples if one.chances)
        response = draw.choice((0.0, exact, 0.3, 0.5, 0.71, 1.0))
        standby = draw.choice((0.0, 0.2, 0.6))
        cooldown = draw.choice((0, SECOND, 5 * SECOND, 5 * SECOND + 1))
        scored = seed % 5 == 0
        # With 0.1 and a threshold that is met exactly, the fall is met exactly as well.
        hysteresis = draw.choice((0.0, 0.0, 0.1, 0.25, 0.9))
        made.append((samples, Thresholds(standby, response, scored, hysteresis), cooldown))
    return made


def test_a_response_silences_its_lane_for_the_cooldown_and_not_beyond_the_stream():
    sure = (0.0, 0.1, 0.9)
    samples = [Sample(at * SECOND, sure) for at in (1, 2, 3, 4)] + [Sample(SECOND, sure, 2)]
    states = redecide(samples, Thresholds(), 2 * SECOND)
    spoken = [state is State.RESPONSE for state in states]
    assert spoken == [True, False, True, False, True]


def test_without_probabilities_nothing_is_decided():
    assert redecide([Sample(1, None)], Thresholds()) == [State.UNKNOWN]


@pytest.mark.skipif(not shutil.which('node'), reason='node, which runs JavaScript, is missing')
def test_page_decides_as_the_core_does():
    asked = [
        {
            'samples': [[str(one.stamp), one.chances, one.stream_id] for one in samples],
            'standby': thresholds.standby,
            'response': thresholds.response,
            'scored': thresholds.scored,
            'hysteresis': thresholds.hysteresis,
            'cooldown': str(cooldown),
        }
        for samples, thresholds, cooldown in cases()
    ]
    done = subprocess.run(
        ['node', '--input-type=module', '-e', PROGRAM % RULE.as_uri()],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    wanted = [[int(state) for state in redecide(*one)] for one in cases()]
    assert json.loads(done.stdout) == wanted
    assert {state for one in wanted for state in one} == {0, 1, 2, 3}
