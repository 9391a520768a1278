# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frame by frame over the window gives what plain transformers gives for the whole dialogue."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from streamo_ros.backbone.checkpoint import Checkpoint
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Request
from streamo_ros.core.interface import Sampling
from streamo_ros.core.protocol import State

TOLERANCE = 1e-4
MAX_PIXELS = 16384
STATES = (State.SILENCE, State.STANDBY, State.SILENCE, State.RESPONSE)


def expected(original, dialogue):
    """State logits of the dialogue's last row, by plain transformers."""
    whole = original.logits(dialogue.rows, dialogue.images, MAX_PIXELS)
    return whole[-1, list(dialogue.backbone.prompt.state_ids)]


@pytest.mark.parametrize('protocol', ['special_tokens', 'text_tags'])
def test_one_lane_equals_the_whole_dialogue(
    checkpoint, original, load_tiny, dialogue, frames, protocol
):
    backbone = load_tiny(checkpoint, protocol=protocol)
    lane = dialogue(backbone, 'tell me when the kettle boils')
    for frame, state in zip(frames, STATES, strict=False):
        seen = backbone.extend([lane.turn(frame)])[0]
        np.testing.assert_allclose(seen, expected(original, lane), atol=TOLERANCE)
        assert backbone.length(lane.slot) == len(lane.rows)
        lane.settle(state)


def test_lanes_of_different_lengths_in_one_batch(
    checkpoint, original, load_tiny, dialogue, frames
):
    backbone = load_tiny(checkpoint)
    texts = ('count the cups', 'say when somebody enters through the door', 'narrate')
    lanes = [dialogue(backbone, text) for text in texts]
    for lane, ahead in zip(lanes, (3, 1, 0), strict=True):
        for frame in frames[:ahead]:
            backbone.extend([lane.turn(frame)])
            lane.settle(State.SILENCE)
    vision = backbone.encode(frames[5])
    order = [lanes[2], lanes[0], lanes[1]]
    seen = backbone.extend([lane.turn(frames[5], vision) for lane in order])
    for row, lane in zip(seen, order, strict=True):
        np.testing.assert_allclose(row, expected(original, lane), atol=TOLERANCE)


def test_a_deferred_state_token_changes_nothing(checkpoint, load_tiny, dialogue, frames):
    backbone = load_tiny(checkpoint)
    deferred, at_once = dialogue(backbone, 'watch'), dialogue(backbone, 'watch')
    for lane in (deferred, at_once):
        backbone.extend([lane.turn(frames[0])])
        lane.settle(State.STANDBY)
    backbone.prefill(Request(at_once.slot, (at_once.pending,)))
    at_once.pending = ()
    together, apart = (backbone.extend([lane.turn(frames[1])])[0] for lane in (deferred, at_once))
    np.testing.assert_allclose(together, apart, atol=TOLERANCE)


def test_an_answer_equals_greedy_generation(checkpoint, original, load_tiny, dialogue, frames):
    backbone = load_tiny(checkpoint)
    lane = dialogue(backbone, 'describe it')
    backbone.extend([lane.turn(frames[0])])
    fed = backbone.prompt.replies[State.RESPONSE]
    rows, spoken = [*lane.rows, *fed], []
    while len(spoken) < 12:
        spoken += backbone.decode([Request(lane.slot, (fed,))], Sampling())
        fed = (spoken[-1],)
    generated = original.model.generate(
        **original.inputs(rows, lane.images, MAX_PIXELS),
        do_sample=False,
        max_new_tokens=12,
        min_new_tokens=12,
    )
    assert spoken == generated[0, len(rows) :].tolist()


def test_answers_of_two_lanes_in_one_batch_equal_each_alone(
    checkpoint, load_tiny, dialogue, frames
):
    backbone = load_tiny(checkpoint)

    def speak(texts):
        lanes = [dialogue(backbone, text) for text in texts]
        for lane in lanes:
            backbone.extend([lane.turn(frames[0])])
        fed = [backbone.prompt.replies[State.RESPONSE]] * len(lanes)
        spoken = []
        for _ in range(6):
            requests = [Request(lane.slot, (ids,)) for lane, ids in zip(lanes, fed, strict=True)]
            spoken.append(backbone.decode(requests, Sampling()))
            fed = [(token,) for token in spoken[-1]]
        for lane in lanes:
            backbone.close(lane.slot)
        return list(zip(*spoken, strict=True))

    first, second = 'narrate', 'what is the colour of the largest cup'
    assert speak([first, second]) == [*speak([first]), *speak([second])]


