# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Write down which names one version of TensorRT's Python bindings offers, as JSON.

Facts only: classes, their members, values of enums. Run once for each version; the lists lie
beside this file and the tests read those.

Usage: python surface.py MODULE > VERSION.json, where MODULE is `tensorrt_bindings` or
`tensorrt_rtx`. The plain bindings need libnvinfer, libnvinfer_plugin and libnvonnxparser; shared
objects that define the nine C symbols which the bindings import are enough to be listed:
createInferBuilder_INTERNAL, createInferRefitter_INTERNAL, createInferRuntime_INTERNAL,
createNvOnnxParser_INTERNAL, createNvOnnxParserRefitter_INTERNAL, getBuilderPluginRegistry,
getNvOnnxParserVersion, getPluginRegistry, initLibNvInferPlugins.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

CLASSES = (
    'Builder',
    'BuilderFlag',
    'ComputeCapability',
    'DataType',
    'EngineInspector',
    'HardwareCompatibilityLevel',
    'IBuilderConfig',
    'ICudaEngine',
    'IExecutionContext',
    'IHostMemory',
    'ILogger',
    'INetworkDefinition',
    'IProgressMonitor',
    'ITimingCache',
    'Logger',
    'MemoryPoolType',
    'NetworkDefinitionCreationFlag',
    'OnnxParser',
    'ParserError',
    'ProfilingVerbosity',
    'Runtime',
    'TensorIOMode',
    'TensorLocation',
)


def members(kind: type) -> dict[str, Any]:
    """Public members of a class; an enum's with their values, others with null."""
    names = [name for name in dir(kind) if not name.startswith('_')]
    enum = getattr(kind, '__members__', {})
    return {name: int(enum[name]) if name in enum else None for name in sorted(names)}


def main() -> None:
    """Print the list of the module that the command line names."""
    module = importlib.import_module(sys.argv[1])
    found = {name: members(getattr(module, name)) for name in CLASSES if hasattr(module, name)}
    json.dump({'version': module.__version__, 'classes': found}, sys.stdout, indent=0)
    print()


if __name__ == '__main__':
    main()
