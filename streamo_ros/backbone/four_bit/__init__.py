# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints whose text layers have weights of four bits: AWQ and compressed-tensors.

On CUDA they stay in four bits and are multiplied by torch's own operator, the one behind torchao's
int4 weights; it is part of every CUDA build of torch, those for Jetson included. On a CPU they are
expanded when they are loaded: torch's operator there is slower than a plain product in float32.
"""

from streamo_ros.backbone.four_bit.formats import PackedFormat
from streamo_ros.backbone.four_bit.formats import read_format
from streamo_ros.backbone.four_bit.linear import FourBitLinear
from streamo_ros.backbone.four_bit.loading import four_bit_bytes
from streamo_ros.backbone.four_bit.loading import four_bit_settings
from streamo_ros.backbone.four_bit.loading import replace_linears
from streamo_ros.backbone.four_bit.product import FourBitProduct
from streamo_ros.backbone.four_bit.weight import FourBitWeight

__all__ = [
    'FourBitLinear',
    'FourBitProduct',
    'FourBitWeight',
    'PackedFormat',
    'four_bit_bytes',
    'four_bit_settings',
    'read_format',
    'replace_linears',
]
