# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Loads torch's large libraries without holding Python's global lock.

`import torch` holds it for seconds while the dynamic linker works, from a cold disk longer, and
during that time no other thread of the process runs: no service is answered and no signal handled.
Libraries that are already loaded cost the import nothing.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
from pathlib import Path

# None of them uses Python, so that their initializers need no lock.
LIBRARIES = ('libc10.so', 'libtorch_cpu.so', 'libc10_cuda.so', 'libtorch_cuda.so')
_LOCAL = os.RTLD_LAZY | os.RTLD_LOCAL


def preload_torch() -> list[str]:
    """Load the libraries; what cannot be loaded this way is left to the import.

    Returns:
        The names of those that were loaded.
    """
    spec = importlib.util.find_spec('torch')
    if spec is None or spec.origin is None:
        return []
    folder = Path(spec.origin).parent / 'lib'
    present = [folder / name for name in LIBRARIES if (folder / name).exists()]
    # ctypes.CDLL(path) would hold the lock; a function called through ctypes does not.
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype = ctypes.c_void_p
    return [path.name for path in present if dlopen(os.fsencode(path), ctypes.c_int(_LOCAL))]
