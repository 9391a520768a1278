# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What published checkpoints take on a board: the node's own memory plan, for a GPU elsewhere.

Only configurations are read, and models are made without memory. The tokenizer is the stand-in of
`random_weights`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace
from functools import cache
from typing import Any

import torch

from streamo_ros.backbone.attention import ReferenceAttention
from streamo_ros.backbone.family import find_family
from streamo_ros.backbone.four_bit.weight import packed_bytes
from streamo_ros.backbone.four_bit.weight import USUAL_GROUP
from streamo_ros.backbone.layer_kinds import is_mixed
from streamo_ros.backbone.options import Options
from streamo_ros.backbone.plan import FrameSizes
from streamo_ros.backbone.plan import Plan
from streamo_ros.backbone.plan import plan_memory
from streamo_ros.backbone.plan import RunTarget
from streamo_ros.backbone.published_shapes import SHAPES
from streamo_ros.backbone.random_weights import plain_prompt
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.prompt import PromptTokens

GIB = 1 << 30
SYSTEM = 5 * GIB // 2
"""What the system and the node's other parts take; with CUDA's libraries, 3 GiB (an estimate)."""
GPU = RunTarget(torch.device('cuda'), torch.bfloat16, 2)
"""A GPU with Triton, which keeps keys and values once."""
EIGHT_BITS = replace(GPU, number=torch.int8)
"""The same with `context.dtype: int8`."""


@dataclass(frozen=True)
class Published:
    """A published shape, without its weights.

    Attributes:
        config: its transformers configuration.
        weights: parameters.
        vision: those of them that are neither of the text model nor of its head.
        packable: those that a checkpoint of four bits packs: matrices of the text layers.
        sizes: of its frames.
        prompt: the dialogue in its tokens.
    """

    config: Any
    weights: int
    vision: int
    packable: int
    sizes: FrameSizes
    prompt: PromptTokens


@cache
def published(name: str) -> Published:
    """A shape of `published_shapes.SHAPES` with the defaults of the parameters."""
    import transformers

    architecture, processor, configure = SHAPES[name]
    family, config = find_family(architecture), configure()
    with torch.device('meta'):
        kind = getattr(transformers, architecture)
        model = kind._from_config(config, dtype=torch.bfloat16)  # noqa: SLF001
    weights = dict(model.named_parameters())
    language = {id(part) for part in (*family.text(model).parameters(), model.lm_head.weight)}
    return Published(
        config,
        sum(part.numel() for part in weights.values()),
        sum(part.numel() for part in weights.values() if id(part) not in language),
        sum(part.numel() for part in family.text(model).layers.parameters() if part.ndim == 2),
        FrameSizes(family, config, processor, 0),
        plain_prompt(architecture),
    )


def published_plan(
    name: str, options: Options, target: RunTarget = GPU, *, four_bit: bool = False
) -> Plan:
    """The memory plan of a published shape.

    Args:
        name: one of `published_shapes.SHAPES`.
        options: how it is run.
        target: where.
        four_bit: its text layers have weights of four bits, in groups of 128.
    """
    shape = published(name)
    packed = shape.packable if four_bit else 0
    if is_mixed(shape.config.text_config):
        # No kernel of ours knows such layers, and torch's functions keep rotated keys as well.
        target = replace(target, copies=ReferenceAttention.copies)
    return plan_memory(
        shape.config.text_config,
        shape.sizes,
        shape.prompt,
        options,
        target,
        weights=(shape.weights - packed) * target.dtype.itemsize
        + packed_bytes(packed, USUAL_GROUP),
    )


def fitting_lanes(
    name: str,
    options: Options,
    memory: int,
    target: RunTarget = GPU,
    *,
    four_bit: bool = False,
) -> int:
    """Most instructions, up to `options.lanes`, that a board of so many bytes has room for.

    They are what the node would not refuse at configure: 0 = not even one.
    """
    for lanes in range(options.lanes, 0, -1):
        plan = published_plan(name, replace(options, lanes=lanes), target, four_bit=four_bit)
        with suppress(BackboneError):
            plan.check(memory - SYSTEM - plan.weights)
            return lanes
    return 0
