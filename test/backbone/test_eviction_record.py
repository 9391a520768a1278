# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""After evictions the engine says what StreamingVLM's own cache and forward pass say.

Their logits are in `test/data/eviction_*.json`, made by `dev/eviction_steps.py` and
`dev/eviction_record.py`; weights and vision tokens are random numbers from seeds. With the policy
`window` they forget what we forget; in the dialect `streaming_vlm` they forget what their own
runtime does, which moves words.
"""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
RECORDS = {
    dialect: json.loads((ROOT / 'test' / 'data' / f'{name}.json').read_text())
    for dialect, name in {
        'streamo': 'eviction_logits',
        'streaming_vlm': 'eviction_words_logits',
    }.items()
}
TOLERANCE = 1e-4


@pytest.fixture(scope='module', params=list(RECORDS))
def compared(request):
    """A dialect, our steps and theirs."""
    ours = runpy.run_path(str(ROOT / 'dev' / 'eviction_steps.py'))['our_steps'](request.param)
    return request.param, ours, RECORDS[request.param]['steps']


def test_the_policy_forgets_what_it_forgot_when_theirs_was_recorded(compared):
    """A change of policy, dialogue or tokens needs a new record: the logits are of these."""
    dialect, ours, theirs = compared
    for now, then in zip(ours, theirs, strict=True):
        assert now['ids'] == then['ids']
        assert now['keep'] == then['keep']
    assert sum(bool(step['keep']) for step in ours) >= 8
    # Words move to the front, and the oldest of them leave in the middle.
    moved = [step['keep'] for step in ours if step['keep'] != sorted(step['keep'])]
    assert bool(moved) == (dialect == 'streaming_vlm')


def test_logits_after_evictions_are_those_of_streaming_vlm(compared):
    _, ours, record = compared
    found = np.array([step['logits'] for step in ours])
    theirs = np.array([step['logits'] for step in record])
    assert theirs.std() > 1
    np.testing.assert_allclose(found, theirs, atol=TOLERANCE)
