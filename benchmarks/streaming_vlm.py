# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a step costs in our engine and in StreamingVLM's own code, on equal weights and tokens.

    python -m benchmarks.streaming_vlm --python VENV/bin/python --repository FOLDER [--shape 0.2b]

VENV has transformers 4.52.4 and torch, FOLDER a checkout of mit-han-lab/streaming-vlm. Ours runs
here in the dialect `streaming_vlm`, theirs in a process of its own: their forward pass,
`StreamingCache` and `process_past_kv`, with flash attention replaced by torch's own. Both are
given the same vision tokens, and take turns, step by step, from the first frame to the last; a
step is two frames. Processor time of one thread, without the vision pass and what is said.
`python -m benchmarks.dialects_table` writes the table in docs/dialects.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch

from streamo_ros.backbone.published_shapes import SHAPES

ROOT = Path(__file__).parents[1]
DIALECT = 'streaming_vlm'
CAPACITY = 4096
FRAMES = 2
"""Frames of a step."""
NEAR = 12
"""Steps up to a place in the stream whose median stands for it."""
LOGITS = 16


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--python', type=Path, required=True, help='of their environment')
    parser.add_argument('--repository', type=Path, required=True, help='checkout of their code')
    parser.add_argument('--shape', default='tiny', help='of the model; default %(default)s')
    parser.add_argument('--frames', type=int, nargs='+', default=[300, 3600])
    parser.add_argument('--output', type=Path, default=Path(__file__).with_suffix('.json'))
    options = parser.parse_args()
    torch.set_num_threads(1)
    steps = max(options.frames) // FRAMES
    with their_loop(options.python, options.repository) as loop:
        rows = list(both(loop, options.shape, steps))
    found = {str(frames): place(rows, frames) for frames in options.frames}
    print(json.dumps(found, indent=1))
    report = json.loads(options.output.read_text()) if options.output.is_file() else {}
    report[options.shape] = found
    options.output.write_text(json.dumps(report, indent=1) + '\n')


@contextmanager
def their_loop(python: Path, repository: Path) -> Iterator[subprocess.Popen[str]]:
    """Their process."""
    command = [str(python), str(ROOT / 'dev' / 'streaming_vlm_loop.py'), str(repository)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        yield process
        assert process.stdin
        process.stdin.close()


def both(loop: subprocess.Popen[str], shape: str, steps: int) -> Iterator[dict[str, float]]:
    """Both times of each step, the tokens that it appends, and how far the logits differ."""
    dev: Any = import_module('dev.eviction_steps')
    config = SHAPES[shape][2]()
    text = config.text_config
    # As large as the sums of products stay with weights of 0.25 at the width of the records.
    spread = 2 / text.hidden_size**0.5
    backbone = dev.backbone_of(config, DIALECT, CAPACITY, spread)
    past = backbone.prompt.dialect.past
    tell(
        loop,
        {
            'text': {name: getattr(text, name) for name in dev.TEXT},
            'vision': {name: getattr(config.vision_config, name) for name in dev.VISION},
            'section': text.rope_parameters['mrope_section'],
            'vision_start': backbone.prompt.tokenizer.control('<|vision_start|>')[0],
            'spread': spread,
            'tokens': dev.their_tokens(backbone),
            'kept': (past.first, past.last),
        },
    )
    for step in dev.run_steps(backbone, DIALECT, steps, text.hidden_size):
        theirs = ask(loop, {'ids': step['ids'], 'reply': step['reply'], 'logits': LOGITS})
        yield {
            'ours': step['ms'],
            'theirs': theirs['ms'],
            'difference': largest(step['logits'], theirs['logits']),
        }


def tell(loop: subprocess.Popen[str], line: Any) -> None:
    """Write a line to their process."""
    assert loop.stdin
    loop.stdin.write(json.dumps(line) + '\n')
    loop.stdin.flush()


def ask(loop: subprocess.Popen[str], line: Any) -> Any:
    """Write a line to their process, and read its answer."""
    tell(loop, line)
    assert loop.stdout
    return json.loads(loop.stdout.readline())


def largest(found: Sequence[float], other: Sequence[float]) -> float:
    """The largest difference of two rows of logits."""
    return float(np.abs(np.subtract(found, other)).max())


def place(rows: Sequence[dict[str, float]], frames: int) -> dict[str, float]:
    """The figures of the last steps up to a frame."""
    last = rows[: frames // FRAMES][-NEAR:]
    return {
        'ours_ms': round(float(np.median([row['ours'] for row in last])), 2),
        'theirs_ms': round(float(np.median([row['theirs'] for row in last])), 2),
        'ratio': round(float(np.median([row['theirs'] / row['ours'] for row in last])), 2),
        'logit_difference': max(row['difference'] for row in rows[: frames // FRAMES]),
    }


if __name__ == '__main__':
    main()
