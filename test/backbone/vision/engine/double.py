# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A TensorRT that checks how it is used.

It has exactly the names of one real version (lists in test/data/tensorrt_api) and fails on any
other. It runs graphs in ONNX Runtime on the memory that it was given addresses of, so what comes
out of the runner is right only if names, order, shapes, formats and lifetimes are.
"""

from __future__ import annotations

import ctypes
import enum
import importlib.machinery
import json
import types
import weakref
from pathlib import Path

import numpy as np
import onnx

SURFACES = Path(__file__).parents[3] / 'data' / 'tensorrt_api'
VERSIONS = ('10.3.0', '10.13.3.9', '10.16.1.11', '11.4.0.106', 'rtx-1.7.1.116')
FORMATS = {1: 'FLOAT', 10: 'HALF', 16: 'BF16'}
NUMPY = {'FLOAT': np.float32, 'HALF': np.float16}


class MisuseError(AssertionError):
    """TensorRT would have crashed, or given wrong numbers."""


class Surface:
    """Base of the double's objects: only names that the real version has can be used."""

    def __init_subclass__(cls, **more):
        super().__init_subclass__(**more)
        cls.names = ()

    def __getattr__(self, name):
        raise AttributeError(f'{type(self).__name__} has no {name} in this version')

    def __setattr__(self, name, value):
        if not name.startswith('_') and name not in self.names:
            raise MisuseError(f'{type(self).__name__} has no {name} in this version')
        super().__setattr__(name, value)


class Recorder:
    """What was done, in order, and how the double is told to fail."""

    def __init__(self):
        self.calls = []
        self.build_fails = self.load_fails = self.run_fails = ''
        self.no_library = False
        self.wrong = 0.0
        self.stream = 77

    def note(self, *call):
        self.calls.append(call)

    def names(self):
        return [call[0] for call in self.calls]


def make_module(version, recorder):
    """A module like TensorRT's Python bindings of one version."""
    listed = json.loads((SURFACES / f'{version}.json').read_text())
    module = types.ModuleType('tensorrt_rtx' if version.startswith('rtx') else 'tensorrt')
    module.__spec__ = importlib.machinery.ModuleSpec(module.__name__, None)
    module.__version__ = listed['version']
    for name, members in listed['classes'].items():
        values = {key: value for key, value in members.items() if value is not None}
        if values and name not in ('ILogger',):
            setattr(module, name, enum.IntEnum(name, values))
    for kind in _classes(module, recorder):
        kind.names = frozenset(listed['classes'].get(kind.__name__, ()))
        for name in list(vars(kind)):
            if not name.startswith('_') and name != 'names' and name not in kind.names:
                delattr(kind, name)
        setattr(module, kind.__name__, kind)
    return module


