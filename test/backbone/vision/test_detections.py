# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Raw detections become things, each once, with their place, size and color."""

from __future__ import annotations

import math

import pytest
import torch

from streamo_ros.backbone.vision.colors import color_names
from streamo_ros.backbone.vision.detection_tokens import DetectionTokens
from streamo_ros.backbone.vision.detection_tokens import ordinals
from streamo_ros.backbone.vision.detection_tokens import scales
from streamo_ros.backbone.vision.detections import Detections
from streamo_ros.backbone.vision.detections import NOTHING
from streamo_ros.backbone.vision.detections import read_detections
from streamo_ros.backbone.vision.yolox import KINDS
from streamo_ros.backbone.vision.yolox import STRIDES
from streamo_ros.backbone.vision.yolox import VALUES
from streamo_ros.backbone.vision.yolox import Yolox
from streamo_ros.core.colors import COLORS

HEIGHT, WIDTH = 96, 128
PLACES = [(HEIGHT // stride, WIDTH // stride) for stride in STRIDES]
BOTTLE, CUP = 39, 41
PERSON = 0


def raw_detections(*things):
    """What a detector would say: each (kind, score, left, top, right, bottom) in pixels."""
    raw = torch.zeros(sum(rows * columns for rows, columns in PLACES), VALUES)
    for number, (kind, score, left, top, right, bottom) in enumerate(things):
        # The first level's places stand row by row; each thing takes one of its own.
        stride, column = STRIDES[0], number
        center = (left + right) / 2 / stride - column, (top + bottom) / 2 / stride
        size = math.log((right - left) / stride), math.log((bottom - top) / stride)
        raw[column, :5] = torch.tensor([*center, *size, 1.0])
        raw[column, 5 + kind] = score
    return raw


def picture(color=(128, 128, 128)):
    return torch.tensor(color).float()[:, None, None].expand(3, HEIGHT, WIDTH).clone()


def seen_kinds(raw, places=6):
    found = read_detections(raw, picture(), places)
    return [kind for kind in found.kind.tolist() if kind != NOTHING]


def test_a_thing_has_its_place_size_and_score() -> None:
    found = read_detections(raw_detections((CUP, 0.7, 32, 24, 96, 72)), picture(), 4)
    assert found.kind.tolist() == [CUP, NOTHING, NOTHING, NOTHING]
    assert found.scores.tolist() == pytest.approx([0.7, 0, 0, 0], abs=1e-5)
    assert found.corners[0].tolist() == pytest.approx([0.25, 0.25, 0.75, 0.75], abs=1e-5)
    assert found.box[0, 3:].tolist() == pytest.approx([math.log(0.5)] * 2, abs=1e-5)
    assert not found.box[1:].any()
    assert not found.color[1:].any()


def test_places_of_all_levels_are_where_they_are_in_the_picture() -> None:
    starts = [0]
    for rows, columns in PLACES:
        starts.append(starts[-1] + rows * columns)
    for stride, (_, columns), start in zip(STRIDES, PLACES, starts[:-1], strict=True):
        raw = torch.zeros(starts[-1], VALUES)
        place = start + 2 * columns + 1
        raw[place, :5] = torch.tensor([0.5, 0.5, 0, 0, 1])
        raw[place, 5] = 0.9
        found = read_detections(raw, picture(), 1)
        center = (1.5 * stride / WIDTH, 2.5 * stride / HEIGHT)
        assert found.box[0, 1:3].tolist() == pytest.approx(center, abs=1e-5)


def test_the_surest_come_first_and_the_rest_is_left_out() -> None:
    things = [(kind, 0.2 + 0.1 * kind, 16 * kind, 0, 16 * kind + 12, 12) for kind in range(6)]
    assert seen_kinds(raw_detections(*things), places=4) == [5, 4, 3, 2]


def test_what_is_hardly_seen_is_not_kept() -> None:
    assert seen_kinds(raw_detections((CUP, 0.11, 0, 0, 40, 40), (CUP, 0.13, 60, 0, 90, 40))) == [
        CUP
    ]


def test_a_thing_found_twice_counts_once_and_neighbors_stay() -> None:
    twice = (BOTTLE, 0.9, 10, 10, 40, 90), (BOTTLE, 0.6, 12, 10, 42, 88)
    beside = (BOTTLE, 0.8, 45, 10, 75, 90)
    assert seen_kinds(raw_detections(*twice, beside)) == [BOTTLE, BOTTLE]


def test_two_kinds_at_one_place_stay_unless_their_boxes_are_the_same() -> None:
    person, tie = (PERSON, 0.9, 10, 10, 60, 90), (27, 0.5, 30, 30, 40, 60)
    same = (CUP, 0.5, 11, 10, 60, 90)
    assert seen_kinds(raw_detections(person, tie, same)) == [PERSON, 27]


def test_numbers_that_are_not_finite_are_left_out() -> None:
    raw = raw_detections((CUP, 0.9, 0, 0, 40, 40), (CUP, 0.9, 60, 0, 90, 40))
    raw[0, 2] = torch.nan
    raw[5, 7] = torch.nan
    raw[6, 4:6] = torch.inf
    assert seen_kinds(raw) == [CUP]
    raw[:] = torch.nan
    assert seen_kinds(raw) == []


def test_a_box_larger_than_the_picture_is_the_picture() -> None:
    raw = raw_detections((CUP, 0.9, 44, 28, 84, 68))
    raw[0, 2:4] = 80.0
    found = read_detections(raw, picture(), 1)
    assert found.corners[0].tolist() == [0, 0, 1, 1]
    assert found.box.isfinite().all()


@pytest.mark.parametrize(
    ('name', 'rgb'),
    [
        ('black', (15, 15, 20)),
        ('white', (240, 240, 235)),
        ('gray', (128, 130, 127)),
        ('red', (200, 25, 30)),
        ('orange', (240, 130, 20)),
        ('yellow', (250, 220, 40)),
        ('green', (40, 140, 60)),
        ('blue', (30, 70, 180)),
        ('purple', (120, 40, 160)),
        ('pink', (245, 140, 190)),
        ('brown', (110, 70, 35)),
    ],
)
def test_a_thing_has_the_color_of_its_middle(name, rgb) -> None:
    image = picture()
    image[:, 24:72, 32:96] = torch.tensor(rgb).float()[:, None, None]
    found = read_detections(raw_detections((CUP, 0.9, 32, 24, 96, 72)), image, 1)
    assert COLORS[int(found.color[0].argmax())] == name
    assert float(found.color[0].sum()) == pytest.approx(1)


def test_every_pixel_has_a_color() -> None:
    levels = torch.arange(0, 256, 15)
    pixels = torch.cartesian_prod(levels, levels, levels)
    assert set(color_names(pixels).unique().tolist()) == set(range(len(COLORS)))


def test_the_second_of_a_kind_is_told_from_the_first() -> None:
    kind = torch.tensor([[BOTTLE, CUP, BOTTLE, BOTTLE, NOTHING], [CUP, CUP, 0, CUP, 0]])
    assert ordinals(kind).tolist() == [[0, 0, 1, 2, 0], [0, 1, 0, 2, 1]]


def test_tokens_say_what_is_there_and_an_empty_place_is_always_the_same() -> None:
    torch.manual_seed(0)
    tokens = DetectionTokens(16)
    found = read_detections(
        raw_detections((CUP, 0.9, 0, 0, 40, 40), (CUP, 0.8, 60, 0, 100, 40)), picture(), 4
    )
    made = tokens(found)
    assert made.shape == (4, 16)
    assert not torch.equal(made[0], made[1])
    assert torch.equal(made[2], tokens.none)
    assert torch.equal(made[3], tokens.none)
    frames = Detections(*(torch.stack((part, part.flip(0))) for part in found))
    assert torch.allclose(tokens(frames)[0], made)


def test_the_detector_takes_pictures_of_any_shape() -> None:
    torch.manual_seed(0)
    detector = Yolox().eval()
    with torch.inference_mode():
        for height, width in ((32, 32), (64, 96), (96, 64)):
            raw = detector(255 * torch.rand(1, 3, height, width))
            places = sum((height // stride) * (width // stride) for stride in STRIDES)
            assert raw.shape == (places, 5 + KINDS)
            assert ((raw[:, 4:] >= 0) & (raw[:, 4:] <= 1)).all()


def test_place_and_size_are_on_scales() -> None:
    box = torch.tensor([[0.0, 0.5, 0.525, *torch.tensor([0.25, 0.25]).log().tolist()]])
    told = scales(box)[0]
    across, down, size = told[:21], told[21:42], told[42:63]
    assert across.argmax() == 10
    assert across.sum() == 1
    torch.testing.assert_close(down[10:12], torch.tensor([0.5, 0.5]))
    assert size.argmax() == 5
    # Whatever a box says, nothing is off its scale.
    for value in (-9.0, 9.0):
        parts = scales(torch.full((1, 5), value))[0].split([21, 21, 21, 17])
        assert all(part.sum() == pytest.approx(1) for part in parts)


def test_a_new_scale_changes_nothing_until_it_is_trained() -> None:
    torch.manual_seed(0)
    tokens = DetectionTokens(16, scaled=True)
    tokens.scales.weight.data.zero_()
    found = read_detections(raw_detections((CUP, 0.9, 0, 0, 40, 40)), picture(), 1)
    expected = tokens.kinds.weight[CUP] + tokens.box(found.box[0]) + tokens.ordinals.weight[0]
    torch.testing.assert_close(tokens(found)[0], expected + tokens.color(found.color[0]))
