# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Adds to a record what StreamingVLM's own cache and forward pass say after evictions.

    python dev/eviction_record.py OUT.json STREAMING_VLM      # with transformers 4.52.4

Runs in an environment of theirs. What `dev/eviction_steps.py` noted is fed to their code in a
folder of their repository; in the dialect `streaming_vlm` what is forgotten, and moved, is what
their `process_past_kv` forgets. Their code is not kept.
"""

from __future__ import annotations

import ast
import json
import sys
import types
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from eviction_steps import fill
from eviction_steps import FIRST
from eviction_steps import GRID
from eviction_steps import LAST
from eviction_steps import LOGITS
from eviction_steps import ROUNDS
from eviction_steps import SECTION
from eviction_steps import TEXT
from eviction_steps import VIDEO_TOKEN
from eviction_steps import VISION
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


class _Rounds:
    """Their `process_past_kv` on our ids.

    Args:
        root: of their repository.
        functions: of their module.
        tokens: ids of what it looks for.
    """

    def __init__(
        self, root: Path, functions: dict[str, Any], tokens: dict[str, list[int]]
    ) -> None:
        source = (root / 'streaming_vlm/utils/get_qwen_range.py').read_text(encoding='utf-8')
        exec(compile(source, 'get_qwen_range.py', 'exec'), functions)  # noqa: S102
        single = {name: ids[0] for name, ids in tokens.items() if name != 'previous text'}
        functions['TOKEN_IDS'].update(single, **{'previous text': tokens['previous text']})
        self._process = functions['process_past_kv']
        self._begin = len(tokens['assistant']) + 2
        # They count two tokens of a name that is longer here.
        self._first = FIRST + len(tokens['previous text']) - 2
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
                clips, list(clips), self._first, LAST + 1,
            )  # fmt: skip
        text, video = {'type': 'text'}, {'type': 'video'}
        self._history.append({'role': 'user', 'content': [text, video]})
        self._history.append({'role': 'assistant', 'content': ' ...'})
        return whole[:, : whole.shape[1] - len(said)], cache


@torch.no_grad()
def write_logits(file: Path, root: Path) -> None:
    """Add their logits to a record."""
    sys.path.insert(0, str(root))
    _stubs()
    base = 'streaming_vlm.inference'
    language_forward = import_module(f'{base}.qwen2_5.language_forward')
    model_forward = import_module(f'{base}.qwen2_5.model_forward')
    pos_emb = import_module(f'{base}.qwen2_5.pos_emb')
    from transformers import Qwen2_5_VLConfig
    from transformers import Qwen2_5_VLForConditionalGeneration

    record = json.loads(file.read_text(encoding='utf-8'))
    rope = {'type': 'default', 'rope_type': 'default', 'mrope_section': SECTION}
    text: dict[str, Any] = {
        **TEXT,
        'rope_theta': 1e6,
        'rope_scaling': rope,
        'use_sliding_window': False,
    }
    config = Qwen2_5_VLConfig(
        **text,
        vision_config=VISION,
        video_token_id=VIDEO_TOKEN,
        image_token_id=VIDEO_TOKEN - 1,
        vision_start_token_id=record['vision_start'],
    )
    model = fill(Qwen2_5_VLForConditionalGeneration(config))
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
    cache = import_module(f'{base}.generate.streaming_cache').StreamingCache()
    args = import_module(f'{base}.streaming_args').StreamingArgs('shrink')
    functions = _functions(root)
    rounds = _Rounds(root, functions, record['tokens']) if 'tokens' in record else None
    held = torch.zeros((1, 0), dtype=torch.int64)

    def append(tokens: list[int], at: int) -> Any:
        """The logits after these tokens, of which those of a frame are -1."""
        nonlocal held
        ids = torch.tensor([[VIDEO_TOKEN if token < 0 else token for token in tokens]])
        held = torch.cat((held, ids), dim=1)
        embeddings = language.embed_tokens(ids)
        if (ids == VIDEO_TOKEN).any():
            embeddings[0, ids[0] == VIDEO_TOKEN] = vision_tokens(at)
        args.input_ids = held
        frames = int((held == VIDEO_TOKEN).sum()) // (GRID[0] * GRID[1])
        args.video_grid_thw = torch.tensor([[1, 2 * GRID[0], 2 * GRID[1]]] * frames)
        out = own(
            input_ids=ids, inputs_embeds=embeddings, past_key_values=cache, use_cache=True,
            return_dict=True, streaming_args=args,
        )  # fmt: skip
        return model.lm_head(out.last_hidden_state[0, -1])[:LOGITS]

    for at, step in enumerate(record['steps']):
        if rounds is None:
            prune = functions['prune_id_and_kv_cache']
            held, cache = _forget(prune, held, cache, step['keep'])
        else:
            held, cache = rounds.forget(at, held, cache, step['ids'])
        step['logits'] = [round(float(logit), 6) for logit in append(step['ids'], at)]
        if step.get('reply'):
            append(step['reply'], at)
        if rounds is not None:
            step['length'] = held.shape[1]
    file.write_text(json.dumps(record) + '\n', encoding='utf-8')


def _forget(prune: Any, held: Any, cache: Any, keep: list[list[int]]) -> tuple[Any, Any]:
    """Prune what is not in the ranges, from the end on."""
    if not keep:
        return held, cache
    edge = held.shape[1]
    for start, stop in reversed(keep):
        if stop < edge:
            held, cache = prune(held, cache, stop, edge - 1)
        edge = start
    return held, cache


if __name__ == '__main__':
    write_logits(Path(sys.argv[1]), Path(sys.argv[2]))
