# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The detector's weights: what they must be, and how they are read, converted and kept.

They are YOLOX-Nano's, Copyright (c) 2021-2022 Megvii Inc., Apache-2.0, trained on COCO. What
counts is the weights themselves and not the file that they came in.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streamo_ros.backbone.detector.onnx_weights import convolution_weights
from streamo_ros.core.interface import BackboneError
from streamo_ros.files import write_bytes
from streamo_ros.share import detector_places

INSTALL = 'run `streamo model install objects`'
NOTICE = {
    'name': 'YOLOX-Nano, COCO, 80 kinds',
    'copyright': 'Copyright (c) 2021-2022 Megvii Inc.',
    'license': 'Apache-2.0',
    'changes': 'half precision; batch norms folded; the first convolution takes RGB, not BGR',
}
"""What stands in the file itself, as its license asks for."""

Array = NDArray[np.float32]
Pair = tuple[Array, Array]
"""Weight and bias of a convolution."""

FINGERPRINT = (1.743192, 0.511327, -1.754582, 7.526601, 2.424892)
"""What `fingerprint` gives of the right weights."""
TOLERANCE = 0.01
"""Half precision moves the fingerprint by 0.001 at most, the order of the colors by 0.2."""


def find_detector() -> Path | None:
    """The file of the detector's weights; None if there is none.

    Raises:
        BackboneError: the one that STREAMO_DETECTOR names is not there.
    """
    named = os.environ.get('STREAMO_DETECTOR', '')
    if named and not Path(named).is_file():
        raise BackboneError(f'STREAMO_DETECTOR names {named}, which is not a file: correct it')
    return next((path for path in detector_places() if path.is_file()), None)


def read_detector(path: Path | None = None) -> list[Pair]:
    """Weight and bias of each convolution, in the order in which they run, for RGB.

    Args:
        path: the file; None = where it is installed.

    Raises:
        BackboneError: it is absent or broken, or holds other weights.
    """
    path = path or find_detector()
    if path is None:
        raise BackboneError(f'the weights of the detector are not installed: {INSTALL}')
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BackboneError(f'{path} cannot be read: {error.strerror or error}') from error
    return parse_detector(content, str(path))


def parse_detector(content: bytes, name: str) -> list[Pair]:
    """The detector's weights out of a file that `write_detector` wrote.

    Args:
        content: of the file.
        name: of the file, for messages.

    Raises:
        BackboneError: it is broken, or holds other weights.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors = load(content)
        pairs = [
            (
                tensors[f'{at:03}.weight'].astype(np.float32),
                tensors[f'{at:03}.bias'].astype(np.float32),
            )
            for at in range(len(tensors) // 2)
        ]
    except (SafetensorError, KeyError, ValueError) as error:
        raise BackboneError(
            f"{name} is not a file of the detector's weights ({error}): {INSTALL} --force"
        ) from error
    check_fingerprint(pairs, name)
    return pairs


def convert_detector(content: bytes, name: str) -> list[Pair]:
    """The detector's weights out of an ONNX file of the authors', for RGB.

    Args:
        content: of the file.
        name: of the file, for messages.

    Raises:
        BackboneError: it is not an ONNX file, or holds other weights.
    """
    try:
        pairs = convolution_weights(content)
    except ValueError as error:
        raise BackboneError(f'{name} cannot be read as an ONNX file: {error}') from error
    if not pairs or pairs[0][0].shape != (16, 12, 3, 3):
        raise BackboneError(f'{name} is not YOLOX-Nano: its first convolution is another')
    weight, bias = pairs[0]
    pairs[0] = swap_colors(weight), bias
    check_fingerprint(pairs, name)
    return pairs


def write_detector(pairs: Sequence[Pair], path: Path) -> None:
    """Write the weights in half precision; the file appears whole or not at all."""
    from safetensors.numpy import save

    tensors = {}
    for at, (weight, bias) in enumerate(pairs):
        tensors[f'{at:03}.weight'] = weight.astype(np.float16)
        tensors[f'{at:03}.bias'] = bias.astype(np.float16)
    write_bytes(path, save(tensors, NOTICE))


def swap_colors(weight: Array) -> Array:
    """The first convolution's weight for RGB from that for BGR.

    Args:
        weight: shape (16, 12, 3, 3); its 12 inputs are four parts of three colors each.
    """
    swapped: Array = weight.reshape(16, 4, 3, 3, 3)[:, :, ::-1].reshape(weight.shape)
    return swapped


def fingerprint(pairs: Sequence[Pair]) -> tuple[float, ...]:
    """Projections of all weights onto seeded random directions.

    Unlike a hash they are the same for the same weights in any format and from any exporter. Each
    tensor is divided by its norm, so that all count alike; the last number is of the norms.
    """
    # The values of this generator are fixed for all versions of NumPy.
    draws = np.random.RandomState(2026)
    total, norms = np.zeros(4), []
    for part in (part for pair in pairs for part in pair):
        values = part.astype(np.float64).ravel()
        norms.append(float(np.linalg.norm(values)) or 1e-12)
        total += draws.uniform(-1, 1, (4, values.size)) @ values / norms[-1]
    return *total.tolist(), float(np.log(norms).mean())


def check_fingerprint(pairs: Sequence[Pair], name: str) -> None:
    """Refuse weights that are not those that the model was trained with.

    Args:
        pairs: the weights.
        name: of their file, for the message.

    Raises:
        BackboneError: they are others.
    """
    measured = np.array(fingerprint(pairs))
    if not np.all(np.abs(measured - FINGERPRINT) <= TOLERANCE):
        raise BackboneError(
            f'{name} holds other weights than those of YOLOX-Nano for the 80 kinds of COCO: '
            f"{INSTALL}, or give its --from the authors' yolox_nano.onnx"
        )
