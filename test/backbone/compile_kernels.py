# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Compiles the kernels for GPUs that are not there, with the arguments of real launches.

`python compile_kernels.py CAPABILITY` goes through an append and a decode step of Qwen2.5-VL-7B's
and Qwen3-VL-4B's attention, the latter with a window of eight bits, and through the operators
around it and in the vision tower; and prints what was compiled. Triton's interpreter takes more
than its compiler does: a name that changes its type in a loop, for one.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import torch
import triton
from torch import nn
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from streamo_ros.backbone import fused_operators
from streamo_ros.backbone.attention import flash
from streamo_ros.backbone.attention.storage import WindowFormat
from streamo_ros.backbone.fused_operators import FusedOperators
from streamo_ros.backbone.vision import tower_kernels
from streamo_ros.backbone.vision.tower_kernels import FusedTowerOperators
from streamo_ros.backbone.vision.tower_operators import Norm

MODULES = (flash, fused_operators, tower_kernels)
TYPES = {
    torch.bfloat16: '*bf16',
    torch.float32: '*fp32',
    torch.int32: '*i32',
    torch.int64: '*i64',
    torch.int8: '*i8',
    torch.float8_e4m3fn: '*fp8e4nv',
}


class Compiled:
    """Stands for a kernel: a launch compiles it and computes nothing."""

    def __init__(self, module, name, target):
        self.name, self.target = f'{module.__name__.split(".")[-1]}.{name}', target
        self.kernel = getattr(module, name)

    def __getitem__(self, grid):
        return self.compile

    def compile(self, *args, num_warps, num_stages=3, **constants):
        names = self.kernel.arg_names
        signature = {
            **{name: kind(value) for name, value in zip(names, args, strict=False)},
            **dict.fromkeys(constants, 'constexpr'),
        }
        assert list(signature) == names, self.name
        source = ASTSource(self.kernel, signature, constexprs=constants)
        choices = {'num_warps': num_warps, 'num_stages': num_stages}
        made = triton.compile(source, target=self.target, options=choices)
        print(self.name, made.metadata.shared)


def kind(value):
    """The type of an argument, as the compiler names it."""
    if isinstance(value, torch.Tensor):
        return TYPES[value.dtype]
    return 'fp32' if isinstance(value, float) else 'i32'


def attend(capability):
    """Both kinds of steps of the attention of two checkpoints, and of large keys on one GPU."""
    path = Path(__file__).parent / 'attention' / 'pair.py'
    spec = importlib.util.spec_from_file_location('pair', path)
    pair_module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pair_module)
    eight = WindowFormat(torch.float8_e4m3fn if capability >= 89 else torch.int8)
    cases = [(4, 7, 128, torch.bfloat16, None), (8, 4, 128, torch.bfloat16, eight)]
    if capability == 90:
        cases += [(2, 8, 128, torch.float32, None), (4, 2, 256, torch.bfloat16, eight)]
    for heads, groups, dim, dtype, kept in cases:
        shape = pair_module.shape(heads, groups, dim, lanes=4, capacity=600)
        pair = pair_module.Pair(shape, dtype, norms=bool(kept), splits=132, kept=kept)
        for counts in ([290, 0, 5, 0], [1, 1, 1, 1]):
            step, _ = pair.step(counts)
            pair.kernels.begin(step)
            pair.kernels.attend(0, pair.rows(step.rows), pair.norms, step, final=False)


def operate():
    """The operators around attention, and those of the vision tower."""
    rows = torch.zeros(8, 3584, dtype=torch.bfloat16)
    weight = torch.zeros(3584, dtype=torch.bfloat16)
    language = FusedOperators()
    language.norm(rows, weight, 1e-6)
    language.add_norm(rows, rows, weight, 1e-6)
    language.gate(torch.zeros(8, 2 * 18944, dtype=torch.bfloat16))
    patches, tower = rows[:, :1280].contiguous(), FusedTowerOperators()
    weight = weight[:1280]
    plain = SimpleNamespace(weight=weight, variance_epsilon=1e-6)
    centered = nn.LayerNorm(1280, dtype=torch.bfloat16)
    tower.add_norm(patches, None, None, Norm(plain))
    tower.add_norm(patches, patches, weight, Norm(centered))
    angles = torch.zeros(8, 80)
    tower.rotate(torch.zeros(8, 3, 16, 80, dtype=torch.bfloat16), angles, angles)


def main(capability):
    target = GPUTarget('cuda', capability, 32)
    for module in MODULES:
        for name in [name for name in vars(module) if name.endswith('_kernel')]:
            setattr(module, name, Compiled(module, name, target))
    attend(capability)
    operate()


if __name__ == '__main__':
    main(int(sys.argv[1]))
