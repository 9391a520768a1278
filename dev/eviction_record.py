# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Records what StreamingVLM's own cache and forward pass say after evictions.

    python dev/eviction_record.py steps OUT.json [DIALECT]           # here
    python dev/eviction_record.py logits OUT.json STREAMING_VLM      # with transformers 4.52.4

The first command runs one of our dialogues, with the policy `window` or in the dialect
`streaming_vlm`, and notes what it appends and forgets at each step. The second one, in an
environment of theirs, feeds that to their code in a folder of their repository and adds their
logits; in `streaming_vlm` what is forgotten, and moved, is what their `process_past_kv` forgets.
Weights and vision tokens are random numbers that both sides make from seeds, so that the record
holds no weights. Their code is not kept.
"""

from __future__ import annotations

import ast
import json
import sys
import tempfile
import types
import zlib
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray

SEED, STEPS, GRID, FRAMES = 20261127, 48, (3, 4), 16
STREAMO, THEIRS = 'streamo', 'streaming_vlm'
FIRST, LAST = 12, 11
"""How many words of steps that have left stay, in `THEIRS`: few, so that some leave."""
ROUNDS = 16
NO_IMAGE = np.zeros((1, 1, 3), np.uint8)
VIDEO_TOKEN, LOGITS = 1023, 16
REPOSITORY = 'mit-han-lab/streaming-vlm'
COMMIT = 'a940d8cbfa14eefe651b7f4adeb81825c28cc6c6'
TEXT: dict[str, Any] = {
    'hidden_size': 64,
    'num_hidden_layers': 3,
    'num_attention_heads': 4,
    'num_key_value_heads': 2,
    'intermediate_size': 96,
    'vocab_size': 1024,
    'max_position_embeddings': 8192,
    'rms_norm_eps': 1e-6,
    'tie_word_embeddings': False,
    'bos_token_id': None,
    'eos_token_id': None,
}
VISION: dict[str, Any] = {
    'depth': 1,
    'hidden_size': 32,
    'num_heads': 2,
    'intermediate_size': 32,
    'window_size': 112,
    'fullatt_block_indexes': [0],
    'out_hidden_size': 64,
}
SECTION = [2, 3, 3]


def noise(name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Normal random numbers that depend on a name alone; NumPy keeps this generator as it is."""
    generator = np.random.RandomState(SEED ^ zlib.crc32(name.encode()))
    return generator.standard_normal(shape).astype(np.float32)


def fill(model: Any) -> Any:
    """Give a model's text part its weights."""
    for name, weight in model.named_parameters():
        if name.startswith(('model.language_model.', 'lm_head.')):
            numbers = noise(name, tuple(weight.shape))
            scaled = 1 + numbers / 10 if 'norm' in name else numbers / 4
            weight.data = torch.from_numpy(scaled.astype(np.float32))
    return model.eval().requires_grad_(False)


def vision_tokens(step: int) -> torch.Tensor:
    """The vision tokens of a frame, (tokens, hidden)."""
    return torch.from_numpy(noise(f'frame {step}', (GRID[0] * GRID[1], TEXT['hidden_size'])))


def our_backbone(dialect: str = STREAMO) -> Any:
    """The model in our engine."""
    from transformers import Qwen2_5_VLForConditionalGeneration

    from streamo_ros.backbone.options import Options
    from streamo_ros.backbone.random_weights import random_backbone
    from streamo_ros.backbone.shape_configs import qwen2_5

    config, kind = qwen2_5(TEXT, VISION, SECTION), cast('Any', Qwen2_5_VLForConditionalGeneration)
    model = kind._from_config(config, dtype=torch.float32)  # noqa: SLF001
    with tempfile.TemporaryDirectory() as folder:
        file = dialect if dialect == STREAMO else forgetful(dialect, Path(folder))
        options = Options('cpu', 'float32', dialect=file, lanes=1, capacity=2048)
        return random_backbone('tiny', options, fill(model))


def forgetful(dialect: str, folder: Path) -> str:
    """The file of a dialect that keeps few of the words of steps that have left."""
    content = (Path(__file__).parents[1] / 'config' / 'dialects' / f'{dialect}.yaml').read_text()
    file = folder / f'{dialect}.yaml'
    file.write_text(
        content.replace('first: 512', f'first: {FIRST}').replace('last: 511', f'last: {LAST}')
    )
    return str(file)


