# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What was recognized is framed in the pictures of a report."""

from __future__ import annotations

import cv2
import numpy as np

from streamo_ros.core.interface import Sighting
from streamo_ros.report.report_sink import framed
from streamo_ros.report.report_sink import thumbnail

GRAY = np.full((120, 160, 3), 128, np.uint8)
CUP = Sighting('cup', 0.8, (0.25, 0.25, 0.75, 0.75))


def test_a_box_is_drawn_around_the_thing_and_nothing_outside_it() -> None:
    image = framed(GRAY, [CUP])
    changed = (image != GRAY).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert (rows.min(), columns.min()) == (30, 40)
    assert changed[30, 40:120].all()
    assert changed[30:90, 119].all()
    assert not changed[45:89, 60:118].any()
    assert (GRAY == 128).all()


def test_unsure_things_are_not_drawn() -> None:
    unsure = Sighting('toilet', 0.2, CUP.box)
    assert thumbnail(GRAY, [unsure]) == thumbnail(GRAY)
    assert thumbnail(GRAY, [unsure, CUP]) == thumbnail(GRAY, [CUP])


def test_boxes_are_where_things_are_in_a_smaller_picture() -> None:
    large = np.full((960, 1280, 3), 128, np.uint8)
    small = cv2.imdecode(np.frombuffer(thumbnail(large, [CUP]), np.uint8), cv2.IMREAD_COLOR)
    changed = np.abs(small.astype(int) - 128).max(axis=2) > 60
    rows, columns = np.nonzero(changed)
    height, width = small.shape[:2]
    assert abs(columns.min() / width - 0.25) < 0.02
    assert abs(rows.max() / height - 0.75) < 0.02
