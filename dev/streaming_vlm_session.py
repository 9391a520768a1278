# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""StreamingVLM's own cache and forward pass, with weights that `dev/eviction_steps.py` makes, too.

Runs in an environment of theirs (transformers 4.52.4) and takes their code from a folder of their
repository. What of it needs a GPU or a video reader, and is not called here, is replaced.
"""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from eviction_steps import fill
from eviction_steps import GRID
from eviction_steps import ROUNDS
from eviction_steps import vision_tokens


def _stubs() -> None:
    """Stand-ins for what their modules import and this does not call."""
    stubs: dict[str, dict[str, Any]] = {
        'qwen_vl_utils': {'process_vision_info': None},
        'qwen_vl_utils.vision_process': {'FPS': 1},
    }
    for name, content in stubs.items():
        module = types.ModuleType(name)
        module.__dict__.update(content)
        sys.modules[name] = module
    from transformers.models.qwen2_5_vl import modeling_qwen2_5_vl as modeling

    for name in (
        'flash_attn_varlen_func',
        'apply_rotary_pos_emb_flashatt',
        '_flash_attention_forward',
        'make_flex_block_causal_mask',
        'BlockMask',
    ):
        if not hasattr(modeling, name):
            setattr(modeling, name, None)


def _attention(query: Any, key: Any, value: Any, *_: Any, **__: Any) -> torch.Tensor:
    """Flash attention: causal, aligned to the last key; (batch, rows, heads, dim)."""
    rows, past = query.shape[1], key.shape[1]
    seen = torch.ones(rows, past, dtype=torch.bool).tril(past - rows)
    query, key, value = (part.transpose(1, 2) for part in (query, key, value))
    out = torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
    return out.transpose(1, 2)


def _functions(root: Path) -> dict[str, Any]:
    """Their functions that forget tokens, out of a module that needs a video reader."""
    source = (root / 'streaming_vlm/inference/inference.py').read_text(encoding='utf-8')
    wanted = 'prune_id_and_kv_cache', 'contiguous_id_and_kv', 'process_past_kv'
    tree = ast.parse(source)
    tree.body = [
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in wanted
    ]
    names: dict[str, Any] = {'torch': torch}
    exec(compile(tree, 'inference.py', 'exec'), names)  # noqa: S102
    return names


class Rounds:
    """Their `process_past_kv` on our ids.

    Args:
        root: of their repository.
        functions: of their module.
        tokens: ids of what it looks for.
        kept: how many of the first and of the last words of steps that have left stay.
    """

    def __init__(
        self,
        root: Path,
        functions: dict[str, Any],
        tokens: dict[str, list[int]],
        kept: tuple[int, int],
    ) -> None:
        source = (root / 'streaming_vlm/utils/get_qwen_range.py').read_text(encoding='utf-8')
        exec(compile(source, 'get_qwen_range.py', 'exec'), functions)  # noqa: S102
        single = {name: ids[0] for name, ids in tokens.items() if name != 'previous text'}
        functions['TOKEN_IDS'].update(single, **{'previous text': tokens['previous text']})
        self._process = functions['process_past_kv']
        self._begin = len(tokens['assistant']) + 2
        # They count two tokens of a name that is longer here.
        self._first, self._last = kept[0] + len(tokens['previous text']) - 2, kept[1] + 1
        self._end = single['<|im_end|>']
        self._history: list[dict[str, Any]] = [{'role': 'previous text', 'content': ''}]

    def forget(self, number: int, held: Any, cache: Any, ids: Sequence[int]) -> tuple[Any, Any]:
        """What they forget before a step.

        Args:
            number: of the step.
            held: the ids so far; those that have been said and not read lead the next ones.
            cache: their keys and values.
            ids: of the step.
        """
        said = list(ids[: ids.index(self._end) + 1]) if number else []
        whole = torch.cat((held, torch.tensor([said], dtype=torch.int64)), dim=1)
        clips = [None] * (ROUNDS + 1)
        if number:
            cache, whole, *_ = self._process(
                cache, number, ROUNDS, ROUNDS, self._history, whole, self._begin, 2,
                clips, list(clips), self._first, self._last,
            )  # fmt: skip
        text, video = {'type': 'text'}, {'type': 'video'}
        self._history.append({'role': 'user', 'content': [text, video]})
        self._history.append({'role': 'assistant', 'content': ' ...'})
        return whole[:, : whole.shape[1] - len(said)], cache


class TheirSession:
    """Their model and cache.

    Args:
        root: of their repository.
        text: the text part of the model's configuration.
        vision: that of the tower.
        section: how many frequencies each axis has.
        vision_start: id of the token before a frame; `text['vocab_size'] - 1` stands for its own.
        spread: see `eviction_steps.fill`.
    """

    def __init__(
        self,
        root: Path,
        text: dict[str, Any],
        vision: dict[str, Any],
        section: list[int],
        vision_start: int,
        spread: float = 0.25,
    ) -> None:
        sys.path.insert(0, str(root))
        _stubs()
        base = 'streaming_vlm.inference'
        language_forward = import_module(f'{base}.qwen2_5.language_forward')
        model_forward = import_module(f'{base}.qwen2_5.model_forward')
        pos_emb = import_module(f'{base}.qwen2_5.pos_emb')
        from transformers import Qwen2_5_VLConfig
        from transformers import Qwen2_5_VLForConditionalGeneration

        rope = {'type': 'default', 'rope_type': 'default', 'mrope_section': section}
        self._video = text['vocab_size'] - 1
        text = {**text, 'rope_theta': 1e6, 'rope_scaling': rope, 'use_sliding_window': False}
        config = Qwen2_5_VLConfig(
            **text,
            vision_config=vision,
            video_token_id=self._video,
            image_token_id=self._video - 1,
            vision_start_token_id=vision_start,
        )
        self._model = model = fill(Qwen2_5_VLForConditionalGeneration(config), spread)
        vars(language_forward)['_flash_attention_forward'] = _attention
        bind, own = types.MethodType, model.model
        own.forward = bind(model_forward.model_forward, own)
        own.get_rope_index = bind(pos_emb.get_rope_index, own)
        language = own.language_model
        language.forward = bind(language_forward.streaming_language_model_forward, language)
        language._update_causal_mask = lambda *_, **__: None  # noqa: SLF001
        for layer in language.layers:
            layer.forward = bind(language_forward.streaming_text_decoder_layer_forward, layer)
            attention = layer.self_attn
            attention.forward = bind(language_forward.streaming_text_flash_attn_forward, attention)
            attention._flash_attn_uses_top_left_mask = False  # noqa: SLF001
            attention.is_causal = True
        self.cache = import_module(f'{base}.generate.streaming_cache').StreamingCache()
        self._args = import_module(f'{base}.streaming_args').StreamingArgs('shrink')
        self.functions = _functions(root)
        self.held = torch.zeros((1, 0), dtype=torch.int64)

    @torch.no_grad()
    def append(self, tokens: Sequence[int], at: int) -> torch.Tensor:
        """The logits after the tokens of a step, of which those of its frame are -1."""
        ids = torch.tensor([[self._video if token < 0 else token for token in tokens]])
        self.held = torch.cat((self.held, ids), dim=1)
        own = self._model.model
        embeddings = own.language_model.embed_tokens(ids)
        if (ids == self._video).any():
            embeddings[0, ids[0] == self._video] = vision_tokens(at, embeddings.shape[-1])
        self._args.input_ids = self.held
        frames = int((self.held == self._video).sum()) // (GRID[0] * GRID[1])
        self._args.video_grid_thw = torch.tensor([[1, 2 * GRID[0], 2 * GRID[1]]] * frames)
        out = own(
            input_ids=ids, inputs_embeds=embeddings, past_key_values=self.cache, use_cache=True,
            return_dict=True, streaming_args=self._args,
        )  # fmt: skip
        logits: torch.Tensor = self._model.lm_head(out.last_hidden_state[0, -1])
        return logits
