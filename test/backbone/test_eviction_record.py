# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""After evictions the engine says what StreamingVLM's own cache and forward pass say.

Their logits are in `test/data/eviction_logits.json`, made by `dev/eviction_record.py`; weights and
vision tokens are random numbers from seeds.
"""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
RECORD = json.loads((ROOT / 'test' / 'data' / 'eviction_logits.json').read_text())
TOLERANCE = 1e-4


@pytest.fixture(scope='module')
def ours():
    return runpy.run_path(str(ROOT / 'dev' / 'eviction_record.py'))['our_steps']()


def test_the_policy_forgets_what_it_forgot_when_theirs_was_recorded(ours):
    """A change of policy, dialogue or tokens needs a new record: the logits are of these."""
    for now, then in zip(ours, RECORD['steps'], strict=True):
        assert now['ids'] == then['ids']
        assert now['keep'] == then['keep']
    assert sum(bool(step['keep']) for step in ours) >= 8


def test_logits_after_evictions_are_those_of_streaming_vlm(ours):
    found = np.array([step['logits'] for step in ours])
    theirs = np.array([step['logits'] for step in RECORD['steps']])
    assert theirs.std() > 1
    np.testing.assert_allclose(found, theirs, atol=TOLERANCE)
