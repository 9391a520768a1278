# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tests whether an engine is about as near to float32 as torch is in the engine's number format.

What torch computes in float32, and how far its own computation in the format is from that, token
by token, is recorded for one seeded frame when the engine is built; every process repeats the test
before it uses the engine. Two computations in bfloat16 are not compared with each other, and no
token can hide behind the size of another.
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

FACTOR = 2.0
"""How many times torch's own error a token's error may be."""
FLOOR = 5e-3
"""Error that is always allowed: float32 engines multiply with the ten bits of TF32."""
OWN = 'own_error/'
"""What the name of an output's torch errors begins with."""

_SEED = 20260001


@dataclass(frozen=True)
class TokenError:
    """The token of an output that uses up most of what it may be off by.

    Attributes:
        error: distance from float32, relative to the token's size; NaN if it is not finite.
        limit: how large it may be.
    """

    error: float
    limit: float

    @property
    def good(self) -> bool:
        """Whether it is within the limit, which NaN never is."""
        return self.error <= self.limit

    def __str__(self) -> str:
        return f'{self.error:.2g} of {self.limit:.2g}'


@dataclass(frozen=True)
class Agreement:
    """How well an engine agrees with float32.

    Attributes:
        worst: the worst token of each output, by the output's name.
    """

    worst: Mapping[str, TokenError]

    @property
    def good(self) -> bool:
        """Whether every token of every output is near enough."""
        return all(token.good for token in self.worst.values())

    @property
    def errors(self) -> dict[str, float]:
        """The worst token's error by output, for JSON."""
        return {name: round(token.error, 6) for name, token in self.worst.items()}

    def __str__(self) -> str:
        return ', '.join(f'{name} {token}' for name, token in self.worst.items())


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
def run_exact(tower: VisionEncoder, dtype: torch.dtype) -> dict[str, Tensor]:
    """The probe, rounded to `dtype`, through a tower in float32.

    Args:
        tower: in float32.
        dtype: number format of the engine.

    Returns:
        The outputs by name.
    """
    outputs = tower(probe(tower.grid).to(dtype).float())
    return dict(zip(output_names(len(outputs)), outputs, strict=True))


@torch.no_grad()
def run_own(tower: VisionEncoder, dtype: torch.dtype) -> dict[str, Tensor]:
    """The probe through a tower in the engine's format, by name.

    Raises:
        EngineError: torch's own numbers are not finite in this format.
    """
    outputs = tower(probe(tower.grid).to(dtype))
    own = dict(zip(output_names(len(outputs)), outputs, strict=True))
    bad = [name for name, output in own.items() if not torch.isfinite(output).all()]
    if bad:
        raise EngineError(
            f'in {dtype} torch itself gives numbers that are not finite ({", ".join(bad)}): '
            'build with --dtype bfloat16'
        )
    return own


def record(
    grid: Grid,
    dtype: torch.dtype,
    exact: Mapping[str, Tensor],
    own: Mapping[str, Tensor],
    file: Path,
) -> None:
    """Write what an engine is tested against.

    Args:
        grid: of the tower.
        dtype: number format of the engine.
        exact: see `run_exact`.
        own: see `run_own`.
        file: the file to write.
    """
    from safetensors.torch import save_file

    tensors = {INPUT: probe(grid).to(dtype)}
    for name, output in exact.items():
        tensors[name] = output.float().contiguous()
        tensors[OWN + name] = token_errors(own[name], output).float()
    save_file(tensors, file)
    apply_umask(file)  # the library makes it readable for its owner only


def load_reference(file: Path) -> dict[str, Tensor]:
    """The probe, float32 outputs and torch's own errors, by name.

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
    if {INPUT, *names, *(OWN + name for name in names)} != set(reference):
        raise EngineError(
            f'the engine gives {len(outputs)} outputs and torch gave '
            f'{(len(reference) - 1) // 2}: build it again with `streamo engine build --force`'
        )
    return Agreement(
        {
            name: _worst(token_errors(output, reference[name]), reference[OWN + name].double())
            for name, output in zip(names, outputs, strict=True)
        }
    )


def _worst(errors: Tensor, own: Tensor) -> TokenError:
    """The token nearest to, or furthest beyond, its limit.

    A token may be off by twice what torch itself is off by there, or at a typical token.
    """
    limits = FACTOR * torch.maximum(own, own.median()) + FLOOR
    at = int((errors / limits).nan_to_num(torch.inf).argmax())
    return TokenError(float(errors[at]), float(limits[at]))


def token_errors(output: Tensor, exact: Tensor) -> Tensor:
    """Distance of each token from what is exact, relative to its length; float64, (tokens,).

    Raises:
        EngineError: their shapes differ.
    """
    a, b = _pair(output, exact)
    return (a - b).norm(dim=-1) / b.norm(dim=-1).clamp_min(torch.finfo(torch.float32).tiny)


def least_cosine(output: Tensor, expected: Tensor) -> float:
    """The smallest cosine of a token, computed in float64; NaN if not finite.

    Raises:
        EngineError: their shapes differ.
    """
    a, b = _pair(output, expected)
    return float(F.cosine_similarity(a, b, dim=-1).min())


def _pair(output: Tensor, expected: Tensor) -> tuple[Tensor, Tensor]:
    if output.shape != expected.shape:
        raise EngineError(
            f'the engine gives shape {tuple(output.shape)} and torch gave '
            f'{tuple(expected.shape)}: build it again with `streamo engine build --force`'
        )
    return output.detach().cpu().double(), expected.detach().cpu().double()
