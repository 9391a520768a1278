# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Drives vLLM in a process whose end gives the memory back; prints one line of JSON."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any


def drive(asked: dict[str, Any]) -> dict[str, float]:
    """Measure.

    Args:
        asked: 'model', a folder with a configuration; tokens 'held' in front of a turn and 'new'
            ones of it; 'warm' turns that are not counted, 'repeats' that are; 'steps' of an
            answer.
    """
    from vllm import LLM
    from vllm import SamplingParams

    model = LLM(
        model=asked['model'], load_format='dummy', skip_tokenizer_init=True, enforce_eager=True,
        enable_prefix_caching=True, max_num_seqs=1, gpu_memory_utilization=0.8,
        max_model_len=asked['held'] + asked['new'] + asked['steps'] + 16,
    )  # fmt: skip
    draw = random.Random(0)
    past = _ids(draw, asked['held'])

    def answer(tokens: int) -> Callable[[], float]:
        rule = SamplingParams(
            max_tokens=tokens, temperature=0.0, ignore_eos=True, detokenize=False
        )

        def run() -> float:
            # A turn that vLLM has not seen: else it would find that cached as well.
            prompt = {'prompt_token_ids': past + _ids(draw, asked['new'])}
            began = time.perf_counter()
            model.generate(prompt, rule, use_tqdm=False)
            return time.perf_counter() - began

        return run

    short, long = (
        median([call() for _ in range(asked['warm'] + asked['repeats'])][asked['warm'] :])
        for call in (answer(1), answer(1 + asked['steps']))
    )
    step = (long - short) / asked['steps']
    return {'extend_ms': 1e3 * short, 'token_ms': 1e3 * step, 'tokens_per_s': 1 / step}


def _ids(draw: random.Random, tokens: int) -> list[int]:
    return [draw.randrange(100, 900) for _ in range(tokens)]


if __name__ == '__main__':
    print(json.dumps(drive(json.loads(sys.argv[1]))), flush=True)
