# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What each detection is asked in training: whether it does what the instruction waits for."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field

import numpy as np
import pytest
import torch

from streamo_ros.backbone.vision.tracks import follow_all
from streamo_ros.backbone.vision.tracks import Followed
from streamo_ros.tiny.objects.conditions import NOT
from streamo_ros.tiny.objects.conditions import ON_THE_WAY
from streamo_ros.tiny.objects.conditions import THERE
from streamo_ros.tiny.objects.conditions import token_conditions
from streamo_ros.tiny.objects.conditions import UNASKED
from streamo_ros.tiny.probes import Probes
from streamo_ros.worlds.objects.stream import Stream
from streamo_ros.worlds.objects.subject import Subject
from test.worlds.objects.test_tasks import DOG
from test.worlds.objects.test_tasks import PERSON
from test.worlds.objects.test_tasks import stream
from test.worlds.objects.test_tasks import thing


@dataclass
class Shown:
    family: str
    subject: Subject
    stream: Stream
    followed: Followed
    first: int = 0
    vision_tokens: int = 2
    visions: list[tuple[int, int]] = field(default_factory=list)


def asked(family, seen, *, side='', kind=PERSON):
    seen.box[:, :, 1:3] = 0
    for number, one in enumerate(seen.things):
        seen.box[:, number, 1:3] = one.box[:, :2]
        seen.box[:, number, 3:5] = np.log(one.box[:, 2:])
    followed = follow_all(seen.kind, seen.box, seen.color)
    shown = Shown(family, Subject((kind,), side=side), seen, followed)
    shown.visions = [(0, frame) for frame in range(seen.frames)]
    return token_conditions(shown)


@pytest.mark.parametrize('family', ['side', 'move'])
def test_a_box_is_in_its_place_or_not(family):
    seen = stream(thing('####', x=[0.2, 0.39, 0.41, 0.7]), thing('####', DOG, x=0.1))
    found = asked(family, seen, side='left')
    # At the border nobody can tell; what is in a place is asked of every kind.
    assert found.tolist() == [
        [THERE, THERE],
        [UNASKED, THERE],
        [UNASKED, THERE],
        [NOT, THERE],
    ]


def test_near_is_a_size():
    found = asked('near', stream(thing('###', size=[0.3, 0.5, 0.7])), side='near')
    assert found[:, 0].tolist() == [NOT, NOT, THERE]


def test_coming_closer_is_a_growth():
    sizes = [0.2, 0.2, 0.22, 0.29, 0.36, 0.36]
    found = asked('closer', stream(thing('######', size=sizes)))
    assert found[:, 0].tolist()[1:4] == [NOT, NOT, ON_THE_WAY]
    assert THERE in found[:, 0].tolist()


@pytest.mark.parametrize('family', ['appear', 'count', 'unknown'])
def test_other_families_ask_nothing(family):
    assert (asked(family, stream(thing('###'))) == UNASKED).all()


def test_the_head_learns_from_what_is_asked_alone():
    torch.manual_seed(0)
    probes = Probes(8, decision={'known': 2})
    cells = torch.randn(4, 8)
    conditions = torch.tensor([THERE, UNASKED, NOT, UNASKED])
    loss = probes.condition_loss(cells, conditions)
    cells[1] = 100
    torch.testing.assert_close(probes.condition_loss(cells, conditions), loss)
    assert probes.condition_loss(cells, torch.full((4,), UNASKED)) == 0


def test_rare_conditions_weigh_as_much_as_common_ones():
    torch.manual_seed(0)
    probes = Probes(8, decision={'known': 2})
    cells = torch.randn(4, 8)
    few = probes.condition_loss(cells, torch.tensor([NOT, NOT, NOT, THERE]))
    each = [probes.condition_loss(cells[k : k + 1], torch.tensor([NOT])) for k in range(3)]
    rare = probes.condition_loss(cells[3:], torch.tensor([THERE]))
    torch.testing.assert_close(few, (sum(each) / 3 + rare) / 2)


def test_arrivals_are_told_from_what_has_been_there_where_all_are_told():
    found = asked('narrate', stream(thing('..####'), thing('######', DOG)))
    assert found[:, 0].tolist()[2:] == [ON_THE_WAY, THERE, NOT, NOT]
    assert found[:, 1].tolist() == [NOT] * 6


def test_what_is_missed_twice_has_left_where_all_is_told():
    found = asked('narrate', stream(thing('###....', DOG)))
    assert found[:, 0].tolist() == [NOT, NOT, NOT, ON_THE_WAY, THERE, NOT, NOT]
    assert (found[:, 1] == UNASKED).all()
    assert (asked('side', stream(thing('###....', DOG)), side='left')[3:] == UNASKED).all()
