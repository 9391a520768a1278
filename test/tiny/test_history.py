# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The model's own states in the history: nothing else of a batch changes."""

import numpy as np
import torch

from streamo_ros.tiny.dialogues import draw_dialogue
from streamo_ros.tiny.history import with_own_states
from streamo_ros.tiny.tensors import collate


def test_only_quiet_states_of_the_history_change(clips, prompt, network):
    rng = np.random.default_rng(0)
    drawn = collate([draw_dialogue(clips, prompt, 6, 0.0, rng) for _ in range(4)])
    quiet = prompt.state_ids[:2]
    found = with_own_states(network, drawn, quiet)
    changed = (found.ids != drawn.ids).flatten().nonzero().flatten()
    states = drawn.target_index[~drawn.in_answer] + 1
    assert set(changed.tolist()) <= set(states.tolist())
    assert set(found.ids.flatten()[changed].tolist()) <= set(quiet)
    assert set(drawn.ids.flatten()[changed].tolist()) <= set(quiet)
    torch.testing.assert_close(found.target_ids, drawn.target_ids)


def test_what_the_network_decides_stands_behind_it(clips, prompt, network, monkeypatch):
    rng = np.random.default_rng(1)
    drawn = collate([draw_dialogue(clips, prompt, 6, 0.0, rng) for _ in range(4)])
    silence, standby, _ = prompt.state_ids
    wanted = torch.zeros(
        drawn.target_index[~drawn.in_answer].shape[0],
        network.logits(torch.zeros(1, network.adapt.out_features)).shape[1],
    )
    wanted[:, standby] = 1.0
    monkeypatch.setattr(network, 'logits', lambda _: wanted)
    found = with_own_states(network, drawn, (silence, standby))
    states = found.ids.flatten()[drawn.target_index[~drawn.in_answer] + 1]
    assert silence not in states
    assert standby in states
