# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a checkpoint will take on this machine, before its weights are loaded."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from streamo_ros.backbone.attention import find_kind
from streamo_ros.backbone.attention import WindowShape
from streamo_ros.backbone.attention.storage import FORMATS
from streamo_ros.backbone.checkpoint import Checkpoint
from streamo_ros.backbone.context_size import wanted_capacity
from streamo_ros.backbone.family import Family
from streamo_ros.backbone.four_bit import four_bit_bytes
from streamo_ros.backbone.four_bit import read_format
from streamo_ros.backbone.layer import Layer
from streamo_ros.backbone.layer_kinds import is_mixed
from streamo_ros.backbone.options import find_device
from streamo_ros.backbone.options import Options
from streamo_ros.backbone.options import WINDOW_DTYPES
from streamo_ros.backbone.sizing import check_memory
from streamo_ros.backbone.sizing import window_shape
from streamo_ros.backbone.sizing import workspace_bytes
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.weight_headers import read_headers
from streamo_ros.core.dialect import Dialect
from streamo_ros.core.dialect import STREAMO
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.prompt import PromptTokens

LARGE = (3000, 4000), (2160, 3840), (3000, 3000)
"""Sizes (height, width) of large frames: what they take is the most that a frame can take."""
_FLOATS = ('F64', 'F32', 'F16', 'BF16')
_WIDTHS = {'F64': 8, 'I64': 8, 'U64': 8, 'F32': 4, 'I32': 4, 'U32': 4, 'F16': 2, 'BF16': 2}
_WIDTHS |= {'I16': 2, 'U16': 2}


class FrameSizes:
    """The grids of a checkpoint's frames.

    Args:
        family: the checkpoint's family.
        config: its transformers configuration.
        processor: settings of its image processor.
        max_pixels: largest area of a frame; 0 = the family's.
        dialect: says how many frames a patch holds, and whether some are seen larger.

    Raises:
        BackboneError: the tower has no patches of so many frames.
    """

    def __init__(
        self,
        family: Family,
        config: Any,
        processor: dict[str, Any],
        max_pixels: int,
        dialect: Dialect = STREAMO,
    ) -> None:
        self._grid = partial(family.grid, config, processor)
        self._pixels = max_pixels or family.frame_pixels(config)
        self._larger = round(dialect.standby_scale * self._pixels)
        self._depth = dialect.block
        if self._depth > family.depth:
            raise BackboneError(
                f'the dialect {dialect.name} has two frames in one patch, which the vision tower '
                f'of {type(family).__name__} has not: name another one in model.dialect, or copy '
                'its file and set block to 1'
            )

    def __call__(self, height: int, width: int, larger: bool = False) -> Grid:
        """The grid of a frame.

        Args:
            height: of the frame in pixels.
            width: of the frame in pixels.
            larger: as it is seen after a Standby.
        """
        pixels = self._larger if larger else self._pixels
        return replace(self._grid(height, width, pixels), depth=self._depth)

    @property
    def most_tokens(self) -> int:
        """Most vision tokens that a frame can have."""
        return max(self(height, width, larger=True).tokens for height, width in LARGE)


@dataclass(frozen=True)
class RunTarget:
    """Where a checkpoint runs.

    Attributes:
        device: the device, which need not be in this machine.
        dtype: number format of its weights and passes.
        copies: tensors that the attention there keeps of each token, see `WindowShape`.
        number: number format of keys and values; None = `dtype`.
    """

    device: torch.device
    dtype: torch.dtype
    copies: int
    number: torch.dtype | None = None


def find_target(options: Options, text: Any = None) -> RunTarget:
    """The target that the options select on this machine.

    Args:
        options: how the checkpoint is run.
        text: configuration of its text model; None = one whose layers are all alike.

    Raises:
        BackboneError: this machine or this build of torch lacks it, or the device has no attention
            for this format of the window.
    """
    device, dtype = find_device(options)
    number = find_number(options, dtype)
    kind = find_kind(device, number, mixed=text is not None and is_mixed(text))
    return RunTarget(device, dtype, kind.copies, number)


def find_number(options: Options, dtype: torch.dtype) -> torch.dtype:
    """The number format of the window.

    Args:
        options: how the checkpoint is run.
        dtype: of its passes.

    Raises:
        BackboneError: there is no such format.
    """
    if options.window not in WINDOW_DTYPES:
        raise BackboneError(
            f'context.dtype {options.window!r} is not known: use {", ".join(WINDOW_DTYPES)}'
        )
    return FORMATS.get(options.window, dtype)


