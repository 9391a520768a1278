# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tests whether an engine reproduces torch's numbers on one seeded frame.

Torch's numbers are recorded when the engine is built and stored next to it; every process repeats
the test before it uses the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision import VisionEncoder
from streamo_ros.backbone.vision.engine import EngineError
from streamo_ros.backbone.vision.engine import INPUT
from streamo_ros.backbone.vision.engine import output_names
from streamo_ros.backbone.vision.preprocess import in_depth
from streamo_ros.backbone.vision.preprocess import patchify
from streamo_ros.files import apply_umask

LEAST_COSINE = 0.999
"""Minimum agreement of every output with torch."""

_SEED = 20260001


@dataclass(frozen=True)
class Agreement:
    """How well an engine agrees with torch.

    Attributes:
        cosines: cosine of each output by name, over all its numbers; NaN if they are not finite.
    """

    cosines: Mapping[str, float]

    @property
    def good(self) -> bool:
        """Whether every output agrees well enough, which NaN never does."""
        return all(cosine >= LEAST_COSINE for cosine in self.cosines.values())

    def __str__(self) -> str:
        return ', '.join(f'{name} {cosine:.6f}' for name, cosine in self.cosines.items())


def probe(grid: Grid) -> Tensor:
    """Patches of a seeded frame with structures of many sizes, float32, as from `preprocess`."""
    generator = torch.Generator().manual_seed(_SEED)
    return in_depth([_probe(grid, generator) for _ in range(grid.depth)])


def _probe(grid: Grid, generator: torch.Generator) -> Tensor:
    height, width = grid.pixels
    pixels = torch.zeros(3, height, width)
    for cells in (2, 5, 11, 23):
        coarse = torch.randn(1, 3, cells, cells, generator=generator)
        size = (height, width)
        pixels += F.interpolate(coarse, size=size, mode='bilinear', align_corners=True)[0] / 2
    pixels += torch.randn(3, height, width, generator=generator) / 10
    return patchify(pixels.permute(1, 2, 0).contiguous(), grid)


@torch.no_grad()
def record(tower: VisionEncoder, dtype: torch.dtype, file: Path) -> None:
    """Run the probe through torch and write its outputs to a file.

    Raises:
        EngineError: torch's own numbers are not finite in this format.
    """
    from safetensors.torch import save_file

    patches = probe(tower.grid).to(dtype)
    outputs = tower(patches)
    names = output_names(len(outputs))
    tensors = {name: output.contiguous() for name, output in zip(names, outputs, strict=True)}
    bad = [name for name, output in tensors.items() if not torch.isfinite(output).all()]
    if bad:
        raise EngineError(
            f'in {dtype} torch itself gives numbers that are not finite ({", ".join(bad)}): '
            'build with --dtype bfloat16'
        )
    save_file({INPUT: patches, **tensors}, file)
    apply_umask(file)  # the library makes it readable for its owner only


def load_reference(file: Path) -> dict[str, Tensor]:
    """The probe and torch's outputs by name.

    Raises:
        EngineError: the file cannot be read.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return dict(load_file(file))
    except (SafetensorError, OSError) as error:
        raise EngineError(
            f'{file} cannot be read ({error}): build the engine again with `streamo engine build '
            '--force`'
        ) from error


@torch.no_grad()
def compare(encoder: VisionEncoder, reference: Mapping[str, Tensor]) -> Agreement:
    """Run the probe through an encoder.

    Raises:
        EngineError: its outputs differ in number or shape from torch's.
    """
    outputs = encoder(reference[INPUT])
    names = output_names(len(outputs))
    if {INPUT, *names} != set(reference):
        raise EngineError(
            f'the engine gives {len(outputs)} outputs and torch gave {len(reference) - 1}: build '
            'it again with `streamo engine build --force`'
        )
    return Agreement(
        {
            name: cosine(output, reference[name])
            for name, output in zip(names, outputs, strict=True)
        }
    )


def cosine(output: Tensor, expected: Tensor) -> float:
    """Cosine of two flattened tensors, computed in float64; NaN if not finite.

    Raises:
        EngineError: their shapes differ.
    """
    if output.shape != expected.shape:
        raise EngineError(
            f'the engine gives shape {tuple(output.shape)} and torch gave '
            f'{tuple(expected.shape)}: build it again with `streamo engine build --force`'
        )
    a, b = output.detach().cpu().double().flatten(), expected.double().flatten()
    if not bool(torch.isfinite(a).all()):
        return float('nan')
    return float(torch.dot(a, b) / (a.norm() * b.norm()))
