# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How files keep weights of four bits.

Sources: Lin et al., 'AWQ', arXiv 2306.00978, with the layout of AutoAWQ's `gemm` version; the
`pack-quantized` format of compressed-tensors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import Protocol

import torch
from torch import Tensor

from streamo_ros.backbone.checkpoint_settings import read_json
from streamo_ros.backbone.four_bit.weight import BLOCK
from streamo_ros.backbone.four_bit.weight import FourBitWeight
from streamo_ros.backbone.four_bit.weight import GROUPS
from streamo_ros.core.interface import BackboneError

_AWQ_ORDER = (0, 4, 1, 5, 2, 6, 3, 7)
"""Where in an int32 AWQ keeps each of eight outputs."""
_HALF = 8
"""The number that means 0 where there are no zero points."""


class PackedFormat(Protocol):
    """How the tensors of a linear layer are packed.

    Attributes:
        group: inputs that share a scale.
        packed: the name of its tensor of numbers.
    """

    @property
    def group(self) -> int:
        """See above."""

    @property
    def packed(self) -> str:
        """See above."""

    def owns(self, name: str) -> bool:
        """Whether a tensor of this name is one of a packed weight's."""

    def shapes(self, outputs: int, inputs: int) -> dict[str, tuple[tuple[int, ...], torch.dtype]]:
        """Shape and dtype of each tensor of a layer, without its bias."""

    def unpack(self, tensors: Mapping[str, Tensor]) -> FourBitWeight:
        """The matrix that a layer's tensors hold."""


@dataclass(frozen=True)
class AwqFormat:
    """Satisfies `PackedFormat`: transposed, packed along the outputs, with zero points."""

    group: int
    packed: str = 'qweight'

    def owns(self, name: str) -> bool:
        """See `PackedFormat.owns`."""
        return name.endswith(('.qweight', '.qzeros', '.scales'))

    def shapes(self, outputs: int, inputs: int) -> dict[str, tuple[tuple[int, ...], torch.dtype]]:
        """See `PackedFormat.shapes`."""
        groups, words = inputs // self.group, outputs // BLOCK
        return {
            'qweight': ((inputs, words), torch.int32),
            'qzeros': ((groups, words), torch.int32),
            'scales': ((groups, outputs), torch.float32),
        }

    def unpack(self, tensors: Mapping[str, Tensor]) -> FourBitWeight:
        """See `PackedFormat.unpack`."""
        numbers = unpack_words(tensors['qweight'], _AWQ_ORDER)
        zeros = unpack_words(tensors['qzeros'], _AWQ_ORDER)
        return FourBitWeight(
            numbers.T.contiguous(),
            tensors['scales'].float().T.contiguous(),
            zeros.float().T.contiguous(),
        )