def test_a_long_prefill_equals_the_whole_dialogue(
    qwen, original_qwen, load_tiny, dialogue, frames, monkeypatch
):
    monkeypatch.setattr('streamo_ros.backbone.streaming.PREFILL_TOKENS', 50)
    backbone = load_tiny(qwen)
    lane = dialogue(backbone, 'watch')
    pieces = []
    for frame in frames[:4]:
        pieces += lane.turn(frame).pieces
        lane.settle(State.SILENCE)
    backbone.prefill(Request(lane.slot, tuple(pieces)))
    seen = backbone.extend([lane.turn(frames[4])])[0]
    np.testing.assert_allclose(seen, expected(original_qwen, lane), atol=TOLERANCE)


def test_truncating_takes_back_what_came_last(qwen, load_tiny, dialogue, frames):
    backbone = load_tiny(qwen)
    lane = dialogue(backbone, 'watch')
    backbone.extend([lane.turn(frames[0])])
    lane.settle(State.SILENCE)
    before, pending = backbone.length(lane.slot), lane.pending
    first = backbone.extend([lane.turn(frames[1])])
    backbone.truncate(lane.slot, before)
    assert backbone.length(lane.slot) == before
    lane.pending = pending
    lane.images.pop()
    np.testing.assert_allclose(backbone.extend([lane.turn(frames[1])]), first, atol=TOLERANCE)


def test_a_closed_slot_comes_back_empty(qwen, load_tiny, dialogue, frames):
    backbone = load_tiny(qwen, lanes=1)
    lane = dialogue(backbone, 'watch')
    first = backbone.extend([lane.turn(frames[0])])
    backbone.close(lane.slot)
    again = dialogue(backbone, 'watch')
    assert backbone.length(again.slot) == 0
    np.testing.assert_array_equal(backbone.extend([again.turn(frames[0])]), first)


def test_a_failed_frame_leaves_its_lane_as_it_was(qwen, load_tiny, dialogue, frames):
    backbone = load_tiny(qwen)
    healthy, sick = dialogue(backbone, 'watch'), dialogue(backbone, 'watch')
    for lane in (healthy, sick):
        backbone.extend([lane.turn(frames[0])])
        lane.settle(State.SILENCE)
    before, pending = backbone.length(sick.slot), sick.pending
    broken = backbone.encode(frames[1])
    broken = type(broken)(torch.full_like(broken.embeddings, torch.nan), (), broken.grid)
    seen = backbone.extend([healthy.turn(frames[1]), sick.turn(frames[1], broken)])
    assert np.isfinite(seen[0]).all()
    assert np.isnan(seen[1]).all()
    assert backbone.length(sick.slot) == before
    sick.pending = pending
    sick.images.pop()
    np.testing.assert_allclose(backbone.extend([sick.turn(frames[1])])[0], seen[0], atol=TOLERANCE)


def test_a_broken_model_gives_no_token_and_no_prefill(qwen, load_tiny):
    backbone = load_tiny(qwen)
    backbone._decoder.norm = backbone._decoder.norm * torch.nan
    slot = backbone.open()
    assert backbone.decode([Request(slot, ((1,),))], Sampling()) == [None]
    with pytest.raises(BackboneError, match='not finite'):
        backbone.prefill(Request(slot, ((1, 2),)))
    assert backbone.length(slot) == 0


def test_sampling_repeats_with_its_seed_and_differs_without(qwen, load_tiny, dialogue, frames):
    def speak(seed):
        backbone = load_tiny(qwen)
        lane = dialogue(backbone, 'watch')
        backbone.extend([lane.turn(frames[0])])
        spoken = [1]
        for _ in range(8):
            request = Request(lane.slot, ((spoken[-1],),))
            spoken += backbone.decode([request], Sampling(temperature=2.0, seed=seed))
        return spoken

    assert speak(3) == speak(3) != speak(4)


