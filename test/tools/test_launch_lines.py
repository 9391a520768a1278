# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The lines that start published checkpoints are lines that the node takes."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from streamo_ros.backbone.board_plan import published
from streamo_ros.backbone.dialects import find_dialect
from streamo_ros.backbone.dialects import read_dialect
from streamo_ros.backbone.family import find_family
from streamo_ros.backbone.plan import FrameSizes
from streamo_ros.backbone.published_shapes import SHAPES
from streamo_ros.config.parameters import check_change
from streamo_ros.config.params_file import read_parameters
from streamo_ros.share import share_path
from streamo_ros.tools import boards
from streamo_ros.tools.launch_lines import lines
from streamo_ros.tools.launch_lines import RELEASED
from streamo_ros.tools.launch_lines import Released
from streamo_ros.tools.page_part import replace_part

PAGE = Path(__file__).parents[2] / 'docs' / 'models.md'
each_released = pytest.mark.parametrize(
    'released', RELEASED, ids=[released.title for released in RELEASED]
)


def parameters(released: Released) -> dict[str, object]:
    """What the node would read off the line, as it is written."""
    words = shlex.split(released.command.replace('$(ros2 pkg prefix streamo_ros)', 'PREFIX'))
    assert words[:5] == ['ros2', 'run', 'streamo_ros', 'streamo_node', '--ros-args']
    values: dict[str, object] = {}
    for flag, word in zip(words[5::2], words[6::2], strict=True):
        if flag == '--params-file':
            path = word.removeprefix('PREFIX/share/streamo_ros/')
            values |= read_parameters(share_path(*path.split('/')))
        elif flag == '-p':
            name, _, value = word.partition(':=')
            values[name] = int(value) if value.isdecimal() else value
        else:
            assert (flag, word.partition(':=')[0]) == ('-r', 'image')
    return values


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text(encoding='utf-8')
    assert replace_part(page, 'launch', lines()) == page, (
        'run: .venv/bin/python -m streamo_ros.tools.launch_lines docs'
    )


@each_released
def test_the_node_takes_every_parameter_of_the_line(released: Released) -> None:
    values = check_change(parameters(released), unconfigured=True)
    assert values['model.path'] == f'/models/{released.repository.split("/")[1]}'
    dialect = read_dialect(str(values.get('model.dialect') or released.dialect))
    assert dialect.name == released.dialect


def tile_of(config: Any) -> int:
    """The area of the one tile that a tower was trained on; 0 = it takes any area."""
    side = getattr(config.vision_config, 'image_size', 0)
    height, width = side if isinstance(side, list | tuple) else (side, side)
    return int(height) * int(width)


@each_released
def test_its_frames_can_be_seen_in_its_dialect(released: Released) -> None:
    values = parameters(released)
    dialect = read_dialect(released.dialect)
    architecture, processor, _ = SHAPES[released.shape]
    config, family = published(released.shape).config, find_family(architecture)
    pixels = int(str(values.get('model.max_pixels') or dialect.max_pixels))
    grid = FrameSizes(family, config, processor, pixels, dialect)(480, 640)
    assert grid.tokens > 0
    if not pixels and tile_of(config):
        # A tower of patches of 14 cuts what its tile has beyond them.
        height, width = grid.pixels
        assert tile_of(config) * 0.9 < height * width <= tile_of(config)


@each_released
def test_a_dialect_that_is_not_named_is_found_by_its_tokens(released: Released) -> None:
    named = parameters(released).get('model.dialect')
    if released.recognized:
        assert named is None
        tokens = read_dialect(released.dialect).fingerprint.tokens
        found = find_dialect('auto', frozenset(tokens), SHAPES[released.shape][0])
        assert found.name == released.dialect
    else:
        assert named == released.dialect


def test_every_checkpoint_of_the_table_of_boards_has_a_line() -> None:
    titles = {title for row in boards.MODELS for title in row.split(', ')}
    assert titles <= {released.title for released in RELEASED}
    assert {released.shape for released in RELEASED} == set(boards.MODELS.values())
