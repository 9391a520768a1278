# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The parameters that say which model runs, where, and what stands in front of it."""

from __future__ import annotations

from streamo_ros.config.parameter import Parameter
from streamo_ros.config.parameter import When

_SETUP = When.UNCONFIGURED

MODEL_ROWS = (
    Parameter(
        'model.path',
        '',
        'Folder of the checkpoint, a .yaml script that stands in for a model, or the URL of an '
        'OpenAI-compatible server, http://HOST:PORT/v1; tiny or objects = an embedded model; '
        'empty = tiny.',
        _SETUP,
    ),
    Parameter(
        'model.runtime',
        'torch',
        'What runs a checkpoint: torch = the engine of this package; vllm = that of vLLM in this '
        'process, where it is installed.',
        _SETUP,
        choices=('torch', 'vllm'),
    ),
    Parameter(
        'model.name',
        '',
        'Name of the model on the server that model.path names; empty = the only one there.',
        _SETUP,
    ),
    Parameter(
        'model.settings',
        '',
        'The streamo.json of a served checkpoint, or its folder: system prompt, rate, limits; '
        'empty = none.',
        _SETUP,
    ),
    Parameter(
        'model.request_timeout',
        10.0,
        'Seconds after which a request to a server has failed, retries included; '
        'must be below model.timeout.',
        _SETUP,
        0.1,
        600.0,
    ),
    Parameter(
        'model.gate',
        '',
        'Checkpoint or script that decides when the model speaks; tiny, objects or gate = an '
        'embedded one; empty = the model itself.',
        _SETUP,
    ),
    Parameter(
        'gate.main',
        'streaming',
        'With a gate: what the model does until it must answer; streaming = it takes in every '
        'frame; on_demand = nothing, it reads what was kept.',
        _SETUP,
        choices=('streaming', 'on_demand'),
    ),
    Parameter(
        'model.dialect',
        'auto',
        'What the checkpoint was trained to read and say: a name of docs/dialects.md, or a .yaml '
        'file; auto = as its streamo.json says, or recognized by its tokens.',
        _SETUP,
    ),
    Parameter(
        'model.protocol',
        'auto',
        'How the checkpoint encodes the states; auto = as its streamo.json or its dialect says.',
        _SETUP,
        choices=('auto', 'special_tokens', 'text_tags'),
    ),
    Parameter(
        'model.device',
        'auto',
        'Where the model runs; auto = a CUDA device where there is one.',
        _SETUP,
        choices=('auto', 'cpu', 'cuda'),
    ),
    Parameter(
        'model.dtype',
        'auto',
        'Number format; auto = float32 on a CPU, else bfloat16.',
        _SETUP,
        choices=('auto', 'float32', 'bfloat16', 'float16'),
    ),
    Parameter(
        'model.max_pixels',
        0,
        'Largest area of the image passed to the model, in pixels; the aspect ratio is kept. '
        '0 = what the checkpoint asks for, else 100352, or the tile that InternVL, SmolVLM2 or '
        "LLaVA-OneVision was trained on, or the area of Gemma 4's 70 tokens.",
        _SETUP,
        0,
        16777216,
    ),
    Parameter(
        'model.vision',
        'auto',
        'What runs the vision encoder; auto = a TensorRT engine that was built before, or '
        'ONNX Runtime on a CPU for streamo-objects, or torch.',
        _SETUP,
        choices=('auto', 'torch', 'onnxruntime', 'tensorrt'),
    ),
    Parameter(
        'model.timeout',
        30.0,
        'Seconds after which a forward pass counts as hung and '
        'the process exits with an error; 0 = never.',
        When.ALWAYS,
        0.0,
        3600.0,
    ),
    Parameter(
        'model.max_failures',
        10,
        'Passes of the model that may fail in a row before the process ends with exit code 3; '
        '0 = any number.',
        When.ALWAYS,
        0,
        1000000,
    ),
)
"""Rows of the table of all parameters, in the order of the documentation."""
