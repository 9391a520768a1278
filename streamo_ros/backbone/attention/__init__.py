# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Attention over the key-value window: one interface, and its implementation per device.

An implementation owns the keys and values of all slots, writes new ones and attends to them.
Whether it keeps rotated keys as well as the un-rotated ones is up to it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from streamo_ros.backbone.attention.mixed import MixedAttention
from streamo_ros.backbone.attention.quantized import QuantizedAttention
from streamo_ros.backbone.attention.reference import ReferenceAttention
from streamo_ros.backbone.attention.sdpa import SdpaAttention
from streamo_ros.backbone.attention.shape import HeadNorms
from streamo_ros.backbone.attention.shape import WindowShape
from streamo_ros.backbone.attention.storage import LARGEST
from streamo_ros.backbone.attention.storage import name_of
from streamo_ros.backbone.attention.storage import WindowFormat
from streamo_ros.backbone.rotary import Rotary
from streamo_ros.backbone.step import ModelStep
from streamo_ros.core.interface import BackboneError

_log = logging.getLogger(__name__)


class AttentionKind(Protocol):
    """The class of an `Attention`, which creates it."""

    name: str
    captured: bool
    copies: int

    def __call__(
        self,
        shape: WindowShape,
        rotary: Rotary,
        device: torch.device,
        dtype: torch.dtype,
        kept: WindowFormat | None = None,
    ) -> Attention:
        """Allocate the window."""


class Attention(Protocol):
    """Keys and values of all slots, and attention over them."""

    name: str
    """Its name in diagnostics."""
    captured: bool
    """Whether its passes can be captured: a step then includes every slot, and may be padded."""
    copies: int
    """Tensors that it keeps of each token and layer."""
    shape: WindowShape
    layers: list[Tensor]
    """One buffer per layer; the second axis is slots."""
    scales: list[Tensor]
    """The same for the scales of a quantized window; empty without."""

    def begin(self, step: ModelStep) -> None:
        """Prepare a step, before its first layer."""

    def attend(
        self, layer: int, qkv: Tensor, norms: HeadNorms | None, step: ModelStep, *, final: bool
    ) -> Tensor:
        """Write the keys and values of the step's rows, and attend to each row's lane.

        Args:
            layer: its number.
            qkv: queries, keys and values, concatenated, (rows, heads * dim).
            norms: of queries and keys, where the model has them.
            step: the one that was begun.
            final: only the last row of each lane attends; the others are not needed.

        Returns:
            (rows, query heads * dim); (lanes, query heads * dim) if `final`. Rows of padding and
            of lanes without rows are undefined.
        """

    def move(
        self, slot: int, rows: NDArray[np.int64], start: int, positions: NDArray[np.int64]
    ) -> None:
        """Copy rows of a slot to `start` and on, and give them new positions.

        Args:
            slot: the slot of the rows.
            rows: none of them twice, in their new order; int64, (tokens,).
            start: first new place.
            positions: int64, (3, tokens).
        """

    def scrub(self, slot: int, length: int) -> None:
        """Keep values after the first `length` rows from affecting later passes."""


def make_attention(
    kind: AttentionKind,
    shape: WindowShape,
    rotaries: Sequence[Rotary],
    device: torch.device,
    dtype: torch.dtype,
    kept: WindowFormat,
) -> Attention:
    """Allocate the window of a text model.

    Args:
        kind: the implementation, see `find_kind`.
        shape: sizes of the window.
        rotaries: of each kind of layers; one where they are all alike.
        device: where it is.
        dtype: of the passes.
        kept: how keys and values are kept.
    """
    if not shape.kinds:
        return kind(shape, rotaries[0], device, dtype, kept)
    parts = [
        kind(part, rotary, device, dtype, WindowFormat(kept.dtype))
        for part, rotary in zip(shape.parts, rotaries, strict=True)
    ]
    return MixedAttention(shape, [part for part in parts if isinstance(part, ReferenceAttention)])


def find_kind(
    device: torch.device, number: torch.dtype | None = None, *, mixed: bool = False
) -> AttentionKind:
    """The implementation for a device: Triton kernels on CUDA, torch without Triton.

    Args:
        device: the device.
        number: format of the window; None = that of the passes.
        mixed: the text model has layers of several kinds, which the kernels do not know.

    Raises:
        BackboneError: the device has no implementation for this format.
    """
    quantized = number in LARGEST
    if device.type == 'cpu':
        return QuantizedAttention if quantized else ReferenceAttention
    if mixed:
        return _mixed_kind(number)
    if (missing := _triton_missing()) is None:
        if number == torch.float8_e4m3fn:
            _check_float8(device)
        from streamo_ros.backbone.attention.flash import FlashAttention

        return FlashAttention
    if number is not None and quantized:
        raise BackboneError(
            f'a window in {name_of(number)} needs Triton on a GPU ({missing}): `pip install '
            'triton`, or set context.dtype to auto'
        )
    _log.warning(
        'attention runs without Triton (%s): slower, with half as much window again, and without '
        'CUDA graphs; `pip install triton` fixes this',
        missing,
    )
    return SdpaAttention


def _mixed_kind(number: torch.dtype | None) -> AttentionKind:
    """The implementation on a GPU for layers of several kinds."""
    if number is not None and number in LARGEST:
        raise BackboneError(
            f'a window in {name_of(number)} is not available on a GPU for text models with '
            'sliding windows: set context.dtype to auto'
        )
    _log.warning(
        "attention runs on torch's own functions, because the text model has sliding windows: "
        'slower, with half as much window again, and without CUDA graphs'
    )
    return SdpaAttention


def _check_float8(device: torch.device) -> None:
    major, minor = torch.cuda.get_device_capability(device)
    if (major, minor) < (8, 9):
        raise BackboneError(
            'context.dtype float8 needs a GPU of compute capability 8.9 or later, and this one '
            f'has {major}.{minor}: set it to int8, which takes as much memory and loses less'
        )


@cache
def _triton_missing() -> str | None:
    try:
        import triton  # noqa: F401
    except ImportError as error:
        return str(error)
    return None


__all__ = [
    'Attention', 'HeadNorms', 'MixedAttention', 'ReferenceAttention', 'Rotary', 'SdpaAttention',
    'WindowFormat', 'WindowShape', 'find_kind', 'make_attention',
]  # fmt: skip
