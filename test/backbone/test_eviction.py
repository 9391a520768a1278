# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""After evictions the window equals a slow reference that rotates everything anew at each step.

The reference shares nothing with the engine: it runs the checkpoint's own modules, keeps
un-rotated keys and values in lists, and works out positions from blocks of text and frames.
"""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch

from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Request
from streamo_ros.core.protocol import State

TOLERANCE = 1e-4


class SlowReference:
    """One lane. A token is (kind, row, column, last of its block): kind 0 text, 1 frame."""

    def __init__(self, model):
        self.model = model
        parts = dict(model.model.named_children())
        self.text = parts.get('language_model') or parts['text_model']
        self.spatial = 'mrope_section' in self.text.config.rope_parameters
        self.tokens = []
        self.keys = [None] * len(self.text.layers)
        self.values = [None] * len(self.text.layers)

    def positions(self):
        """Three axes, counted from the first token on; (3, 1, tokens)."""
        found, at, block = [], 0, None
        for kind, row, column, end in self.tokens:
            if kind == 0 or not self.spatial:
                found.append((at, at, at))
                at += 1
                continue
            block = block or []
            block.append((row, column))
            found.append((at, at + row, at + column))
            if end:
                at += 1 + max(max(place) for place in block)
                block = None
        return torch.tensor(found).T[:, None]

    def keep(self, ranges):
        rows = [at for start, stop in ranges for at in range(start, stop)]
        self.tokens = [self.tokens[at] for at in rows]
        self.keys = [key if key is None else key[:, rows] for key in self.keys]
        self.values = [value if value is None else value[:, rows] for value in self.values]

    @torch.no_grad()
    def append(self, request):
        """Logits after the request's last token."""
        rows, levels, at = [], {}, 0
        for piece in request.pieces:
            if isinstance(piece, tuple):
                self.tokens += [(0, 0, 0, True)] * len(piece)
                rows.append(self.text.embed_tokens(torch.tensor(piece)))
                at += len(piece)
                continue
            height, width = piece.grid
            self.tokens += [
                (1, row, column, (row, column) == (height - 1, width - 1))
                for row in range(height)
                for column in range(width)
            ]
            rows.append(piece.embeddings)
            for level, features in enumerate(piece.deepstack):
                levels.setdefault(level, []).append((at, features))
            at += piece.tokens
        x = torch.cat(rows)
        positions = self.positions() if self.spatial else self.positions()[0]
        cos, sin = self.text.rotary_emb(x, positions)
        for number, layer in enumerate(self.text.layers):
            x = x + self._attend(number, layer, layer.input_layernorm(x), cos[0], sin[0])
            x = x + layer.mlp(layer.post_attention_layernorm(x))
            for begin, features in levels.get(number, ()):
                x = x.clone()
                x[begin : begin + len(features)] += features
        return self.model.lm_head(self.text.norm(x[-1:]))[0].numpy()

    def _attend(self, number, layer, x, cos, sin):
        module = layer.self_attn
        query, key, value = (
            project(x).unflatten(-1, (-1, module.head_dim))
            for project in (module.q_proj, module.k_proj, module.v_proj)
        )
        if hasattr(module, 'q_norm'):
            query, key = module.q_norm(query), module.k_norm(key)
        query, key, value = (part.transpose(0, 1) for part in (query, key, value))
        if self.keys[number] is not None:
            key = torch.cat((self.keys[number], key), 1)
            value = torch.cat((self.values[number], value), 1)
        self.keys[number], self.values[number] = key, value
        fresh = len(x)
        query = turn(query, cos[-fresh:], sin[-fresh:])
        key = turn(key, cos, sin).repeat_interleave(module.num_key_value_groups, 0)
        value = value.repeat_interleave(module.num_key_value_groups, 0)
        scores = query @ key.transpose(1, 2) / math.sqrt(module.head_dim)
        ahead = torch.ones(fresh, key.shape[1], dtype=torch.bool).triu(key.shape[1] - fresh + 1)
        weights = scores.masked_fill(ahead, -torch.inf).softmax(-1)
        return module.o_proj((weights @ value).transpose(0, 1).flatten(1))


