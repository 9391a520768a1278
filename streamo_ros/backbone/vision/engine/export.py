# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Exports a vision tower as an ONNX graph, with the grid as constants and explicit number formats.

The graph is strongly typed: what the torch tower computes in float32 (norms, rotary angles) stays
float32 in an engine of any format.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch import Tensor

from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.engine import EngineError
from streamo_ros.backbone.vision.engine import INPUT
from streamo_ros.backbone.vision.engine import output_names
from streamo_ros.packages import describe_missing

OPSET = 18
"""TensorRT 10.3 supports up to 20 by its documentation; newer attention operators need 10.15."""

GRAPH = 'tower.onnx'


@dataclass(frozen=True)
class Graph:
    """An exported tower.

    Attributes:
        path: the ONNX file; its weights are in a file next to it.
        outputs: names of the outputs.
    """

    path: Path
    outputs: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """Size of graph and weights."""
        return sum(file.stat().st_size for file in self.path.parent.glob(f'{self.path.name}*'))


def export(tower: nn.Module, grid: Grid, dtype: torch.dtype, file: Path) -> Graph:
    """Write a tower as ONNX, with its weights as external data next to it.

    Args:
        tower: a torch encoder of the grid, already in `dtype`, on a CPU.
        grid: its grid.
        dtype: number format of its weights and patches.
        file: the .onnx file to write.

    Raises:
        EngineError: a package for the export is missing, or the file cannot be written.
    """
    example = torch.zeros(grid.patch_shape, dtype=dtype)
    frozen = tower.eval().requires_grad_(False)
    with torch.no_grad(), _silenced():
        outputs: tuple[Tensor, ...] = frozen(example)
        names = output_names(len(outputs))
        program = _program(frozen, example, names)
    try:
        program.save(str(file), external_data=True)
    except OSError as error:
        raise EngineError(
            f'the graph cannot be written to {file.parent} ({error.strerror or error}): free '
            'some space there or choose another folder'
        ) from error
    return Graph(file, tuple(names))


def _program(tower: nn.Module, example: Tensor, names: list[str]) -> Any:
    try:
        return torch.onnx.export(
            tower,
            (example,),
            dynamo=True,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=names,
            verbose=False,
        )
    except (ImportError, torch.onnx.errors.OnnxExporterError) as error:
        missing = getattr(error, 'name', None) or getattr(error.__cause__, 'name', None)
        if missing:
            raise EngineError(describe_missing(missing)) from error
        raise EngineError(f'the vision tower cannot be exported: {_first_line(error)}') from error


def operators(file: Path) -> dict[str, int]:
    """How often each operator occurs in a graph, including its functions."""
    import onnx

    model = onnx.load(str(file), load_external_data=False)
    counts: dict[str, int] = {}
    for nodes in (model.graph.node, *(function.node for function in model.functions)):
        for node in nodes:
            counts[node.op_type] = counts.get(node.op_type, 0) + 1
    return counts


@contextmanager
def _silenced() -> Iterator[None]:
    """Hide the exporter's warnings about operators of packages that are not used here."""
    names = ('torch.onnx', 'onnxscript', 'onnx_ir')
    levels = {name: logging.getLogger(name).level for name in names}
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        for name in names:
            logging.getLogger(name).setLevel(logging.ERROR)
        try:
            yield
        finally:
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