@torch.inference_mode()
def our_steps(dialect: str = STREAMO) -> list[dict[str, Any]]:
    """What each step forgets and appends, and our logits after it."""
    from streamo_ros.backbone.vision import EncodedVision
    from streamo_ros.config.settings import context_policy
    from streamo_ros.core.context_limits import ContextLimits
    from streamo_ros.core.dialogue import Dialogue
    from streamo_ros.core.frame import SECOND
    from streamo_ros.core.frame import Tick
    from streamo_ros.core.protocol import State
    from streamo_ros.core.unpaired_frame import UnpairedFrame

    backbone, kept = our_backbone(dialect), []
    evict = backbone.evict

    def noted(slot: int, keep: Any) -> None:
        kept.extend([list(part) for part in keep])
        evict(slot, keep)

    backbone.evict = noted
    policy, frames = context_policy('auto', backbone.info), backbone.prompt.dialect.window.frames
    limits = ContextLimits(max_frames=frames or FRAMES, max_new_tokens=8)
    lane = Dialogue(backbone, policy, 'Tell me when the kettle boils.', limits)
    steps = []
    for at in range(STEPS):
        tick = Tick(at * SECOND, Fraction(at), Fraction(at + 1), at, 1)
        vision: Any = EncodedVision(vision_tokens(at), (), GRID)
        for number in range(1, backbone.prompt.dialect.frames):
            half = Fraction(number, backbone.prompt.dialect.frames)
            pending = UnpairedFrame(NO_IMAGE, GRID, lambda *_, vision=vision: vision)
            lane.gather(replace(tick, end=at + half), pending)
            tick, vision = replace(tick, start=at + half), pending
        request = lane.request(tick, lane.gather(tick, vision) or vision)
        read = backbone._runner.tokens  # noqa: SLF001
        logits = backbone._run(backbone._batch([request]), read)[1][0]  # noqa: SLF001
        ids = [
            token
            for piece in request.pieces
            for token in (piece if isinstance(piece, tuple) else [-1] * piece.tokens)
        ]
        steps.append({'keep': list(kept), 'ids': ids, 'logits': logits[:LOGITS].tolist()})
        kept.clear()
        if dialect == STREAMO:
            lane.commit(State.STANDBY if at % 5 == 3 else State.SILENCE)
        else:
            steps[-1]['reply'] = comment(lane, backbone, at)
    return steps


def comment(lane: Any, backbone: Any, step: int) -> list[int]:
    """What a commentator says in a step, and in every third one nothing; the tokens appended."""
    from streamo_ros.core.protocol import State

    if step % 3 == 1:
        lane.commit(State.SILENCE)
        return []
    prompt = backbone.prompt
    lane.commit(State.RESPONSE)
    words = list(prompt.tokenizer.plain(f' it boils {step}'))
    for token in (*words, *prompt.ending):
        backbone.prefill(lane.decode_request())
        lane.on_tokens((token,))
    lane.finish()
    return words


def write_steps(file: Path, dialect: str = STREAMO) -> None:
    """The record without logits."""
    backbone = our_backbone(dialect)
    control = backbone.prompt.tokenizer.control
    forgets, kept = {
        STREAMO: ('prune_id_and_kv_cache', 'Ids and what is kept are those of our policy window'),
        THEIRS: (
            'process_past_kv (16 rounds, few words kept)',
            f'Ids are those of our dialect {THEIRS}; what is kept, and moved, is theirs',
        ),
    }[dialect]
    record: dict[str, Any] = {
        'provenance': {
            'repository': REPOSITORY,
            'commit': COMMIT,
            'how': (
                f'model_forward, the text forward, StreamingCache and {forgets} of '
                'streaming_vlm/inference, position mode shrink, transformers 4.52.4, float32 on a '
                'CPU; flash attention replaced with scaled_dot_product_attention. '
                f'{kept}; -1 is a vision token.'
            ),
            'command': 'dev/eviction_record.py',
        },
        'vision_start': control('<|vision_start|>')[0],
        'steps': [{**step, 'logits': []} for step in our_steps(dialect)],
    }
    if dialect == THEIRS:
        names = '<|im_start|>', '<|im_end|>', 'user', 'assistant', 'previous text', '\n', ' ...'
        record['tokens'] = {name: list(control(name)) for name in names}
    file.write_text(json.dumps(record) + '\n', encoding='utf-8')


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


def main() -> None:
    """Run one of the two commands."""
    verb, file, *rest = sys.argv[1:]
    if verb == 'steps':
        write_steps(Path(file), *rest)
    else:
        write_logits(Path(file), Path(*rest))


if __name__ == '__main__':
    main()