@dataclass(frozen=True)
class Plan:
    """What a checkpoint will take.

    Attributes:
        device: where it will run.
        dtype: number format of its weights.
        sizes: of its frames.
        weights: bytes of the weights.
        window: sizes of the key-value window.
        workspace: bytes for passes.
        number: number format of keys and values.
        frames_asked: frames in a lane that the checkpoint asks for; 0 = it does not say.
    """

    device: torch.device
    dtype: torch.dtype
    sizes: FrameSizes
    weights: int
    window: WindowShape
    workspace: int
    number: torch.dtype
    frames_asked: int = 0

    @property
    def window_bytes(self) -> int:
        """Bytes of keys and values."""
        return self.window.bytes(self.number)

    def check(self, free: int) -> None:
        """Refuse a window that does not fit beside the passes.

        Args:
            free: bytes that can be taken once the weights are there.

        Raises:
            BackboneError: with how many lanes, or how many tokens, would fit.
        """
        check_memory(self.window, self.number, free, self.workspace)


def plan_memory(
    text: Any,
    sizes: FrameSizes,
    prompt: PromptTokens,
    options: Options,
    target: RunTarget,
    *,
    max_frames: int = 0,
    weights: int = 0,
) -> Plan:
    """The plan that a checkpoint is loaded by, that the doctor prints and that docs/jetson.md has.

    Args:
        text: configuration of the text model.
        sizes: of its frames.
        prompt: the dialogue in its tokens.
        options: how it is run.
        target: where.
        max_frames: frames that the checkpoint asks for; 0 = nothing.
        weights: bytes of its weights.

    Raises:
        BackboneError: the window would be longer than the model's trained positions, or empty.
    """
    wanted = wanted_capacity(options.frames or max_frames, sizes.most_tokens, prompt)
    window = window_shape(text, options, target.copies, wanted)
    workspace = workspace_bytes(text, window, target.dtype, target.device)
    number = target.number or target.dtype
    return Plan(target.device, target.dtype, sizes, weights, window, workspace, number, max_frames)


def plan_checkpoint(
    checkpoint: Checkpoint, family: Family, prompt: PromptTokens, options: Options
) -> Plan:
    """The plan of a checkpoint; reads its configuration and the headers of its weights.

    Args:
        checkpoint: the checkpoint.
        family: its family.
        prompt: the dialogue in its tokens.
        options: how it will be run.

    Raises:
        BackboneError: a file is broken, or the window cannot be.
    """
    config, settings, dialect = checkpoint.config(), checkpoint.settings, prompt.dialect
    (family.layer or Layer).check(config.text_config)
    target = find_target(options, config.text_config)
    pixels = options.max_pixels or settings.max_pixels or dialect.max_pixels
    return plan_memory(
        config.text_config,
        FrameSizes(family, config, checkpoint.processor, pixels, dialect),
        prompt,
        options,
        target,
        max_frames=settings.max_frames or dialect.window.frames,
        weights=weight_bytes(checkpoint.weights, target, partial(family.is_loaded, config)),
    )


def weight_bytes(
    folder: Path, target: RunTarget, is_loaded: Callable[[str], bool] | None = None
) -> int:
    """Bytes that the weights of a folder take once they are loaded.

    Args:
        folder: holds safetensors files, of which only the headers are read, and a config.json.
        target: where. Weights of four bits stay packed on CUDA and are expanded on a CPU.
        is_loaded: which tensors are, by their names; None = all.

    Raises:
        BackboneError: a file is not one.
    """
    headers, total = read_headers(folder), 0
    entries = {name: headers[name] for name in headers if not is_loaded or is_loaded(name)}
    form = read_format(folder) if (folder / 'config.json').is_file() else None
    if form:
        total = four_bit_bytes(entries, form, target.dtype, packed=target.device.type == 'cuda')
        entries = {name: entries[name] for name in entries if not form.owns(name)}
    return total + sum(
        math.prod(entry['shape'])
        * (target.dtype.itemsize if entry['dtype'] in _FLOATS else _WIDTHS.get(entry['dtype'], 1))
        for entry in entries.values()
    )
