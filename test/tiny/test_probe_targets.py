# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the heads are asked: facts that follow from the views and labels of a window alone."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from streamo_ros.core.protocol import State
from streamo_ros.tiny.curriculum import AuxiliaryWeights
from streamo_ros.tiny.dialogues import draw_dialogue
from streamo_ros.tiny.network import Network
from streamo_ros.tiny.network import Sizes
from streamo_ros.tiny.objective import Objective
from streamo_ros.tiny.probe_targets import DECISION_TARGETS
from streamo_ros.tiny.probe_targets import DIRECTION_TARGETS
from streamo_ros.tiny.probe_targets import frame_targets
from streamo_ros.tiny.probe_targets import STATUS
from streamo_ros.tiny.probe_targets import TIME_TARGETS
from streamo_ros.tiny.probe_targets import UNKNOWN
from streamo_ros.tiny.probes import Probes
from streamo_ros.tiny.sampling_mix import SamplingMix
from streamo_ros.tiny.sampling_mix import THIRD_STAGE
from streamo_ros.tiny.tensors import collate
from streamo_ros.worlds.scene import Panel
from streamo_ros.worlds.scene import View
from streamo_ros.worlds.scene import VisibleThing
from streamo_ros.worlds.task import Label

NAMES = (*DECISION_TARGETS, *DIRECTION_TARGETS, *TIME_TARGETS)


def thing(color='red', shape='ball', **changes):
    return VisibleThing(1, shape, color, 0.5, 0.5, 0.1, 0.0, **{'whole': True, **changes})


def view(*things, panel=None):
    return View(things, None if panel is None else Panel(0.5, 0.5, panel), None)


def told(states, begin=7):
    return [
        (Label(one, 'x' if one is State.RESPONSE else ''), Fraction(begin + k))
        for k, one in enumerate(states)
    ]


def column(facts, name):
    return [fact[NAMES.index(name)] for fact in facts]


def test_how_the_thing_stands_that_is_asked_for():
    views = [
        view(thing(whole=False)),
        view(thing(gripped=True)),
        view(thing(into='blue')),
        view(thing(touching=True), thing('blue')),
        view(thing()),
        view(thing('blue')),
    ]
    found = frame_targets('touch', ('red', 'ball'), views, told([State.SILENCE] * 6), 0)
    assert [STATUS[one] for one in column(found, 'status')] == [
        'cut',
        'gripped',
        'changing',
        'touching',
        'at rest',
        'absent',
    ]
    anything = frame_targets('narrate', ('', ''), views[3:4], told([State.SILENCE]), 0)
    assert STATUS[column(anything, 'status')[0]] == 'touching'
    assert column(found, 'tens') == [UNKNOWN] * 6


def test_which_way_a_cut_thing_goes():
    cut, whole = view(thing(whole=False)), view(thing())
    found = frame_targets(
        'leave', ('red', 'ball'), [cut, whole, cut, view(), whole], told([State.SILENCE] * 5), 0
    )
    assert column(found, 'direction') == [UNKNOWN, 0, 2, 0, 0], (
        'nobody knows it of the first frame'
    )
    found = frame_targets('narrate', ('', ''), [view(), cut, whole], told([State.SILENCE] * 3), 0)
    assert column(found, 'direction') == [UNKNOWN, 1, 0]


def test_what_the_panel_shows_and_what_was_said_of_it():
    views = [view(panel=42), view(panel=17), view()]
    labels = [
        (Label(State.RESPONSE, '42.'), Fraction(0)),
        (Label(State.SILENCE), Fraction(1)),
        (Label(State.SILENCE), Fraction(2)),
    ]
    found = frame_targets('number', ('', ''), views, labels, 0)
    assert [column(found, name) for name in ('tens', 'ones')] == [[5, 2, 0], [3, 8, 0]]
    assert [column(found, name) for name in ('answered tens', 'answered ones')] == [
        [0, 5, 5],
        [0, 3, 3],
    ]
    assert column(found, 'status') == [UNKNOWN] * 3


