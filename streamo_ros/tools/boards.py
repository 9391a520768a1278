# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the tables of what fits on a board into docs/jetson.md and docs/models.md.

    .venv/bin/python -m streamo_ros.tools.boards docs

The figures are those of the memory plan that the node is configured by (`backbone.plan`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path

from streamo_ros.backbone.board_plan import EIGHT_BITS
from streamo_ros.backbone.board_plan import fitting_lanes
from streamo_ros.backbone.board_plan import GIB
from streamo_ros.backbone.board_plan import published
from streamo_ros.backbone.board_plan import published_plan
from streamo_ros.backbone.options import Options
from streamo_ros.core.instruction import DEFAULT_INSTRUCTIONS
from streamo_ros.files import write_text
from streamo_ros.program import run_program
from streamo_ros.tools.page_part import replace_part

BOARDS = (8, 16, 32, 64)
"""GiB of memory."""
JETSON = {
    'InternVL3-1B': 'internvl3-1b',
    'InternVL3-2B': 'internvl3-2b',
    'Qwen3-VL-2B': 'qwen3-vl-2b',
    'Qwen2.5-VL-3B': 'qwen2.5-vl-3b',
    'Qwen3-VL-4B': 'qwen3-vl-4b',
    'Qwen2.5-VL-7B': 'qwen2.5-vl-7b',
    'Qwen3-VL-8B': 'qwen3-vl-8b',
}
FOUR_BITS = {
    f'{title}, 4 bits': JETSON[title]
    for title in ('Qwen2.5-VL-3B', 'Qwen3-VL-4B', 'Qwen2.5-VL-7B', 'Qwen3-VL-8B')
}
"""The same with AWQ or W4A16 weights."""
MODELS = {
    'SmolVLM2-256M': 'smolvlm2-256m',
    'SmolVLM2-500M': 'smolvlm2-500m',
    'LLaVA-OneVision-0.5B': 'llava-onevision-0.5b',
    'InternVL3-1B': 'internvl3-1b',
    'InternVL3.5-1B': 'internvl3.5-1b',
    'InternVL3-2B': 'internvl3-2b',
    'Qwen3-VL-2B, Cosmos-Reason2-2B': 'qwen3-vl-2b',
    'Qwen2-VL-2B': 'qwen2-vl-2b',
    'SmolVLM2-2.2B': 'smolvlm2-2.2b',
    'InternVL3.5-2B': 'internvl3.5-2b',
    'Qwen2.5-VL-3B': 'qwen2.5-vl-3b',
    'Qwen3-VL-4B': 'qwen3-vl-4b',
    'InternVL3.5-4B': 'internvl3.5-4b',
    'Gemma-4-E2B': 'gemma-4-e2b',
    'Gemma-4-E4B': 'gemma-4-e4b',
    'LLaVA-OneVision-7B': 'llava-onevision-7b',
    'Qwen2-VL-7B, LiveCC-7B': 'qwen2-vl-7b',
    'Qwen2.5-VL-7B, Cosmos-Reason1-7B': 'qwen2.5-vl-7b',
    'InternVL3.5-8B': 'internvl3.5-8b',
    'Qwen3-VL-8B, Cosmos-Reason2-8B': 'qwen3-vl-8b',
}


def jetson_table() -> str:
    """What fits with the parameters' defaults: 120 frames an instruction."""
    options = Options(lanes=DEFAULT_INSTRUCTIONS)
    rows = [_row(title, name, options) for title, name in JETSON.items()]
    return _table(
        [*rows, *(_row(title, name, options, True) for title, name in FOUR_BITS.items())]
    )


def models_table() -> str:
    """The same with `context.max_frames: 60`."""
    options = Options(lanes=DEFAULT_INSTRUCTIONS, frames=60)
    return _table([_row(title, name, options) for title, name in MODELS.items()])


def _table(rows: Sequence[str]) -> str:
    heads = [
        *('checkpoint', 'weights', 'of which vision', 'tokens', 'one window', 'for passes'),
        *(f'{size} GB' for size in BOARDS),
    ]
    return '\n'.join([f'| {" | ".join(heads)} |', f'|{"---|" * len(heads)}', *rows])


def _row(title: str, name: str, options: Options, four_bit: bool = False) -> str:
    plan = published_plan(name, options, four_bit=four_bit)
    vision = published(name).vision * plan.dtype.itemsize
    cells = (
        title,
        f'{plan.weights / GIB:.1f} GiB',
        f'{vision / GIB:.1f} GiB',
        f'{plan.window.capacity:,}',
        f'{plan.window_bytes / DEFAULT_INSTRUCTIONS / GIB:.2f} GiB',
        f'{plan.workspace / GIB:.1f} GiB',
        *(_fits(name, options, size * GIB, four_bit) for size in BOARDS),
    )
    return f'| {" | ".join(cells)} |'


def _fits(name: str, options: Options, memory: int, four_bit: bool = False) -> str:
    """Instructions that fit; in brackets with `context.dtype: int8`, where that makes more."""
    lanes = fitting_lanes(name, options, memory, four_bit=four_bit)
    more = fitting_lanes(name, options, memory, EIGHT_BITS, four_bit=four_bit)
    return f'{lanes or "no"} ({more})' if more > lanes else str(lanes or 'no')


PAGES: dict[str, Callable[[], str]] = {'jetson.md': jetson_table, 'models.md': models_table}


def main(argv: Sequence[str] | None = None) -> int:
    """Renew the tables of the pages in the folder given."""
    (folder,) = sys.argv[1:] if argv is None else argv
    for name, table in PAGES.items():
        page = Path(folder, name)
        write_text(page, replace_part(page.read_text(encoding='utf-8'), 'boards', table()))
    return 0


if __name__ == '__main__':
    sys.exit(run_program('boards', main))
