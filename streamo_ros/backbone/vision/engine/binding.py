# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""TensorRT's Python bindings: finding them, importing them, and collecting their error messages.

`tensorrt` (JetPack, desktop; 10.3 and later) and `tensorrt_rtx` (pip, desktop RTX) have the same
names for everything used here. Differences between versions are handled here only.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from streamo_ros.backbone.vision.engine import EngineError
from streamo_ros.backbone.vision.engine import Flavor
from streamo_ros.backbone.vision.engine import Gpu

OLDEST = (10, 3)
"""Oldest plain TensorRT that is supported: JetPack 6."""

FLAVORS: tuple[Flavor, ...] = ('tensorrt', 'tensorrt_rtx')
TITLES = {'tensorrt': 'TensorRT', 'tensorrt_rtx': 'TensorRT-RTX'}

HOW_TO_INSTALL = (
    'on a Jetson install python3-libnvinfer from JetPack and let the virtual environment see '
    'system packages, on a desktop RTX GPU run `pip install tensorrt-rtx`'
)


@dataclass(frozen=True)
class Binding:
    """Imported bindings.

    Attributes:
        module: the Python module.
        flavor: which of the two.
        version: the module's version.
    """

    module: Any
    flavor: Flavor
    version: str

    def __str__(self) -> str:
        return f'{TITLES[self.flavor]} {self.version}'

    def network_flags(self) -> int:
        """Flags of a strongly typed network; version 11 renumbered the bits.

        A flag that a version lacks is what it always does: 11 knows no other than explicit
        batches, and one that knows no other than strong types may drop that flag, too.
        """
        flag = getattr(self.module, 'NetworkDefinitionCreationFlag', None)
        names = ('STRONGLY_TYPED', 'EXPLICIT_BATCH')
        return sum(1 << int(getattr(flag, name)) for name in names if hasattr(flag, name))

    def check(self, gpu: Gpu) -> None:
        """Refuse a GPU that these bindings have no kernels for.

        Only TensorRT-RTX can tell in advance; plain TensorRT fails when it builds or loads.

        Raises:
            EngineError: the GPU is not supported.
        """
        major, minor = gpu.capability
        supported = getattr(self.module, 'ComputeCapability', None)
        if supported is not None and not hasattr(supported, f'SM{major}{minor}'):
            raise EngineError(
                f'{self} has no kernels for {gpu}: install plain TensorRT for this GPU, or set '
                'model.vision to torch'
            )

    def target(self, config: Any, gpu: Gpu) -> None:
        """Set the GPU to build for, which need not be in this machine.

        Plain TensorRT always builds for the GPU in this machine.

        Raises:
            EngineError: there are no kernels for it.
        """
        self.check(gpu)
        if hasattr(config, 'set_compute_capability'):
            major, minor = gpu.capability
            config.num_compute_capabilities = 1
            capability = getattr(self.module.ComputeCapability, f'SM{major}{minor}')
            config.set_compute_capability(capability, 0)


def installed() -> list[Flavor]:
    """Installed bindings, preferred ones first; imports none of them."""
    return [flavor for flavor in FLAVORS if importlib.util.find_spec(flavor) is not None]


def find_binding(gpu: Gpu | None, flavor: str = 'auto') -> Binding:
    """Import the bindings to use.

    Args:
        gpu: the GPU that torch sees. Without one the plain bindings are not imported: the first
            call into their library would crash the process.
        flavor: 'auto', 'tensorrt' or 'tensorrt_rtx'; 'auto' prefers the plain one.

    Raises:
        EngineError: there are none, or none that work here.
    """
    if flavor not in ('auto', *FLAVORS):
        raise EngineError(f'unknown TensorRT {flavor!r}: use auto, {" or ".join(FLAVORS)}')
    candidates = [name for name in installed() if flavor in ('auto', name)]
    if not candidates:
        title = 'TensorRT' if flavor == 'auto' else TITLES[flavor]
        raise EngineError(f'{title} is not installed: {HOW_TO_INSTALL}')
    usable = [name for name in candidates if gpu is not None or name == 'tensorrt_rtx']
    if not usable:
        raise EngineError(
            'torch sees no CUDA device, and TensorRT cannot be loaded without one: install the '
            "driver and a torch built for CUDA (on a Jetson, NVIDIA's own wheel)"
        )
    return _import(usable[0])


def _import(flavor: Flavor) -> Binding:
    try:
        module = importlib.import_module(flavor)
        version = str(module.__version__)
    except (ImportError, OSError, AttributeError) as error:
        reason = str(error).strip().splitlines()
        raise EngineError(
            f'{TITLES[flavor]} is installed but cannot be imported '
            f'({reason[0] if reason else type(error).__name__}): {HOW_TO_INSTALL}'
        ) from error
    binding = Binding(module, flavor, version)
    if flavor == 'tensorrt' and release(version) < OLDEST:
        raise EngineError(
            f'{binding} is too old: version {OLDEST[0]}.{OLDEST[1]} or newer is required '
            '(JetPack 6)'
        )
    return binding


def release(version: str) -> tuple[int, int]:
    """Major and minor version.

    Raises:
        EngineError: the version does not start with two numbers.
    """
    parts = version.split('.')
    if len(parts) < 2 or not (parts[0].isdigit() and parts[1].isdigit()):
        raise EngineError(f'cannot parse the TensorRT version {version!r}: reinstall TensorRT')
    return int(parts[0]), int(parts[1])


class TensorRTLog:
    """Collects the errors that TensorRT logs.

    Attributes:
        logger: TensorRT's logger, to be passed to Builder, Runtime and parser.
        errors: the error messages, oldest first, at most 50.

    Args:
        binding: TensorRT.
        on_line: receives every line from severity warning on; None = nobody does.
    """

    def __init__(self, binding: Binding, on_line: Callable[[str], None] | None = None) -> None:
        self.errors: list[str] = []
        self._on_line = on_line
        self.logger = _logger(binding.module, self._record)

    @property
    def reason(self) -> str:
        """The first error in one line; later ones are mostly its consequences."""
        return self.errors[0] if self.errors else 'it gives no reason'

    def _record(self, is_error: bool, text: str) -> None:
        line = ' '.join(text.split())
        if is_error and len(self.errors) < 50:
            self.errors.append(line)
        if self._on_line is not None:
            self._on_line(line)


def _logger(trt: Any, record: Callable[[bool, str], None]) -> Any:
    """A TensorRT logger; its class can only be defined after the bindings are imported."""
    severity = trt.ILogger.Severity
    errors, warning = (severity.INTERNAL_ERROR, severity.ERROR), severity.WARNING

    base: Any = trt.ILogger

    class Logger(base):
        def __init__(self) -> None:
            trt.ILogger.__init__(self)

        def log(self, level: Any, text: str) -> None:
            if level in errors:
                record(True, text)
            elif level == warning:
                record(False, text)

    return Logger()
