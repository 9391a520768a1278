# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The embedded model's parts, untrained and small, for its tests."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from streamo_ros.backbone.tokenizer import CheckpointTokenizer
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.tiny import vocabulary as words
from streamo_ros.tiny.clips import Clip
from streamo_ros.tiny.clips import encode_clips
from streamo_ros.tiny.export import export
from streamo_ros.tiny.network import Network
from streamo_ros.tiny.network import new_tower
from streamo_ros.tiny.network import Sizes

torch.set_num_threads(1)

SIZES = Sizes(hidden=64, layers=2, vision_hidden=64, vision_layers=1, vision_out=96)


@pytest.fixture(scope='session')
def tokenizer():
    return words.build_tokenizer()


@pytest.fixture(scope='session')
def known(tokenizer):
    return words.vocabulary(tokenizer)


@pytest.fixture(scope='session')
def prompt(tokenizer, tmp_path_factory) -> PromptTokens:
    folder: Path = tmp_path_factory.mktemp('tokenizer')
    tokenizer.save_pretrained(folder)
    return PromptTokens(
        CheckpointTokenizer(folder / 'tokenizer.json'), system_prompt=words.SYSTEM_PROMPT
    )


@pytest.fixture(scope='session')
def tower(known):
    torch.manual_seed(1)
    return new_tower(SIZES, known).eval()


@pytest.fixture(scope='session')
def network(known) -> Network:
    torch.manual_seed(2)
    return Network(SIZES, known).eval()


@pytest.fixture(scope='session')
def clips(tower, tmp_path_factory) -> list[Clip]:
    """Eight clips of up to ten frames, with all three aspect ratios."""
    return encode_clips(
        range(90_000_000, 90_000_008),
        10,
        (1.0, 1.0, 1.0, 2.0, 0.5),
        tower,
        1,
        tmp_path_factory.mktemp('clips'),
    )


@pytest.fixture(scope='session')
def checkpoint(tower, network, tmp_path_factory) -> Path:
    folder: Path = tmp_path_factory.mktemp('checkpoint')
    export(tower.state_dict(), network.state_dict(), folder, SIZES)
    return folder