def _classes(module, recorder):  # noqa: C901
    class ILogger:
        class Severity(enum.IntEnum):
            INTERNAL_ERROR = 0
            ERROR = 1
            WARNING = 2
            INFO = 3
            VERBOSE = 4

        def __init__(self):
            self._opened = True

    def complain(logger, text):
        if not getattr(logger, '_opened', False):
            raise MisuseError('ILogger.__init__ was not called')
        logger.log(ILogger.Severity.ERROR, text)

    class IProgressMonitor:
        def __init__(self):
            self._opened = True

    class Builder(Surface):
        def __init__(self, logger):
            if recorder.no_library:
                complain(logger, recorder.no_library)
                raise TypeError('factory function returned nullptr')
            self._logger = logger
            recorder.note('Builder')

        def create_network(self, flags):
            strongly = 1 << int(module.NetworkDefinitionCreationFlag.STRONGLY_TYPED)
            if not flags & strongly:
                raise MisuseError('the network is not strongly typed')
            recorder.note('create_network', flags)
            return INetworkDefinition()

        def create_builder_config(self):
            return IBuilderConfig()

        def build_serialized_network(self, network, config):
            if network._graph is None:
                raise MisuseError('nothing was parsed')
            recorder.note('build', config)
            if recorder.build_fails:
                complain(self._logger, recorder.build_fails)
                return None
            monitor = config.progress_monitor
            if not monitor._opened:
                raise MisuseError('IProgressMonitor.__init__ was not called')
            monitor.phase_start('Building engine', None, 2)
            monitor.phase_start('Tactics', 'Building engine', 9)
            for step in range(2):
                assert monitor.step_complete('Building engine', step)
            monitor.phase_finish('Tactics')
            monitor.phase_finish('Building engine')
            return str(network._graph).encode()

    class INetworkDefinition(Surface):
        def __init__(self):
            self._graph = None

    class IBuilderConfig(Surface):
        def __init__(self):
            self._pools, self._timings, self._targets = {}, None, []

        def set_memory_pool_limit(self, pool, size):
            self._pools[pool] = size

        def set_flag(self, flag):
            raise MisuseError(f'{flag} was set: precision stands in the graph')

        def create_timing_cache(self, data):
            return ITimingCache(data)

        def set_timing_cache(self, cache, ignore_mismatch):
            if ignore_mismatch:
                raise MisuseError('times of another machine would be believed')
            self._timings = cache
            return True

        def set_compute_capability(self, capability, index):
            if index >= self.num_compute_capabilities:
                raise MisuseError('there are not so many targets')
            self._targets.append(capability)

    class ITimingCache(Surface):
        def __init__(self, data):
            self._data = data

        def serialize(self):
            return self._data + b'measured'

    class OnnxParser(Surface):
        def __init__(self, network, logger):
            self._network = network

        def parse_from_file(self, path):
            onnx.checker.check_model(path)
            self._network._graph = path
            recorder.note('parse')
            return True

    class Runtime(Surface):
        def __init__(self, logger):
            if recorder.no_library:
                complain(logger, recorder.no_library)
                raise TypeError('factory function returned nullptr')
            self._logger = logger

        def deserialize_cuda_engine(self, plan):
            if recorder.load_fails:
                complain(self._logger, recorder.load_fails)
                return None
            recorder.note('deserialize')
            return ICudaEngine(Path(bytes(plan).decode()), weakref.ref(self))

    class ICudaEngine(Surface):
        def __init__(self, path, runtime):
            import onnxruntime

            self._session = onnxruntime.InferenceSession(str(path))
            graph = onnx.load(str(path), load_external_data=False).graph
            self._runtime = runtime
            self._inputs = {value.name for value in graph.input}
            self._tensors = {value.name: value for value in (*graph.input, *graph.output)}
            self.num_io_tensors = len(self._tensors)

        def get_tensor_name(self, at):
            return list(self._tensors)[at]

        def get_tensor_mode(self, name):
            mode = module.TensorIOMode
            return mode.INPUT if name in self._inputs else mode.OUTPUT

        def get_tensor_dtype(self, name):
            number = self._tensors[name].type.tensor_type.elem_type
            return module.DataType[FORMATS[number]]

        def get_tensor_shape(self, name):
            return tuple(d.dim_value for d in self._tensors[name].type.tensor_type.shape.dim)

        def get_tensor_location(self, name):
            return module.TensorLocation.DEVICE

        def create_execution_context(self):
            return IExecutionContext(self)

    class IExecutionContext(Surface):
        def __init__(self, engine):
            self._engine, self._addresses = weakref.ref(engine), {}

        def set_tensor_address(self, name, address):
            recorder.note('set_tensor_address', name)
            if name not in self._engine()._tensors or not address:
                return False
            self._addresses[name] = address
            return True

        def execute_async_v3(self, stream):
            engine = self._engine()
            if engine is None or engine._runtime() is None:
                raise MisuseError('the engine or its runtime is gone')
            if set(self._addresses) != set(engine._tensors):
                raise MisuseError('a tensor has no address')
            if stream != recorder.stream or recorder.names()[-1] != 'begin':
                raise MisuseError('not on the stream, or before it waits for the input')
            recorder.note('execute')
            if recorder.run_fails:
                return False
            feeds = {n: self._view(engine, n) for n in engine._inputs}
            names = [n for n in engine._tensors if n not in engine._inputs]
            for name, found in zip(names, engine._session.run(names, feeds), strict=True):
                noise = np.random.default_rng(1).standard_normal(found.shape)
                self._view(engine, name)[:] = found + recorder.wrong * noise * found.std()
            return True

        def _view(self, engine, name):
            kind = np.dtype(NUMPY[engine.get_tensor_dtype(name).name])
            shape = engine.get_tensor_shape(name)
            size = int(np.prod(shape)) * kind.itemsize
            memory = (ctypes.c_char * size).from_address(self._addresses[name])
            return np.frombuffer(memory, kind).reshape(shape)

    return (
        ILogger,
        IProgressMonitor,
        Builder,
        INetworkDefinition,
        IBuilderConfig,
        ITimingCache,
        OnnxParser,
        Runtime,
        ICudaEngine,
        IExecutionContext,
    )
