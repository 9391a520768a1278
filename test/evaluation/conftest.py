# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every evaluation reports."""

from __future__ import annotations

import pytest


@pytest.fixture(scope='session')
def score_names() -> set[str]:
    """Names of the scores."""
    return {
        'state_macro_f1',
        'state_f1',
        'timing_f1',
        'answer_accuracy',
        'false_alarms_per_hour',
        'duplicate_rate',
        'episodes',
    }
