# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fetches the weights that the embedded model streamo-objects sees with.

They are others' work under the Apache license and not part of this repository. Everything else
works without them, so a machine that is offline goes on after one sentence.
"""

from __future__ import annotations

from step import execute
from step import PYTHON
from step import report
from step import Stamp
from step import VENV

WEIGHTS = VENV / 'share' / 'streamo_ros' / 'detector.safetensors'
"""Where `streamo model install objects` puts them."""


def install_detector() -> None:
    """Install the weights; try once only, since each try without a network takes its time."""
    tried = Stamp('detector', '1')
    if WEIGHTS.exists() or tried.fresh():
        return
    report('downloading the weights that streamo-objects sees with (1.8 MB)')
    output = execute(PYTHON, '-m', 'streamo_ros.cli', 'model', 'install', 'objects')
    if output is not None:
        reason = (output.strip().splitlines() or ['it failed'])[-1]
        report(f'going on without them; {reason}')
    tried.set()
