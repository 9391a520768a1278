# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What each frame is asked in training: numbers, conditions, seconds, and what comes and goes."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from streamo_ros.tiny.objects.facts import FACTS
from streamo_ros.tiny.objects.facts import Facts
from streamo_ros.tiny.objects.facts import SHARES
from streamo_ros.tiny.objects.facts import UNKNOWN
from streamo_ros.tiny.probes import Probes
from streamo_ros.worlds.objects.subject import Subject
from streamo_ros.worlds.objects.tasks import label_stream
from test.worlds.objects.test_tasks import DOG
from test.worlds.objects.test_tasks import PERSON
from test.worlds.objects.test_tasks import stream
from test.worlds.objects.test_tasks import thing


def facts(family, seen, *, kinds=(PERSON,), number=0, origin=Fraction(0), first=0):
    """The classes of each fact, frame by frame."""
    subject = Subject(kinds, number=number)
    tags = [origin + Fraction(frame, 2) for frame in range(seen.frames)]
    labels = label_stream(family, subject, seen, 0, [str(tag) for tag in tags])
    rows = Facts(family, subject, seen, labels, tags).targets(first)
    return {name: [row[number] for row in rows] for number, name in enumerate(FACTS)}


def test_how_many_are_known_and_may_come():
    found = facts('appear', stream(thing('...####')))
    assert found['known'] == [0, 0, 0, 0, 1, 1, 1]
    assert found['pending'] == [0, 0, 0, 1, 0, 0, 0]


def test_the_seconds_of_this_tag_and_of_the_one_before():
    found = facts('ground', stream(thing('####')), origin=Fraction(2393, 2) - 1000, first=1)
    # From 196.5 s on.
    assert [found[f'{name}_now'] for name in ('hundreds', 'tens', 'ones', 'half')] == [
        [1, 1, 1],
        [9, 9, 9],
        [7, 7, 8],
        [0, 1, 0],
    ]
    assert found['ones_before'] == [6, 7, 7]
    assert found['half_before'] == [1, 0, 1]


def test_only_where_they_are_named_are_seconds_asked():
    assert set(facts('appear', stream(thing('####')))['ones_now']) == {UNKNOWN}


def test_what_comes_and_goes_where_it_is_narrated():
    seen = stream(thing('...######'), thing('######...', DOG))
    found = facts('narrate', seen, kinds=())
    assert found['coming'] == [0, 0, 0, 1 + PERSON, 1 + PERSON, 0, 0, 0, 0]
    assert found['going'] == [0, 0, 0, 0, 0, 0, 1 + DOG, 1 + DOG, 0]
    assert set(found['known']) == {UNKNOWN}


def test_how_far_the_number_is_beyond_the_one_that_is_named():
    seen = stream(thing('#####'), thing('..###'))
    found = facts('more', seen, number=1)
    assert found['limit'] == [1] * 5
    assert found['beyond'] == [1 + 2 - 1] * 3 + [2 - 1 + 2] * 2
    assert set(facts('count', seen)['limit']) == {UNKNOWN}


def test_of_two_at_once_nothing_is_asked():
    seen = stream(thing('..####'), thing('..####', DOG))
    assert facts('narrate', seen, kinds=())['coming'][2:4] == [UNKNOWN, UNKNOWN]


@pytest.mark.parametrize('share', [1.0, 0.25])
def test_what_words_depend_on_weighs_less(share):
    torch.manual_seed(0)
    probes = Probes(8, decision={'known': 2, 'coming': 3}, shares={'coming': share})
    hidden, unknown = torch.randn(4, 8), torch.full((4,), UNKNOWN)
    classes = torch.tensor([0, 1, 0, 1])
    both, _ = probes.loss(hidden, hidden, torch.stack((classes, classes), 1))
    first, _ = probes.loss(hidden, hidden, torch.stack((classes, unknown), 1))
    second = torch.nn.functional.cross_entropy(
        probes.asked[1](torch.nn.functional.rms_norm(hidden, (8,))), classes
    )
    torch.testing.assert_close(both, first + share * second)
    assert set(SHARES) < set(FACTS)


def test_in_which_part_of_the_picture_the_thing_is_where_that_matters():
    seen = stream(thing('..#####', x=[0.1] * 4 + [0.59, 0.7, 0.7]))
    found = facts('where', seen)
    assert found['across'] == [0, 0, 0, 1, UNKNOWN, 3, 3]
    assert found['along'] == [0, 0, 0, 2, 2, 2, 2]
    assert set(facts('appear', seen)['across']) == {UNKNOWN}
    two = stream(thing('####'), thing('####', x=0.9))
    assert set(facts('where', two)['along'][1:]) == {UNKNOWN}