class SlowGemma(SlowReference):
    """The same of Gemma 4, whose layers are of two kinds: see `_look`."""

    @torch.no_grad()
    def append(self, request):
        """Logits after the request's last token; every layer computes every row."""
        ids, rows = [], []
        for piece in request.pieces:
            if isinstance(piece, tuple):
                self.tokens += [(0, 0, 0, True)] * len(piece)
                ids += piece
                rows.append(self.text.embed_tokens(torch.tensor(piece)))
                continue
            last = piece.tokens - 1
            self.tokens += [(1, 0, at, at == last) for at in range(piece.tokens)]
            ids += [self.text.config.pad_token_id] * piece.tokens
            rows.append(piece.embeddings)
        x = torch.cat(rows)
        own = self.text.get_per_layer_inputs(torch.tensor(ids)[None], None)
        own = self.text.project_per_layer_inputs(x[None], own)[0]
        angles = {
            kind: self.text.rotary_emb(x, self.positions()[0], kind)
            for kind in ('sliding_attention', 'full_attention')
        }
        homes = {}
        for number, layer in enumerate(self.text.layers):
            kind = layer.self_attn.layer_type
            if not layer.self_attn.is_kv_shared_layer:
                homes[kind] = number
                self._write(number, layer.self_attn, layer.input_layernorm(x))
            seen = self._look(homes[kind], layer.self_attn, layer.input_layernorm(x), angles[kind])
            x = x + layer.post_attention_layernorm(seen)
            hidden = layer.mlp(layer.pre_feedforward_layernorm(x))
            x = x + layer.post_feedforward_layernorm(hidden)
            gate = layer.act_fn(layer.per_layer_input_gate(x)) * own[:, number]
            x = x + layer.post_per_layer_input_norm(layer.per_layer_projection(gate))
            x = x * layer.layer_scalar
        logits = self.model.lm_head(self.text.norm(x[-1:]))[0]
        cap = self.text.config.final_logit_softcapping
        return (cap * torch.tanh(logits / cap)).numpy()

    def _write(self, number, module, x):
        """Keep un-rotated keys, and values, which may be the keys before their norm."""
        key = module.k_proj(x)
        value = key if module.v_proj is None else module.v_proj(x)
        heads = (-1, module.head_dim)
        key = module.k_norm(key.unflatten(-1, heads)).transpose(0, 1)
        value = module.v_norm(value.unflatten(-1, heads)).transpose(0, 1)
        if self.keys[number] is not None:
            key = torch.cat((self.keys[number], key), 1)
            value = torch.cat((self.values[number], value), 1)
        self.keys[number], self.values[number] = key, value

    def _look(self, home, module, x, angles):
        """A row of a sliding layer sees itself and the kept tokens that are next before it."""
        cos, sin = (angle[0] for angle in angles)
        fresh, groups = len(x), module.num_key_value_groups
        query = module.q_norm(module.q_proj(x).unflatten(-1, (-1, module.head_dim)))
        query = turn(query.transpose(0, 1), cos[-fresh:], sin[-fresh:])
        key = turn(self.keys[home], cos, sin).repeat_interleave(groups, 0)
        value = self.values[home].repeat_interleave(groups, 0)
        at = torch.arange(key.shape[1])
        ahead = at[None] - at[-fresh:, None]
        hidden = ahead > 0
        if module.is_sliding:
            hidden |= ahead <= -module.sliding_window
        weights = (query @ key.transpose(1, 2)).masked_fill(hidden, -torch.inf).softmax(-1)
        return module.o_proj((weights @ value).transpose(0, 1).flatten(1))


def turn(x, cos, sin):
    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), -1) * sin


@pytest.fixture
def slow(original):
    gemma = original.model.config.model_type == 'gemma4'
    return (SlowGemma if gemma else SlowReference)(copy.deepcopy(original.model))


