# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The row of vLLM, where it is installed: its language model alone, in a process of its own.

vLLM appends a turn to a prefix that it has cached and gives the next token. Frames are ids here,
as many as vision tokens, so no vision pass is in its time; the engine's `extend_ms` is what it
compares with. Knows how a shape is written down for vLLM; `vllm_child` drives it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamo_ros.core.interface import Piece
from streamo_ros.core.interface import piece_tokens
from streamo_ros.core.interface import Sighting
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.files import write_text
from streamo_ros.tools.gpu.dialogue import BenchDialogue
from streamo_ros.tools.gpu.machine import ROOT
from streamo_ros.tools.gpu.machine import version_of
from streamo_ros.tools.gpu.plan import Job
from streamo_ros.tools.gpu.rig import Rig
from streamo_ros.tools.gpu.rig import SkippedError

LIMIT = 150
"""Seconds for everything; vLLM alone takes most of a minute to start."""
NOTE = 'language model alone, eager'
_KEPT = (
    'hidden_size', 'num_hidden_layers', 'num_attention_heads', 'num_key_value_heads',
    'intermediate_size', 'vocab_size', 'max_position_embeddings', 'rms_norm_eps', 'hidden_act',
)  # fmt: skip


@dataclass(frozen=True)
class _Frame:
    """A frame of which only its size counts."""

    tokens: int
    grid: tuple[int, int]
    sightings: tuple[Sighting, ...] = ()
    vector: None = None


def measure(rig: Rig, job: Job) -> dict[str, Any]:
    """One row: a turn appended behind a cached prefix, and tokens after it.

    Raises:
        SkippedError: vLLM is not installed.
        RuntimeError: it failed; says how.
    """
    if not version_of('vllm'):
        raise SkippedError('vLLM is not installed')
    rig.free()
    held, new = sizes(job)
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / 'config.json'
        write_text(config, json.dumps(twin(job.shape, rig.dtype)))
        asked = {
            'model': folder, 'held': held, 'new': new, 'warm': rig.effort.warm,
            'repeats': rig.effort.repeats, 'steps': rig.effort.steps,
        }  # fmt: skip
        figures = _drive(asked)
    return figures | {
        'context_tokens': held + new, 'new_tokens': new, 'note': NOTE,
        'vllm': version_of('vllm'), 'how': 'wall of LLM.generate with ids, prefix cached, dummy '
        'weights; tokens from the difference of a long and a short answer',
    }  # fmt: skip


def sizes(job: Job) -> tuple[int, int]:
    """Tokens in front of the measured turn, and of it: those of the engine's row."""
    from streamo_ros.backbone.family import find_family
    from streamo_ros.backbone.published_shapes import SHAPES
    from streamo_ros.backbone.random_weights import plain_tokenizer

    architecture, processor, configure = SHAPES[job.shape]
    family = find_family(architecture)
    width, height = job.view.camera
    grid = family.grid(configure(), processor, height, width, job.view.max_pixels)
    frame = _Frame(grid.tokens, (grid.rows, grid.columns))
    dialogue = BenchDialogue(PromptTokens(plain_tokenizer(), family.chat))
    dialogue.append(dialogue.until(job.context, [frame]))
    turn: tuple[Piece, ...] = dialogue.turn(frame)
    return dialogue.tokens, sum(map(piece_tokens, turn))


def twin(shape: str, dtype: str) -> dict[str, Any]:
    """The configuration of a text model with the matrices of a shape's own."""
    from streamo_ros.backbone.published_shapes import SHAPES

    architecture, _, configure = SHAPES[shape]
    config = configure()
    text = config.text_config
    kind = 'Qwen3' if architecture.startswith('Qwen3') else 'Qwen2'
    head_dim = getattr(text, 'head_dim', None) or text.hidden_size // text.num_attention_heads
    return {
        'architectures': [f'{kind}ForCausalLM'], 'model_type': kind.lower(), 'dtype': dtype,
        'torch_dtype': dtype, 'head_dim': head_dim, 'rope_theta': 1e6, 'attention_bias': False,
        'tie_word_embeddings': config.tie_word_embeddings,
        **{name: getattr(text, name) for name in _KEPT},
    }  # fmt: skip


def _drive(asked: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, '-m', 'streamo_ros.tools.gpu.vllm_child', json.dumps(asked)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=LIMIT, cwd=ROOT
        )
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f'vLLM took longer than {LIMIT} s') from error
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        said = (done.stderr or done.stdout).strip().splitlines() or ['it said nothing']
        raise RuntimeError(f'vLLM ended with {done.returncode}: {said[-1]}')
    figures: dict[str, Any] = json.loads(lines[-1])
    return figures
