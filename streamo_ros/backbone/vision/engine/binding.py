# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""TensorRT's Python bindings: which are there, how they are opened, what they complain about.

`tensorrt` (JetPack, desktop; 10.3 and later) and `tensorrt_rtx` (pip, desktop RTX) have the same
names for all that is used here. Knows where the versions differ; nothing else does.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from streamo_ros.backbone.vision.engine import EngineError
from streamo_ros.backbone.vision.engine import Flavour
from streamo_ros.backbone.vision.engine import Gpu

OLDEST = (10, 3)
"""Oldest plain TensorRT that is supported: JetPack 6."""

FLAVOURS: tuple[Flavour, ...] = ('tensorrt', 'tensorrt_rtx')
TITLES = {'tensorrt': 'TensorRT', 'tensorrt_rtx': 'TensorRT-RTX'}

HOW_TO_GET = (
    'on a Jetson install python3-libnvinfer from JetPack and let the virtual environment see '
    'system packages, on a desktop RTX GPU run `pip install tensorrt-rtx`'
)


@dataclass(frozen=True)
class Binding:
    """Bindings that were imported.

    Attributes:
        module: the Python module.
        flavour: which of the two.
        version: as the module gives it.
    """

    module: Any
    flavour: Flavour
    version: str

    def __str__(self) -> str:
        return f'{TITLES[self.flavour]} {self.version}'

    def network_flags(self) -> int:
        """Flags of a strongly typed network; the bits are numbered anew in 11."""
        flag = self.module.NetworkDefinitionCreationFlag
        word = 1 << int(flag.STRONGLY_TYPED)
        if hasattr(flag, 'EXPLICIT_BATCH'):
            word |= 1 << int(flag.EXPLICIT_BATCH)
        return word

    def check(self, gpu: Gpu) -> None:
        """Refuse a GPU that these bindings name no kernels for.

        Only TensorRT-RTX says beforehand; plain TensorRT says when it builds or loads.

        Raises:
            EngineError: it is not among those that they build for.
        """
        major, minor = gpu.capability
        known = getattr(self.module, 'ComputeCapability', None)
        if known is not None and not hasattr(known, f'SM{major}{minor}'):
            raise EngineError(
                f'{self} has no kernels for {gpu}: install plain TensorRT for this GPU, or set '
                'model.vision to torch'
            )

    def target(self, config: Any, gpu: Gpu) -> None:
        """Build for a GPU that need not be in this machine; plain TensorRT takes the one that is.

        Raises:
            EngineError: there are no kernels for it.
        """
        self.check(gpu)
        if hasattr(config, 'set_compute_capability'):
            major, minor = gpu.capability
            config.num_compute_capabilities = 1
            chosen = getattr(self.module.ComputeCapability, f'SM{major}{minor}')
            config.set_compute_capability(chosen, 0)


def installed() -> list[Flavour]:
    """Bindings that could be imported, best first; imports none."""
    return [flavour for flavour in FLAVOURS if importlib.util.find_spec(flavour) is not None]


def find_binding(gpu: Gpu | None, flavour: str = 'auto') -> Binding:
    """Import the bindings to use.

    Args:
        gpu: the GPU that was seen. Without one the plain bindings are not imported: the first
            call into their library would end the process.
        flavour: 'auto', 'tensorrt' or 'tensorrt_rtx'; 'auto' prefers the plain one.

    Raises:
        EngineError: there are none, or none that work here.
    """
    if flavour not in ('auto', *FLAVOURS):
        raise EngineError(f'{flavour!r} is no TensorRT: use auto, {" or ".join(FLAVOURS)}')
    found = [one for one in installed() if flavour in ('auto', one)]
    if not found:
        wanted = 'TensorRT' if flavour == 'auto' else TITLES[flavour]
        raise EngineError(f'{wanted} is not installed: {HOW_TO_GET}')
    usable = [one for one in found if gpu is not None or one == 'tensorrt_rtx']
    if not usable:
        raise EngineError(
            'torch sees no CUDA device, without which TensorRT cannot be opened: install the '
            "driver and a torch that is built for CUDA (on a Jetson NVIDIA's own wheel)"
        )
    return _open(usable[0])


def _open(flavour: Flavour) -> Binding:
    try:
        module = importlib.import_module(flavour)
        version = str(module.__version__)
    except (ImportError, OSError, AttributeError) as error:
        reason = str(error).strip().splitlines()
        raise EngineError(
            f'{TITLES[flavour]} is installed but cannot be imported '
            f'({reason[0] if reason else type(error).__name__}): {HOW_TO_GET}'
        ) from error
    binding = Binding(module, flavour, version)
    if flavour == 'tensorrt' and release(version) < OLDEST:
        raise EngineError(
            f'{binding} is too old: {OLDEST[0]}.{OLDEST[1]} or newer is needed (JetPack 6)'
        )
    return binding


def release(version: str) -> tuple[int, int]:
    """Major and minor number of a version.

    Raises:
        EngineError: it does not begin with two numbers.
    """
    parts = version.split('.')
    if len(parts) < 2 or not (parts[0].isdigit() and parts[1].isdigit()):
        raise EngineError(f'the TensorRT version {version!r} is not understood: reinstall it')
    return int(parts[0]), int(parts[1])


class TensorRTLog:
    """What TensorRT said at severity error or worse, and what it is asked to log through.

    Attributes:
        logger: TensorRT's own kind of object, to be passed to Builder, Runtime and parser.
        lines: the complaints, oldest first, at most 50.
    """

    def __init__(self, binding: Binding, say: Callable[[str], None] | None = None) -> None:
        self.lines: list[str] = []
        self._say = say
        self.logger = _logger(binding.module, self._take)

    @property
    def reason(self) -> str:
        """The first complaint in one line; later ones are mostly its consequences."""
        return self.lines[0] if self.lines else 'it gives no reason'

    def _take(self, serious: bool, text: str) -> None:
        line = ' '.join(text.split())
        if serious and len(self.lines) < 50:
            self.lines.append(line)
        if self._say is not None:
            self._say(line)


def _logger(trt: Any, take: Callable[[bool, str], None]) -> Any:
    """An object of a class that only exists once the bindings do."""
    severity = trt.ILogger.Severity
    grave, shown = (severity.INTERNAL_ERROR, severity.ERROR), severity.WARNING

    base: Any = trt.ILogger

    class Logger(base):
        def __init__(self) -> None:
            trt.ILogger.__init__(self)

        def log(self, level: Any, text: str) -> None:
            if level in grave:
                take(True, text)
            elif level == shown:
                take(False, text)

    return Logger()
