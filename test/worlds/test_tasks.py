# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is due, family by family, on views written by hand."""

import pytest

from streamo_ros.worlds.phrasing import FAMILIES
from streamo_ros.worlds.scene import Panel
from streamo_ros.worlds.scene import View
from streamo_ros.worlds.scene import VisibleThing
from streamo_ros.worlds.scene import WorldError
from streamo_ros.worlds.tasks import label_views
from streamo_ros.worlds.tasks import make_task

MARKS = '?.:!'  # unknown, Silence, Standby, Response


def ball(color='red', key=1, shape='ball', x=0.5, **stage):
    return VisibleThing(key, shape, color, x, 0.5, 0.1, 0.0, **{'whole': True, **stage})


def cut(**looks):
    return ball(whole=False, **looks)


def run(family, course, look=('red', 'ball')):
    """Marks of the states and the answers, for a list of things a frame."""
    views = [one if isinstance(one, View) else View(tuple(one), None) for one in course]
    labels = label_views(family, look, views, [str(k) for k in range(len(views))])
    assert all(bool(label.text) == (MARKS[label.state] == '!') for label in labels)
    return ''.join(MARKS[label.state] for label in labels), [la.text for la in labels if la.text]


def test_appear_waits_at_the_edge_and_answers_when_whole():
    assert run('appear', [[], [cut()], [cut()], [ball()], [ball()]]) == (
        '.::!.',
        ['A red ball has arrived.'],
    )


def test_appear_ignores_other_looks_and_a_thing_that_turns_back():
    assert run('appear', [[], [cut(color='blue')], [ball('blue')]])[0] == '...'
    assert run('appear', [[], [cut()], []])[0] == '.:.'


def test_appear_does_not_take_a_new_colour_for_an_arrival():
    course = [[ball('blue')], [ball('blue', into='red')], [ball('red')]]
    assert run('appear', course)[0] == '...'


def test_appear_answers_again_after_it_was_gone():
    assert run('appear', [[ball()], [], [ball()]])[0] == '..!'


def test_ground_names_first_and_last_second_of_the_arrival():
    assert run('ground', [[], [cut()], [cut()], [ball()]]) == ('.::!', ['From 1s to 3s.'])
    assert run('ground', [[], [ball()]]) == ('.!', ['From 1s to 1s.'])


def test_leave_answers_when_it_is_gone():
    assert run('leave', [[ball()], [cut()], [], []]) == ('.:!.', ['The red ball has left.'])
    assert run('leave', [[ball()], [cut()], [ball()]])[0] == '.:.'


def test_leave_forgets_a_thing_of_another_colour():
    assert run('leave', [[ball()], [ball('blue')], []])[0] == '...'


def test_recolour_answers_when_the_new_colour_covers_it():
    course = [[ball()], [ball(into='blue')], [ball('blue')]]
    assert run('recolour', course, ('', '')) == ('.:!', ['The ball is now blue.'])
    assert run('recolour', course, ('', 'box'))[0] == '...'


def test_move_answers_when_the_gripper_lets_go():
    course = [[ball()], [ball(gripped=True)], [ball(x=0.9)]]
    assert run('move', course) == ('.:!', ['The red ball was moved.'])
    assert run('move', course, ('blue', 'ball'))[0] == '...'


def test_touch_answers_when_it_rests_against_the_wall():
    course = [[ball()], [ball(gripped=True)], [ball(touching=True)], [ball(touching=True)]]
    assert run('touch', course) == ('.:!.', ['The red ball touches the wall.'])


def test_touch_is_not_answered_for_what_touched_before():
    course = [[ball('blue', touching=True)], [ball(touching=True)]]
    assert run('touch', course)[0] == '..'


def test_count_waits_while_one_is_cut_and_repeats_nothing():
    other = ball('blue', key=2)
    assert run('count', [[ball()], [ball()], [ball(), cut(key=2)], [ball(), other]]) == (
        '!.:!',
        ['1.', '2.'],
    )


def test_number_is_read_when_it_is_new():
    views = [View((), Panel(0.5, 0.5, value)) for value in (42, 42, 17)]
    assert run('number', views) == ('!.!', ['42.', '17.'])
    assert run('number', [[], []])[0] == '..'


def test_presence_answers_yes_and_no():
    assert run('presence', [[], [], [cut()], [ball()], []]) == ('!.:!!', ['No.', 'Yes.', 'No.'])
    assert run('presence', [[ball('blue', into='red')], [ball()]])[0] == ':!'


def test_colour_answers_for_the_only_one():
    course = [[ball()], [ball(into='blue')], [ball('blue')], [ball('blue'), ball('pink', key=2)]]
    assert run('colour', course, ('', 'ball')) == ('!:!:', ['Red.', 'Blue.'])


def test_see_lists_once_from_left_to_right():
    course = [[cut()], [ball(x=0.9), ball('blue', key=2, shape='box', x=0.1)], [ball()]]
    assert run('see', course, ('', '')) == (':!.', ['A blue box, a red ball.'])


def test_narrate_tells_each_event_when_it_is_over():
    course = [
        [],
        [cut()],
        [ball()],
        [ball(into='blue')],
        [ball('blue')],
        [ball('blue', gripped=True)],
        [ball('blue')],
        [cut(color='blue')],
        [],
    ]
    assert run('narrate', course, ('', '')) == (
        '.:!:!:!:!',
        [
            'A red ball has arrived.',
            'The ball is now blue.',
            'The blue ball was moved.',
            'The blue ball has left.',
        ],
    )


def test_narrate_does_not_tell_of_a_thing_that_only_peeked():
    assert run('narrate', [[], [cut()], []], ('', ''))[0] == '.:.'


def test_every_family_has_a_task_and_no_other_has():
    assert all(make_task(family) for family in FAMILIES)
    with pytest.raises(WorldError, match='choose from appear'):
        make_task('dance')