@dataclass(frozen=True)
class CompressedFormat:
    """Satisfies `PackedFormat`: packed along the inputs, zero points along the outputs.

    Attributes:
        group: see `PackedFormat`.
        symmetric: there are no zero points.
    """

    group: int
    symmetric: bool = True
    packed: str = 'weight_packed'

    def owns(self, name: str) -> bool:
        """See `PackedFormat.owns`."""
        return name.rpartition('.')[2].startswith('weight_')

    def shapes(self, outputs: int, inputs: int) -> dict[str, tuple[tuple[int, ...], torch.dtype]]:
        """See `PackedFormat.shapes`."""
        groups = inputs // self.group
        found = {
            'weight_packed': ((outputs, inputs // BLOCK), torch.int32),
            'weight_scale': ((outputs, groups), torch.float32),
            'weight_shape': ((2,), torch.int64),
        }
        if not self.symmetric:
            found['weight_zero_point'] = ((outputs // BLOCK, groups), torch.int32)
        return found

    def unpack(self, tensors: Mapping[str, Tensor]) -> FourBitWeight:
        """See `PackedFormat.unpack`."""
        scales = tensors['weight_scale'].float()
        if self.symmetric:
            zeros = torch.full_like(scales, _HALF)
        else:
            words = tensors['weight_zero_point']
            zeros = unpack_words(words.T.contiguous()).float().T.contiguous()
        return FourBitWeight(unpack_words(tensors['weight_packed']), scales, zeros)


def unpack_words(words: Tensor, order: tuple[int, ...] = tuple(range(BLOCK))) -> Tensor:
    """The numbers in int32 words, uint8, eight times as many in the last axis.

    Args:
        words: int32.
        order: for each of a word's eight numbers, which four bits it has.
    """
    numbers = torch.empty((*words.shape, BLOCK), dtype=torch.uint8, device=words.device)
    for at, place in enumerate(order):
        numbers[..., at] = words >> 4 * place & 15
    return numbers.flatten(-2)


def read_format(folder: Path) -> PackedFormat | None:
    """The format that a checkpoint's config.json names; None = its weights are not of four bits.

    Args:
        folder: the checkpoint's.

    Raises:
        BackboneError: it is one that is not read; says which ones are.
    """
    config = read_json(folder / 'config.json', 'save the checkpoint with save_pretrained')
    found = config.get('quantization_config')
    found = found or (config.get('text_config') or {}).get('quantization_config')
    method = found.get('quant_method') if isinstance(found, dict) else None
    reader = {'awq': _read_awq, 'compressed-tensors': _read_compressed}.get(str(method))
    return reader(folder, found) if reader and found else None


def _read_awq(folder: Path, config: Mapping[str, Any]) -> PackedFormat:
    version = str(config.get('version') or config.get('format') or 'gemm').lower()
    wanted = {'version': (version, 'gemm'), 'zero_point': (config.get('zero_point', True), True)}
    _check(folder, 'AWQ', wanted)
    return AwqFormat(_group(folder, config.get('bits', 4), config.get('group_size', 128)))


def _read_compressed(folder: Path, config: Mapping[str, Any]) -> PackedFormat:
    groups = list((config.get('config_groups') or {}).values())
    name = config.get('format')
    if name == 'mixed-precision' and groups:
        name = groups[0].get('format')
    _check(folder, 'compressed-tensors', {'format': (name, 'pack-quantized')})
    schemes = [group.get('weights') or {} for group in groups]
    if not schemes or any(scheme != schemes[0] for scheme in schemes):
        raise BackboneError(
            f'the weights in {folder} are quantized in {len(schemes)} different ways: {_ADVICE}'
        )
    scheme = schemes[0]
    wanted = {
        'input_activations': (groups[0].get('input_activations'), None),
        'type': (scheme.get('type', 'int'), 'int'),
        'strategy': (scheme.get('strategy', 'group'), 'group'),
    }
    if scheme.get('actorder') == 'group':
        wanted['actorder'] = 'group', 'weight'
    _check(folder, 'compressed-tensors', wanted)
    size = _group(folder, scheme.get('num_bits'), scheme.get('group_size'))
    return CompressedFormat(size, bool(scheme.get('symmetric', True)))


_ADVICE = (
    'use a checkpoint of AWQ or compressed-tensors W4A16, or one in bfloat16, or serve it with '
    'vLLM and set model.path to its URL (docs/any_model.md)'
)


def _check(folder: Path, method: str, entries: Mapping[str, tuple[Any, Any]]) -> None:
    for name, (value, wanted) in entries.items():
        if value != wanted:
            raise BackboneError(
                f'the weights in {folder} are quantized by {method} with {name} {value!r}, and '
                f'only {wanted!r} is read: {_ADVICE}'
            )


def _group(folder: Path, bits: Any, group: Any) -> int:
    if bits != 4 or group not in GROUPS:
        raise BackboneError(
            f'the weights in {folder} have {bits} bits in groups of {group}, and only 4 bits in '
            f'groups of {", ".join(map(str, GROUPS))} are read: {_ADVICE}'
        )
    return int(group)
