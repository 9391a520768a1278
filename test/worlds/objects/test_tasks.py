# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is due when: streams made by hand, and the decisions that a sensible observer makes."""

from __future__ import annotations

import numpy as np
import pytest

from streamo_ros.core.colors import COLORS
from streamo_ros.core.protocol import State
from streamo_ros.worlds.objects.stream import NOTHING
from streamo_ros.worlds.objects.stream import PLACES
from streamo_ros.worlds.objects.stream import Stream
from streamo_ros.worlds.objects.stream import Thing
from streamo_ros.worlds.objects.subject import Subject
from streamo_ros.worlds.objects.tasks import label_stream
from streamo_ros.worlds.objects.tasks import TASKS

PERSON, DOG = 0, 16
RED = COLORS.index('red')
MARKS = {State.SILENCE: '.', State.STANDBY: '-', State.RESPONSE: '!'}
SCORES = {'.': 0.0, '#': 0.9, 'o': 0.9, '~': 0.0}
"""Absent; there; there and seen; there and missed."""


def thing(drawn, kind=PERSON, x=0.5, size=0.2, color=RED):
    frames = len(drawn)
    centers = np.broadcast_to(np.asarray(x, float), (frames,))
    sizes = np.broadcast_to(np.asarray(size, float), (frames,))
    box = np.stack((centers, np.full(frames, 0.5), sizes, sizes), 1)
    present = np.array([mark != '.' for mark in drawn])
    return Thing(kind, color, present, np.array([SCORES[mark] for mark in drawn]), box)


def stream(*things, ghosts=()):
    frames = len(things[0].score) if things else len(ghosts[0][1])
    kind = np.full((frames, PLACES), NOTHING)
    box = np.zeros((frames, PLACES, 5), np.float32)
    color = np.zeros((frames, PLACES, len(COLORS)), np.float32)
    owner = np.full((frames, PLACES), -1)
    rows = [(one.kind, one.score, number, one.color) for number, one in enumerate(things)]
    rows += [(number, np.array(scores), -1, RED) for number, scores in ghosts]
    for place, (number, scores, of, named) in enumerate(rows):
        seen = scores > 0
        kind[seen, place], owner[seen, place] = number, of
        box[seen, place, 0] = np.log(scores[seen] / (1 - scores[seen]))
        color[seen, place, named] = 1
    return Stream(kind, box, color, owner, things)


def decisions(family, seen, **about):
    subject = Subject(**{'kinds': (PERSON,), **about})
    labels = label_stream(family, subject, seen, 0, [f'{k / 2:g}' for k in range(seen.frames)])
    drawn = ''.join(
        '?' if doubt else MARKS[label.state]
        for label, doubt in zip(labels.labels, labels.doubt.tolist(), strict=True)
    )
    return drawn, [label.text for label in labels.labels if label.text]


def test_an_arrival_is_said_when_it_was_seen_twice():
    assert decisions('appear', stream(thing('...####..'))) == (
        '...-!....',
        ['A person has appeared.'],
    )


def test_what_is_there_at_the_first_frame_has_not_arrived():
    assert decisions('appear', stream(thing('######')))[0] == '......'


def test_a_second_one_arrives_too():
    assert decisions('appear', stream(thing('########'), thing('...#####')))[0] == '...-!...'


def test_a_false_detection_in_one_frame_is_not_announced():
    seen = stream(thing('........'), ghosts=[(PERSON, [0, 0, 0, 0.8, 0, 0, 0, 0])])
    assert decisions('appear', seen)[0] == '...-....'


def test_a_leaving_is_said_when_it_was_missed_twice_and_a_blink_is_not_one():
    assert decisions('leave', stream(thing('####....'))) == ('....-!..', ['A person has left.'])
    assert decisions('leave', stream(thing('##~#####')))[0] == '..-.....'


def test_longer_blinks_are_in_doubt():
    assert decisions('leave', stream(thing('##~~####')))[0] == '..-?....'


def test_coming_back_is_awaited_on_standby():
    seen = stream(thing('###.........'), thing('.......#####'))
    assert decisions('back', seen) == ('...-----!...', ['A person is back.'])
    assert decisions('back', stream(thing('...#####')))[0] == '........'


def test_a_number_is_said_at_the_second_frame_and_when_it_is_another():
    seen = stream(thing('##########'), thing('....##....'))
    assert decisions('count', seen) == ('-!..-!-!..', ['1 person.', '2 people.', '1 person.'])


def test_presence_is_answered_and_kept_up_to_date():
    assert decisions('presence', stream(thing('....####'))) == ('-!..-!..', ['No.', 'Yes.'])


def test_more_than_a_number_counts_when_it_is_reached():
    seen = stream(thing('########'), thing('...#####'))
    assert decisions('more', seen, number=1) == ('...-!...', ['There are 2 people.'])
    assert decisions('more', seen, number=0)[0] == '-!......'


