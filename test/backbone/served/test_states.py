# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reading states from the log probabilities of generated tokens."""

from __future__ import annotations

import math

import numpy as np
import pytest

from streamo_ros.backbone.served.states import read_states
from streamo_ros.backbone.served.states import read_text
from streamo_ros.backbone.served.states import TokenStep
from streamo_ros.core.decision import probabilities
from streamo_ros.core.interface import BackboneError


def mixed(text, chances):
    return TokenStep(text, {name: math.log(chance) for name, chance in chances.items()})


def test_one_token_states():
    chances = {'</Silence>': 0.6, '</Standby>': 0.3, '</Response>': 0.05, 'The': 0.05}
    reading = read_states([mixed('</Silence>', chances)])
    assert probabilities(reading.logits) == pytest.approx((0.6 / 0.95, 0.3 / 0.95, 0.05 / 0.95))
    assert reading.bounded == 0


def test_states_that_part_at_different_tokens():
    """ "</", then "S" or "Response", then "ilence" or "tand"."""
    steps = [
        mixed('</', {'</': 0.9, 'The': 0.1}),
        mixed('S', {'S': 0.7, 'Response': 0.3}),
        mixed('tand', {'ilence': 0.25, 'tand': 0.75}),
    ]
    expected = np.array([0.7 * 0.25, 0.7 * 0.75, 0.3])
    assert probabilities(read_states(steps).logits) == pytest.approx(tuple(expected))
    assert probabilities(read_states(steps[1:], '</').logits) == pytest.approx(tuple(expected))


def test_spaces_before_a_state_do_not_matter():
    reading = read_states([mixed(' ', {' ': 1.0}), mixed('</Standby>', {'</Standby>': 0.9})])
    assert int(np.argmax(reading.logits)) == 1
    assert int(np.argmax(read_text('\n</Standby>').logits)) == 1


def test_an_unlisted_state_gets_the_largest_probability_that_it_can_have():
    few = read_states([mixed('</Silence>', {'</Silence>': 0.6, '</Standby>': 0.3})])
    assert few.bounded == 1
    assert math.exp(few.logits[2]) == pytest.approx(0.1)
    many = read_states([mixed('</Silence>', {'</Silence>': 0.6, 'a': 0.1, '</Standby>': 0.05})])
    assert math.exp(many.logits[2]) == pytest.approx(0.05)


def test_a_turn_without_a_state_is_an_error_that_quotes_it():
    with pytest.raises(BackboneError, match="began its turn with 'A kettle'"):
        read_states([mixed('A', {'A': 0.9}), mixed(' kettle', {' kettle': 0.9})])
    with pytest.raises(BackboneError, match="began its turn with 'Silence'"):
        read_text('Silence')