def test_since_when_something_is_under_way_and_which_second_it_is():
    states = [
        State.STANDBY,
        State.RESPONSE,
        State.SILENCE,
        State.STANDBY,
        State.STANDBY,
        State.SILENCE,
        State.RESPONSE,
    ]
    views = [view()] * len(states)
    found = frame_targets('appear', ('red', 'ball'), views, told(states, 119), 0)
    assert column(found, 'since tens') == [1, 1, -1, 2, 2, 2, 2]
    assert column(found, 'since ones') == [9, 9, -1, 2, 2, 2, 5]
    assert column(found, 'at hundreds') == [1] * 7
    assert column(found, 'at ones') == [9, 0, 1, 2, 3, 4, 5]
    later = frame_targets('appear', ('red', 'ball'), views, told(states, 119), 4)
    assert len(later) == 3
    assert column(later, 'since ones') == [UNKNOWN, UNKNOWN, 5]  # It began before the window.


@pytest.mark.parametrize('late', [False, True])
def test_heads_learn_what_the_states_hold(late):
    torch.manual_seed(0)
    probes = Probes(64, late=late)
    facts = torch.randint(0, 3, (32, len(NAMES)))
    facts[::2, 1] = UNKNOWN
    states = torch.randn(32, 64)
    optimizer = torch.optim.Adam(probes.parameters(), 0.05)
    first = probes.loss(states, states, facts)[0].item()
    for _ in range(60):
        optimizer.zero_grad()
        loss, right = probes.loss(states, states, facts)
        loss.backward()
        optimizer.step()
    assert loss.item() < first / 10
    assert right.item() > 0.95
    nothing = torch.full((32, len(NAMES)), UNKNOWN)
    assert [one.item() for one in probes.loss(states, states, nothing)] == [0.0, 0.0]


def test_every_frame_of_a_batch_has_its_facts(clips, prompt, network, known):
    rng = np.random.default_rng(2)
    dialogues = [draw_dialogue(clips, prompt, n, 0.0, rng, mix=THIRD_STAGE) for n in (2, 4, 6)]
    drawn = collate(dialogues)
    assert drawn.probe_targets.shape == (
        sum(len(dialogue.visions) for dialogue in dialogues),
        len(NAMES),
    )
    assert len(drawn.probe_targets) == (~drawn.in_answer).sum()
    counts = torch.tensor(
        [*DECISION_TARGETS.values(), *DIRECTION_TARGETS.values(), *TIME_TARGETS.values()]
    )
    assert ((drawn.probe_targets >= UNKNOWN) & (drawn.probe_targets < counts)).all()
    probed = Network(
        Sizes(hidden=64, layers=2, vision_out=network.adapt.in_features), known, Probes(64)
    )
    objective = Objective(prompt)
    with torch.no_grad():
        without, _ = objective(probed, drawn, AuxiliaryWeights())
        with_them, figures = objective(probed, drawn, AuxiliaryWeights(probe=0.5))
    assert (with_them - without).item() == pytest.approx(figures['probed'] / 2, rel=1e-3)


def test_vision_tokens_know_their_places_in_a_list(clips, prompt, network, known):
    rng = np.random.default_rng(3)
    mix = SamplingMix({'see': 1.0}, spans=0.0)
    drawn = collate([draw_dialogue(clips, prompt, 1, 0.0, rng, mix=mix)])
    listed = drawn.list_places[drawn.list_places != UNKNOWN].tolist()
    assert sorted(listed) == list(range(len(listed)))
    assert ((drawn.list_places >= 0) == (drawn.looks[:, 0] >= 0)).all()
    other = collate([draw_dialogue(clips, prompt, 3, 0.0, rng, mix=SamplingMix({'move': 1.0}))])
    assert (other.list_places == UNKNOWN).all()
    probed = Network(
        Sizes(hidden=64, layers=2, vision_out=network.adapt.in_features),
        known,
        Probes(64, late=True),
    )
    middle = network.run(drawn.ids, drawn.positions, drawn.vision_index, drawn.vision).middle
    probes = probed.probes
    assert probes.list_loss(middle[drawn.vision_index], drawn.list_places).item() > 0
    assert (
        probes.list_loss(middle[drawn.vision_index], drawn.list_places * 0 + UNKNOWN).item() == 0
    )
    assert Probes(64).list_loss(middle[drawn.vision_index], drawn.list_places).item() == 0