def test_two_kinds_must_be_there_together():
    seen = stream(thing('########'), thing('...#####', DOG))
    assert decisions('together', seen, kinds=(PERSON, DOG)) == (
        '...-!...',
        ['A person and a dog are here.'],
    )


def test_only_the_color_in_question_counts():
    seen = stream(thing('...#####', color=RED), thing('.....###', color=COLORS.index('blue')))
    assert decisions('appear', seen, color=RED) == ('...-!...', ['A red person has appeared.'])


def test_where_a_thing_is_is_said_when_it_stays_there():
    x = [0.1] * 5 + [0.9] * 5
    assert decisions('where', stream(thing('##########', x=x))) == (
        '-!...-!...',
        ['On the left.', 'On the right.'],
    )


def test_being_at_a_side_counts_from_the_start_and_moving_there_does_not():
    x = [0.1] * 8
    assert decisions('side', stream(thing('########', x=x)), side='left')[0] == '-!......'
    assert decisions('move', stream(thing('########', x=x)), side='left')[0] == '........'
    x = [0.9] * 4 + [0.1] * 4
    assert decisions('move', stream(thing('########', x=x)), side='left') == (
        '....-!..',
        ['A person is on the left.'],
    )


def test_very_near_means_large():
    size = [0.2] * 3 + [0.8] * 4
    assert decisions('near', stream(thing('#######', size=size)), side='near')[0] == '...-!..'


def test_what_becomes_true_in_doubt_is_due_once_it_is_clear():
    size = [0.2] * 3 + [0.57, 0.58] + [0.8] * 3
    assert decisions('near', stream(thing('########', size=size)), side='near') == (
        '...??!..',
        ['A person is very near.'],
    )


def test_what_is_over_before_it_was_clear_is_never_due():
    size = [0.2] * 3 + [0.57, 0.58] + [0.2] * 3
    assert decisions('near', stream(thing('########', size=size)), side='near')[1] == []


def test_what_is_hardly_seen_arrives_when_it_is_seen_well():
    weak = thing('...#####')
    weak.score[3:5] = 0.38
    assert decisions('appear', stream(weak)) == ('...-?!..', ['A person has appeared.'])


def test_a_number_that_is_in_doubt_is_said_once_it_is_clear():
    ghosts = [(PERSON, [0, 0, 0, 0, 0.3, 0, 0, 0])]
    seen = stream(thing('########'), thing('...#####'), ghosts=ghosts)
    assert decisions('count', seen) == ('-!.-?!..', ['1 person.', '2 people.'])


def test_of_what_is_due_late_it_is_known_from_when_it_was_so():
    def begun(family, seen, side=''):
        subject = Subject((PERSON,), side=side)
        return dict(label_stream(family, subject, seen, 0, ['0'] * seen.frames).begun)

    grown = stream(thing('########', size=[0.2] * 3 + [0.57, 0.58] + [0.8] * 3))
    assert begun('near', grown, 'near') == {5: 4}
    two = stream(
        thing('########'), thing('...#####'), ghosts=[(PERSON, [0, 0, 0, 0, 0.3, 0, 0, 0])]
    )
    assert begun('count', two) == {1: 1, 5: 4}


def test_coming_closer_means_growing():
    size = [0.2, 0.2, 0.2, 0.3, 0.4, 0.4, 0.4]
    drawn, texts = decisions('closer', stream(thing('#######', size=size)))
    assert (drawn, texts) == ('...-!..', ['A person has come closer.'])


def test_a_list_names_what_is_there():
    seen = stream(thing('####'), thing('####', DOG))
    assert decisions('see', seen, kinds=()) == ('-!..', ['A person, a dog.'])


def test_narration_tells_arrivals_and_leavings_of_all_kinds():
    seen = stream(thing('..########'), thing('######....', DOG))
    assert decisions('narrate', seen, kinds=()) == (
        '..-!..-!..',
        ['A person has appeared.', 'A dog has left.'],
    )


def test_an_interval_begins_with_the_first_sight():
    assert decisions('ground', stream(thing('...####')))[1] == ['From 1.5s to 2s.']


def test_what_is_not_known_is_refused_at_once():
    drawn, texts = decisions('unknown', stream(thing('####')), kinds=(), word='kettle')
    assert drawn == '!...'
    assert texts[0].startswith('I do not know what kettle is')


@pytest.mark.parametrize('family', TASKS)
def test_every_family_labels_every_frame_of_a_single_frame_too(family):
    about = {'kinds': (PERSON, DOG), 'side': 'left', 'word': 'kettle'}
    assert len(decisions(family, stream(thing('#')), **about)[0]) == 1
