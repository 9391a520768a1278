# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A video of a minute and a scripted model that answers at known seconds."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

SCRIPT = """
- instruction: kettle
  say:
  - {from: 18, to: 20, state: standby}
  - {from: 20, to: 21, state: response, text: the kettle boils}
  - {from: 24, to: 25, state: response, text: the kettle boils}
  - {from: 52, to: 53, state: response, text: the kettle boils}
- instruction: quiet
  say: []
"""
TRUTH = """
- instruction: kettle
  events:
  - {start: 19, end: 26, words: kettle}
  - 40
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / 'model.yaml'
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def truth(tmp_path):
    path = tmp_path / 'truth.yaml'
    path.write_text(TRUTH)
    return path


@pytest.fixture
def video(tmp_path):
    path = tmp_path / 'kitchen.mp4'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'mp4v'), 2.0, (64, 48))
    for number in range(120):
        writer.write(np.full((48, 64, 3), number, np.uint8))
    writer.release()
    return path
