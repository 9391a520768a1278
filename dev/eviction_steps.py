# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs one of our dialogues with evictions, and notes what it appends and forgets at each step.

    python dev/eviction_steps.py OUT.json [DIALECT]

It has the policy `window` or the dialect `streaming_vlm`. `dev/eviction_record.py` adds the logits
of StreamingVLM's own code. Weights and vision tokens are random numbers that both sides make from
seeds, so that the record holds no weights.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
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


def fill(model: Any, spread: float = 0.25) -> Any:
    """Give a model's text part its weights, of this standard deviation."""
    for name, weight in model.named_parameters():
        if name.startswith(('model.language_model.', 'lm_head.')):
            numbers = noise(name, tuple(weight.shape))
            scaled = 1 + numbers / 10 if 'norm' in name else numbers * spread
            weight.data = torch.from_numpy(scaled.astype(np.float32))
    return model.eval().requires_grad_(False)


def vision_tokens(step: int, width: int = TEXT['hidden_size']) -> torch.Tensor:
    """The vision tokens of a frame, (tokens, width)."""
    return torch.from_numpy(noise(f'frame {step}', (GRID[0] * GRID[1], width)))


def our_backbone(dialect: str = STREAMO) -> Any:
    """The model in our engine; in `THEIRS` it keeps few words."""
    from streamo_ros.backbone.shape_configs import qwen2_5

    with tempfile.TemporaryDirectory() as folder:
        file = dialect if dialect == STREAMO else forgetful(dialect, Path(folder))
        return backbone_of(qwen2_5(TEXT, VISION, SECTION), file, 2048)


def backbone_of(config: Any, dialect: str, capacity: int, spread: float = 0.25) -> Any:
    """A model with the weights of `fill` in our engine.

    Args:
        config: of the model.
        dialect: its name, or its file.
        capacity: tokens of the window.
        spread: see `fill`.
    """
    from transformers import Qwen2_5_VLForConditionalGeneration

    from streamo_ros.backbone.options import Options
    from streamo_ros.backbone.random_weights import random_backbone

    kind = cast('Any', Qwen2_5_VLForConditionalGeneration)
    model = kind._from_config(config, dtype=torch.float32)  # noqa: SLF001
    options = Options('cpu', 'float32', dialect=dialect, lanes=1, capacity=capacity)
    return random_backbone('tiny', options, fill(model, spread))


def forgetful(dialect: str, folder: Path) -> str:
    """The file of a dialect that keeps few of the words of steps that have left."""
    content = (Path(__file__).parents[1] / 'config' / 'dialects' / f'{dialect}.yaml').read_text()
    file = folder / f'{dialect}.yaml'
    file.write_text(
        content.replace('first: 512', f'first: {FIRST}').replace('last: 511', f'last: {LAST}')
    )
    return str(file)


def our_steps(dialect: str = STREAMO) -> list[dict[str, Any]]:
    """What each step forgets and appends, and our logits after it."""
    found = run_steps(our_backbone(dialect), dialect, STEPS)
    return [{name: value for name, value in step.items() if name != 'ms'} for step in found]


def run_steps(
    backbone: Any, dialect: str, count: int, width: int = TEXT['hidden_size']
) -> Iterator[dict[str, Any]]:
    """The steps of a dialogue, one after the other.

    Args:
        backbone: the model.
        dialect: `STREAMO` or `THEIRS`.
        count: number of steps.
        width: of the model.

    Yields:
        keep (what stays), ids (what is appended), logits after it, ms (processor time of both),
        and in `THEIRS` reply (what is said).
    """
    from streamo_ros.backbone.vision import EncodedVision
    from streamo_ros.config.settings import context_policy
    from streamo_ros.core.context_limits import ContextLimits
    from streamo_ros.core.dialogue import Dialogue
    from streamo_ros.core.frame import SECOND
    from streamo_ros.core.frame import Tick
    from streamo_ros.core.protocol import State
    from streamo_ros.core.unpaired_frame import UnpairedFrame

    kept: list[list[int]] = []
    evict = backbone.evict

    def noted(slot: int, keep: Any) -> None:
        kept.extend([list(part) for part in keep])
        evict(slot, keep)

    backbone.evict = noted
    policy, frames = context_policy('auto', backbone.info), backbone.prompt.dialect.window.frames
    limits = ContextLimits(max_frames=frames or FRAMES, max_new_tokens=8)
    lane = Dialogue(backbone, policy, 'Tell me when the kettle boils.', limits)
    for at in range(count):
        tick = Tick(at * SECOND, Fraction(at), Fraction(at + 1), at, 1)
        vision: Any = EncodedVision(vision_tokens(at, width), (), GRID)
        for number in range(1, backbone.prompt.dialect.frames):
            half = Fraction(number, backbone.prompt.dialect.frames)
            pending = UnpairedFrame(NO_IMAGE, GRID, lambda *_, vision=vision: vision)
            lane.gather(replace(tick, end=at + half), pending)
            tick, vision = replace(tick, start=at + half), pending
        began = time.process_time()
        request = lane.request(tick, lane.gather(tick, vision) or vision)
        read = backbone._runner.tokens  # noqa: SLF001
        with torch.inference_mode():
            logits = backbone._run(backbone._batch([request]), read)[1][0]  # noqa: SLF001
        taken = 1e3 * (time.process_time() - began)
        ids = [
            token
            for piece in request.pieces
            for token in (piece if isinstance(piece, tuple) else [-1] * piece.tokens)
        ]
        step = {'keep': list(kept), 'ids': ids, 'logits': logits[:LOGITS].tolist(), 'ms': taken}
        kept.clear()
        if dialect == STREAMO:
            lane.commit(State.STANDBY if at % 5 == 3 else State.SILENCE)
        else:
            step['reply'] = comment(lane, backbone, at)
        yield step


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
        record['tokens'] = their_tokens(backbone)
    file.write_text(json.dumps(record) + '\n', encoding='utf-8')


def their_tokens(backbone: Any) -> dict[str, list[int]]:
    """The ids of what their `process_past_kv` looks for."""
    names = '<|im_start|>', '<|im_end|>', 'user', 'assistant', 'previous text', '\n', ' ...'
    return {name: list(backbone.prompt.tokenizer.control(name)) for name in names}


if __name__ == '__main__':
    write_steps(Path(sys.argv[1]), *sys.argv[2:])
