# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writes a tower of convolutions as an ONNX file, without the package onnx.

torch's exporter knows every operator and needs two packages and many seconds; this one knows the
operators of a detector and needs neither, so that a node can hand its tower to ONNX Runtime at
start. A test compares what both give.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import fx
from torch import nn

from streamo_ros.backbone.detector.protobuf import field
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.engine import INPUT
from streamo_ros.backbone.vision.engine import output_names
from streamo_ros.core.interface import BackboneError

OPSET, _FORMAT = 13, 8
_FLOAT, _INT64 = 1, 7
_INT, _TEXT, _INTS = 2, 3, 7
"""Kinds of an attribute."""
_END = 1 << 40
"""Behind the end of every axis."""

Attribute = int | str | Sequence[int]


def onnx_graph(tower: nn.Module, grid: Grid) -> bytes:
    """The content of an ONNX file of a tower with one output.

    Args:
        tower: in float32; takes patches of the grid.
        grid: the grid.

    Raises:
        BackboneError: it uses an operator that is not known here.
    """
    writer = _Writer(tower)
    (output,) = output_names(1)
    shape = grid.patch_shape
    graph = (
        b''.join(field(1, node) for node in writer.write(output))
        + field(2, 'tower')
        + b''.join(field(5, constant) for constant in writer.constants)
        + field(11, _value(INPUT, shape))
        + field(12, _value(output, ('rows', 'columns')))
    )
    return field(1, _FORMAT) + field(7, graph) + field(8, field(1, '') + field(2, OPSET))


class _Writer:
    """Writes the nodes of a traced module, one method for each kind."""

    def __init__(self, module: nn.Module) -> None:
        self.constants: list[bytes] = []
        self._traced = fx.symbolic_trace(module)
        self._nodes: list[bytes] = []
        self._names: dict[fx.Node, str] = {}
        self._functions: dict[Any, Callable[[fx.Node], str]] = {
            F.silu: self._silu,
            F.interpolate: self._double,
            F.max_pool2d: self._pool,
            torch.cat: self._join,
            operator.add: lambda node: self._node('Add', *map(self._of, node.args)),
            operator.getitem: self._cut,
            getattr: lambda node: self._node('Transpose', self._of(node.args[0]), perm=(1, 0)),
            'float': lambda node: self._of(node.args[0]),
            'sigmoid': lambda node: self._node('Sigmoid', self._of(node.args[0])),
            'permute': self._permute,
            'reshape': lambda node: self._reshape(node, node.args[1:]),
            'flatten': lambda node: self._reshape(node, (0, 0, -1)),
        }

    def write(self, output: str) -> list[bytes]:
        """The nodes; the last one gives the output of this name."""
        for node in self._traced.graph.nodes:
            if node.op == 'placeholder':
                self._names[node] = INPUT
            elif node.op == 'call_module':
                self._names[node] = self._convolve(node)
            elif node.op == 'output':
                ((result,),) = node.args
                self._node('Identity', self._names[result], output=output)
            elif node.target in self._functions:
                self._names[node] = self._functions[node.target](node)
            else:
                raise BackboneError(f'the operator {node.target} is not known')
        return self._nodes

    def _of(self, node: Any) -> str:
        return self._names[node]

    def _node(self, kind: str, *inputs: str, output: str = '', **attributes: Attribute) -> str:
        """Add a node; returns the name of its output."""
        output = output or f'v{len(self._nodes)}'
        self._nodes.append(
            b''.join(field(1, name) for name in inputs)
            + field(2, output)
            + field(4, kind)
            + b''.join(field(5, _attribute(*item)) for item in attributes.items())
        )
        return output

    def _constant(self, values: NDArray[Any] | Sequence[int]) -> str:
        array = np.asarray(values)
        name = f'c{len(self.constants)}'
        kind = _FLOAT if array.dtype == np.float32 else _INT64
        self.constants.append(
            b''.join(field(1, size) for size in array.shape)
            + field(2, kind)
            + field(8, name)
            + field(9, array.tobytes())
        )
        return name

    def _convolve(self, node: fx.Node) -> str:
        part = self._traced.get_submodule(str(node.target))
        if type(part) is not nn.Conv2d or part.bias is None or isinstance(part.padding, str):
            raise BackboneError(f'the module {node.target} is not known')
        return self._node(
            'Conv',
            self._of(node.args[0]),
            self._constant(part.weight.detach().float().cpu().numpy()),
            self._constant(part.bias.detach().float().cpu().numpy()),
            kernel_shape=part.kernel_size,
            strides=part.stride,
            pads=part.padding * 2,
            group=part.groups,
        )

    def _join(self, node: fx.Node) -> str:
        parts: Any
        axis: Any
        parts, axis = node.args
        return self._node('Concat', *map(self._of, parts), axis=axis)

    def _permute(self, node: fx.Node) -> str:
        axes: Any = node.args[1:]
        return self._node('Transpose', self._of(node.args[0]), perm=axes)

    def _silu(self, node: fx.Node) -> str:
        x = self._of(node.args[0])
        return self._node('Mul', x, self._node('Sigmoid', x))

    def _pool(self, node: fx.Node) -> str:
        names = ('input', 'kernel_size', 'stride', 'padding')
        given: dict[str, Any] = {**dict(zip(names, node.args, strict=False)), **node.kwargs}
        return self._node(
            'MaxPool',
            self._of(given['input']),
            kernel_shape=(given['kernel_size'],) * 2,
            strides=(given['stride'],) * 2,
            pads=(given['padding'],) * 4,
        )

    def _double(self, node: fx.Node) -> str:
        scales = self._constant(np.array([1, 1, 2, 2], np.float32))
        return self._node(
            'Resize',
            self._of(node.args[0]),
            '',
            scales,
            mode='nearest',
            coordinate_transformation_mode='asymmetric',
            nearest_mode='floor',
        )

    def _cut(self, node: fx.Node) -> str:
        """Slices; None, which adds a first axis; 0, which takes one of length 1 away."""
        x, index = self._of(node.args[0]), node.args[1]
        if index is None or index == 0:
            kind = 'Unsqueeze' if index is None else 'Squeeze'
            return self._node(kind, x, self._constant(np.array([0])))
        assert isinstance(index, tuple)
        parts = [part for part in index if isinstance(part, slice)]
        starts = self._constant(np.array([part.start or 0 for part in parts]))
        ends = self._constant(np.array([_END] * len(parts)))
        axes = self._constant(np.arange(len(parts)))
        steps = self._constant(np.array([part.step or 1 for part in parts]))
        return self._node('Slice', x, starts, ends, axes, steps)

    def _reshape(self, node: fx.Node, shape: Any) -> str:
        return self._node('Reshape', self._of(node.args[0]), self._constant(np.array(shape)))


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, int):
        return field(1, name) + field(3, value) + field(20, _INT)
    if isinstance(value, str):
        return field(1, name) + field(4, value) + field(20, _TEXT)
    return field(1, name) + b''.join(field(8, item) for item in value) + field(20, _INTS)


def _value(name: str, shape: Sequence[int | str]) -> bytes:
    """Name, number format and shape of an input or output; a text names a size of any length."""
    sizes = b''.join(field(1, field(1 if isinstance(size, int) else 2, size)) for size in shape)
    return field(1, name) + field(2, field(1, field(1, _FLOAT) + field(2, sizes)))