def test_more_than_the_capacity_is_refused_and_changes_nothing(qwen, load_tiny, dialogue, frames):
    backbone = load_tiny(qwen, capacity=410)
    lane = dialogue(backbone, 'watch')
    backbone.extend([lane.turn(frames[0])])
    request = lane.turn(frames[1])
    while backbone.length(lane.slot) + request.tokens <= 410:
        backbone.extend([request])
    held = backbone.length(lane.slot)
    with pytest.raises(BackboneError, match='do not fit into 410'):
        backbone.extend([request])
    with pytest.raises(BackboneError, match='do not fit into 410'):
        backbone.prefill(request)
    assert held == backbone.length(lane.slot) <= 410


def test_misuse_is_refused_in_words(qwen, load_tiny):
    backbone = load_tiny(qwen, lanes=1)
    slot = backbone.open()
    with pytest.raises(BackboneError, match='all 1 lanes are taken'):
        backbone.open()
    with pytest.raises(BackboneError, match='only once'):
        backbone.extend([Request(slot, ((1,),))] * 2)
    with pytest.raises(BackboneError, match='nothing to append'):
        backbone.extend([Request(slot, ((),))])
    with pytest.raises(BackboneError, match='lane 5 is not open'):
        backbone.length(5)
    with pytest.raises(BackboneError, match='RGB uint8'):
        backbone.encode(np.zeros((4, 4), np.uint8))


class Quantised(torch.nn.Module):
    """Stands for the linear layer of a quantised checkpoint: it can be called, and that is all."""

    def __init__(self, linear):
        super().__init__()
        self._linear = linear

    def forward(self, x):
        return self._linear(x)


def test_layers_that_cannot_be_joined_give_the_same(
    qwen, load_tiny, dialogue, frames, monkeypatch
):
    def wrapped(attention_and_mlp):
        for name, module in list(attention_and_mlp.named_children()):
            if isinstance(module, torch.nn.Linear):
                setattr(attention_and_mlp, name, Quantised(module))

    def load_quantised(self, *arguments, **choices):
        model = load_plain(self, *arguments, **choices)
        for layer in model.model.language_model.layers:
            wrapped(layer.self_attn)
            wrapped(layer.mlp)
        return model

    plain = dialogue(load_tiny(qwen), 'watch')
    load_plain = Checkpoint.model
    monkeypatch.setattr(Checkpoint, 'model', load_quantised)
    quantised = dialogue(load_tiny(qwen), 'watch')
    seen = [lane.backbone.extend([lane.turn(frames[0])]) for lane in (plain, quantised)]
    np.testing.assert_allclose(seen[0], seen[1], atol=1e-5)


def test_identity_and_sizes(checkpoint, load_tiny, frames):
    backbone = load_tiny(checkpoint)
    assert backbone.info.tokens_per_frame == 0
    vision = backbone.encode(frames[0])
    rows, columns = backbone.grid(*frames[0].shape[:2])
    assert vision.grid == (rows, columns)
    assert backbone.info.tokens_per_frame == vision.tokens == rows * columns
    assert backbone.info.image_size[0] * backbone.info.image_size[1] <= MAX_PIXELS
    assert load_tiny(checkpoint).info.model_id == backbone.info.model_id


def test_memory_says_what_the_window_takes(qwen, load_tiny):
    one, two = (load_tiny(qwen, lanes=lanes).memory()['window'] for lanes in (1, 2))
    assert two == 2 * one == 2 * 1024 * 3 * 3 * 2 * 16 * 4


def test_an_answer_does_not_start_with_a_control_token(checkpoint, load_tiny, dialogue, frames):
    backbone = load_tiny(checkpoint)
    lane = dialogue(backbone, 'watch')
    backbone.extend([lane.turn(frames[0])])
    length, reply = backbone.length(lane.slot), backbone.prompt.replies[State.RESPONSE]
    (best,) = backbone.decode([Request(lane.slot, (reply,))], Sampling())
    backbone._control = torch.tensor([best])
    for sampling in (Sampling(), Sampling(temperature=0.7, seed=3)):
        backbone.truncate(lane.slot, length)
        first = backbone.decode([Request(lane.slot, (reply,), may_stop=False)], sampling)
        assert first != [best]
        backbone.truncate(lane.slot, length)
        assert backbone.decode([Request(lane.slot, (reply,))], Sampling()) == [best]


def test_the_largest_frame_is_known_before_the_first(checkpoint, load_tiny, frames):
    backbone = load_tiny(checkpoint)
    most = backbone.info.max_tokens_per_frame
    backbone.encode(frames[0])
    assert 0 < backbone.info.tokens_per_frame <= most
