# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Triton's interpreter runs the kernels where there is no GPU."""

from __future__ import annotations

import os

import numpy as np
import torch

if not torch.cuda.is_available():
    os.environ['TRITON_INTERPRET'] = '1'  # read when kernels are defined


def mend_interpreter():
    """Make formats in the interpreter what they are on a GPU, and calls between kernels cheap.

    It multiplies matrices of bfloat16's bits, and cuts off where a GPU rounds to nearest. Each
    call of one function by another wraps Triton's whole language once more: ten times slower.
    """
    import triton.language as tl
    from triton.runtime import interpreter

    dot, convert = interpreter.InterpreterBuilder.create_dot, interpreter._convert_float

    wrapped = []

    def converted(data, source, target, mode):
        if (source, target) == (tl.bfloat16, tl.float32):
            return data.astype(np.uint32) << 16
        if (source, target) == (tl.float32, tl.bfloat16):
            bits = data.view(np.uint32)
            nearest = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16
            return np.where(np.isnan(data), 0x7FC0, nearest).astype(np.uint16)
        if (source, target) == (tl.float32, tl.float8e4nv):
            numbers = torch.from_numpy(np.ascontiguousarray(data).view(np.float32))
            return numbers.to(torch.float8_e4m3fn).view(torch.uint8).numpy()
        return convert(data, source, target, mode)

    def widened(handle):
        if handle.dtype.scalar != tl.bfloat16:
            return handle
        bits = converted(handle.data, tl.bfloat16, tl.float32, None)
        return interpreter.TensorHandle(bits.view(np.float32), tl.float32)

    def create_dot(self, a, b, *rest):
        return dot(self, widened(a), widened(b), *rest)

    def call(self, *args, **choices):
        # What the launch has wrapped is `tl`; Triton's own functions know it as `core`.
        own = self.fn.__globals__.get('core') is tl.core
        if own and not wrapped:
            wrapped.append(interpreter._patch_lang(self.fn))
        return self.rewrite()(*args, **choices)

    interpreter.InterpretedFunction.__call__ = call
    interpreter.InterpreterBuilder.create_dot = create_dot
    interpreter._convert_float = converted


try:
    import triton  # noqa: F401
except ImportError:
    pass
else:
    if not torch.cuda.is_available():
        mend_interpreter()
