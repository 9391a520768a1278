# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One instruction in one recording, worked out by hand."""

from __future__ import annotations

import pytest

from streamo_ros.evaluation.recordings.card import figures
from streamo_ros.evaluation.recordings.card import Limits
from streamo_ros.evaluation.recordings.card import score_track
from streamo_ros.evaluation.recordings.card import Verdict
from streamo_ros.evaluation.recordings.gate import Gate
from streamo_ros.evaluation.recordings.truth import Event
from streamo_ros.evaluation.recordings.truth import Truth


def card(events, answers, unsure=(), watched=(0.0, 3600.0)):
    truth = Truth('', 'watch', events=tuple(events), unsure=tuple(unsure))
    return score_track(truth, answers, watched, Limits(tolerance=2, late=10))


def verdicts(found):
    return [result.verdict for result in found.events]


@pytest.mark.parametrize(
    ('said', 'verdict', 'delay'),
    [
        (98.0, Verdict.CAUGHT, -2.0),
        (105.0, Verdict.CAUGHT, 5.0),
        (112.0, Verdict.CAUGHT, 12.0),
        (119.0, Verdict.LATE, 19.0),
        (121.0, Verdict.MISSED, None),
        (97.0, Verdict.MISSED, None),
    ],
)
def test_an_answer_is_in_time_late_or_about_nothing(said, verdict, delay):
    found = card([Event(100, 110)], [(said, 'it boils')])
    assert verdicts(found) == [verdict]
    assert found.events[0].delay == delay
    assert len(found.false_alarms) == (verdict is Verdict.MISSED)


def test_a_further_answer_while_the_event_lasts_is_a_duplicate_and_later_a_false_alarm():
    found = card([Event(100, 110)], [(101, 'a'), (108, 'a'), (114, 'a'), (200, 'a')])
    assert [at for at, _ in found.duplicates] == [108]
    assert [at for at, _ in found.false_alarms] == [114, 200]
    assert found.events[0].answer == (101, 'a')


def test_a_late_answer_belongs_to_the_event_before_only_until_the_next_begins():
    found = card([Event(100, 100), Event(105, 105)], [(104, 'a')])
    # In time for the second: that is the better match.
    assert verdicts(found) == [Verdict.MISSED, Verdict.CAUGHT]
    found = card([Event(100, 100), Event(110, 110)], [(104, 'a'), (111, 'b')])
    assert verdicts(found) == [Verdict.LATE, Verdict.CAUGHT]


def test_the_words_decide_which_of_two_answers_is_right():
    event = Event(100, 110, ('kettle',))
    found = card([event], [(101, 'the Kettle boils'), (102, 'kettles')])
    assert (verdicts(found), found.events[0].answer[0]) == ([Verdict.CAUGHT], 101)
    assert len(found.duplicates) == 1
    # A part of a word is not the word.
    assert verdicts(card([event], [(102, 'kettles')])) == [Verdict.WRONG]


def test_what_is_not_sure_is_neither_a_false_alarm_nor_time_that_counts():
    found = card([], [(50, 'a'), (150, 'b')], [(40, 60), (50, 70)], (0, 130))
    assert [at for at, _ in found.false_alarms] == [150]
    assert found.hours == pytest.approx(100 / 3600)


def test_events_before_the_instruction_are_not_missed():
    found = card([Event(5, 6), Event(100, 100)], [(100, 'a')], watched=(10, 200))
    assert (verdicts(found), found.outside) == ([Verdict.CAUGHT], 1)


def test_figures_and_limits_of_several_cards():
    cards = [
        card([Event(100, 110), Event(300, 300)], [(101, 'a'), (105, 'a')]),
        card([], [(1, 'x')]),
    ]
    found = figures(cards)
    assert (found['caught'], found['missed'], found['caught_share']) == (1, 1, 0.5)
    assert (found['hours'], found['false_alarms_per_hour']) == (2.0, 0.5)
    assert (found['median_delay'], found['duplicates']) == (1.0, 1)
    assert Gate(0.5, 0.5, 1).broken(found) == []
    assert len(Gate(0.6, 0.4, 0).broken(found)) == 3
    assert 'not known' in Gate(0.1).broken(figures([card([], [])]))[0]
