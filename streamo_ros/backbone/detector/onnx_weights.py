# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reads the weights of convolutions out of an ONNX file, in the order in which they run.

Names differ between exports of one network; the order does not.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from streamo_ros.backbone.detector.protobuf import read_fields
from streamo_ros.backbone.detector.protobuf import read_varints
from streamo_ros.backbone.detector.protobuf import Value

# Numbers of fields in onnx.proto.
_GRAPH = 7
_NODE, _INITIALIZER = 1, 5
_INPUT, _OUTPUT, _OPERATOR, _ATTRIBUTE = 1, 2, 4, 5
_TENSOR = 5
_DIMENSIONS, _TYPE, _FLOATS, _NAME, _RAW = 1, 2, 4, 8, 9
_FLOAT32 = 1

Array = NDArray[np.float32]


def convolution_weights(content: bytes) -> list[tuple[Array, Array]]:
    """Weight and bias of each convolution.

    Args:
        content: of an ONNX file.

    Raises:
        ValueError: it is not an ONNX file, or a convolution has no constant weight and bias.
    """
    graph = _only(content, _GRAPH)
    tensors: dict[str, Array] = {}
    wanted: list[list[str]] = []
    for number, value in read_fields(graph):
        if number == _INITIALIZER:
            name, tensor = _tensor(_message(value))
            if tensor is not None:
                tensors[name] = tensor
        elif number == _NODE:
            fields = list(read_fields(_message(value)))
            operator = _text(fields, _OPERATOR)
            if operator == ['Conv']:
                wanted.append(_text(fields, _INPUT)[1:])
            elif operator == ['Constant']:
                tensors.update(_constants(fields))
    try:
        return [(tensors[weight], tensors[bias]) for weight, bias in wanted]
    except (KeyError, ValueError) as error:
        raise ValueError('a convolution has no constant weight and bias') from error


def _constants(fields: list[tuple[int, Value]]) -> Iterator[tuple[str, Array]]:
    for number, value in fields:
        if number == _ATTRIBUTE:
            for inner, content in read_fields(_message(value)):
                _, tensor = _tensor(_message(content)) if inner == _TENSOR else ('', None)
                if tensor is not None:
                    yield _text(fields, _OUTPUT)[0], tensor


def _tensor(message: bytes) -> tuple[str, Array | None]:
    """Name and content of a tensor; None unless it is of 32-bit floats."""
    shape: list[int] = []
    name, kind = '', 0
    raw = b''
    for number, value in read_fields(message):
        if number == _DIMENSIONS:
            shape += [value] if isinstance(value, int) else read_varints(value)
        elif number == _TYPE and isinstance(value, int):
            kind = value
        elif number in (_RAW, _FLOATS):
            # Unpacked floats come one by one.
            raw += _message(value)
        elif number == _NAME:
            name = _message(value).decode()
    if kind != _FLOAT32:
        return name, None
    return name, np.frombuffer(raw, '<f4').reshape(shape)


def _text(fields: list[tuple[int, Value]], wanted: int) -> list[str]:
    return [_message(value).decode() for number, value in fields if number == wanted]


def _only(message: bytes, wanted: int) -> bytes:
    values = [value for number, value in read_fields(message) if number == wanted]
    if len(values) != 1:
        raise ValueError('it is not an ONNX file')
    return _message(values[0])


def _message(value: Value) -> bytes:
    if isinstance(value, int):
        raise ValueError('it is not an ONNX file')
    return value
