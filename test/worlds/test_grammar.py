# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Texts of a grammar: what they say, how many there are, and what is refused."""

import numpy as np
import pytest

from streamo_ros.worlds.grammar import Grammar
from streamo_ros.worlds.grammar import tidy
from streamo_ros.worlds.scene import WorldError

GRAMMAR = Grammar({'who': '[robot|you]', 'call': '[hey <who>|hello|]'})


def test_every_text_can_be_drawn_and_no_other():
    choice, rng = GRAMMAR.parse('<call> [look|<who> see] , now'), np.random.default_rng(0)
    found = {tidy(choice.draw(rng)) for _ in range(400)}
    assert found == {
        f'{call}{what}, now'
        for call in ('hey robot ', 'hey you ', 'hello ', '')
        for what in ('look', 'robot see', 'you see')
    }
    assert choice.count() == len(found)
    assert set(choice.first_words()) == {'hey', 'hello', 'look', 'robot', 'you'}


@pytest.mark.parametrize(
    'text', ['tell [me|us', 'tell me]', 'tell ]me[', 'tell <nobody>', 'tell <who']
)
def test_a_text_that_is_not_well_formed_is_refused(text):
    with pytest.raises(WorldError, match=r'close|remove|define it'):
        GRAMMAR.parse(text)
