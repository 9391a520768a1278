# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bytes of camera messages to RGB: what the node, the replay and the recordings call.

Packed and planar pixels are converted by `raw_image`, files by `compressed_image`. Neither knows
ROS: the fields of a message are handed over one by one.
"""

from streamo_ros.sources.compressed_image import decode_compressed
from streamo_ros.sources.pixels import ImageError
from streamo_ros.sources.pixels import Rgb
from streamo_ros.sources.raw_image import ENCODINGS
from streamo_ros.sources.raw_image import to_rgb

__all__ = ['ENCODINGS', 'ImageError', 'Rgb', 'decode_compressed', 'to_rgb']