def test_windows_after_evictions_equal_the_slow_reference(
    checkpoint, slow, load_tiny, dialogue, frames
):
    backbone = load_tiny(checkpoint)
    other, lane = dialogue(backbone, 'another lane beside it'), dialogue(backbone, 'watch')
    backbone.extend([other.turn(frames[0])])
    other.settle(State.SILENCE)
    sink = len(lane.pending)
    states = list(backbone.prompt.state_ids)
    for step in range(12):
        held = backbone.length(lane.slot)
        if step and step % 3 == 0:
            # A whole turn leaves, and of the next its vision tokens alone.
            frame = first_frame(slow.tokens, sink)
            second = first_frame(slow.tokens, frame[1])
            keep = [(0, sink), (frame[1], second[0]), (second[1], held)]
            backbone.evict(lane.slot, keep)
            slow.keep(keep)
            assert backbone.length(lane.slot) == len(slow.tokens) < held
        request = lane.turn(frames[step % len(frames)])
        requests = [request]
        if step == 4:
            requests.append(other.turn(frames[1]))
        seen = backbone.extend(requests)[0]
        np.testing.assert_allclose(seen, slow.append(request)[states], atol=TOLERANCE)
        lane.settle(State.SILENCE)


def first_frame(tokens, begin):
    start = next(at for at in range(begin, len(tokens)) if tokens[at][0] == 1)
    stop = next(at for at in range(start, len(tokens)) if tokens[at][3]) + 1
    return start, stop


def test_positions_close_up(qwen, load_tiny, dialogue, frames):
    backbone = load_tiny(qwen)
    lane = dialogue(backbone, 'watch')
    vision = backbone.encode(frames[0])
    rows, columns = vision.grid
    backbone.prefill(Request(lane.slot, ((1, 2, 3), vision, (4, 5), vision, (6,))))
    step = max(rows, columns)
    window = backbone._window
    assert window.position(lane.slot) == 6 + 2 * step
    backbone.evict(lane.slot, [(0, 2), (3 + vision.tokens, 6 + 2 * vision.tokens)])
    assert window.position(lane.slot) == 5 + step
    assert backbone.length(lane.slot) == 5 + vision.tokens


def test_a_kept_lane_is_as_it_was(qwen, load_tiny, dialogue, frames):
    backbone = load_tiny(qwen)
    lane, twin = dialogue(backbone, 'watch'), dialogue(backbone, 'watch')
    for one in (lane, twin):
        backbone.extend([one.turn(frames[0])])
        one.settle(State.SILENCE)
    backbone.evict(lane.slot, [(0, 10), (10, backbone.length(lane.slot))])
    seen = backbone.extend([lane.turn(frames[1]), twin.turn(frames[1])])
    np.testing.assert_allclose(seen[0], seen[1], atol=TOLERANCE)


@pytest.mark.parametrize(
    ('keep', 'words'),
    [
        ([(0, 5), (4, 6)], 'apart'),
        ([(0, 10_000)], 'apart'),
        ([(3, 2)], 'apart'),
        ([(0, 4)], 'inside a frame'),
        ([(0, 2), (4, 6)], 'inside a frame'),
    ],
)
def test_ranges_that_make_no_sense_are_refused(qwen, load_tiny, frames, keep, words):
    backbone = load_tiny(qwen)
    slot = backbone.open()
    vision = backbone.encode(frames[0])
    backbone.prefill(Request(slot, ((1, 2, 3), vision, (4,))))
    with pytest.raises(BackboneError, match=words):
        backbone.evict(slot, keep)
    assert backbone.length(slot) == 4 + vision.tokens


def test_truncating_into_a_frame_is_refused(qwen, load_tiny, frames):
    backbone = load_tiny(qwen)
    slot = backbone.open()
    backbone.prefill(Request(slot, ((1, 2, 3), backbone.encode(frames[0]))))
    with pytest.raises(BackboneError, match='inside a frame'):
        backbone.truncate(slot, 5)
    backbone.truncate(slot, 3)
    assert backbone.length(slot) == 3


def test_many_evictions_do_not_drift(qwen, load_tiny):
    """One token at a time leaves exactly what all at once leaves, even in bfloat16."""
    backbone = load_tiny(qwen, dtype='bfloat16')
    ids = tuple(np.random.default_rng(3).integers(0, 400, 700).tolist())
    one_by_one, at_once = backbone.open(), backbone.open()
    for slot in (one_by_one, at_once):
        backbone.prefill(Request(slot, (ids,)))
    for _ in range(600):
        backbone.evict(one_by_one, [(0, 10), (11, backbone.length(one_by_one))])
    backbone.evict(at_once, [(0, 10), (610, 700)])
    for layer in backbone._decoder.attention.layers:
        assert torch.equal(layer[:, one_by_one, :, :100], layer[:, at_once, :, :100])
