# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a checkpoint is run, and what that means on this machine.

Imports torch only when a device is requested.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamo_ros.core.instruction import DEFAULT_INSTRUCTIONS
from streamo_ros.core.interface import BackboneError

if TYPE_CHECKING:
    import torch

MAX_PIXELS = 100352
"""Streamo's frame area: 128 merged tokens of 28 x 28 pixels."""

RUNTIMES = ('torch', 'vllm')

VISION = ('auto', 'torch', 'onnxruntime', 'tensorrt')

DTYPES = ('float32', 'bfloat16', 'float16')
WINDOW_DTYPES = ('auto', *DTYPES, 'int8', 'float8')


@dataclass(frozen=True)
class Options:
    """How a checkpoint is run.

    Attributes:
        device: 'cpu', 'cuda', 'cuda:1'; 'auto' is a CUDA device where there is one.
        dtype: 'float32', 'bfloat16', 'float16'; 'auto' is float32 on a CPU, else bfloat16.
        dialect: what the checkpoint reads and says, see `dialects`; 'auto' is what its
            streamo.json says, else the dialect whose tokens it has, else Streamo's.
        protocol: 'special_tokens' or 'text_tags'; 'auto' is what the checkpoint's streamo.json
            says, else what the dialect says.
        max_pixels: largest area of a frame; 0 is what the checkpoint's streamo.json says, else
            `family.Family.frame_pixels`.
        lanes: slots of the key-value window.
        fewest: slots that will do where `lanes` do not fit into the free memory. The window is
            then sized to it: first to fewer frames, unless `frames`, `capacity` or the checkpoint
            says how many, then to fewer slots. 0 = what does not fit is refused.
        capacity: tokens that one slot can hold; 0 is what `frames` need, at most what the
            checkpoint was trained for.
        window: number format of keys and values, one of `WINDOW_DTYPES`: 'int8' and 'float8' have
            a scale for each head of a token; 'auto' is that of the passes.
        frames: frames that a slot holds; 0 is what the checkpoint's streamo.json says, else 120.
        vision: what runs the vision tower: 'torch'; 'auto', which on a GPU switches to a TensorRT
            engine that was built before, and on a CPU takes ONNX Runtime where it is installed
            and the tower is one of convolutions; 'onnxruntime', which is refused where it cannot
            be had; 'tensorrt', which has an engine built if there is none. Torch runs the tower
            until an engine is ready, and where none can be had.
        wait: the first frame waits until it is known what runs the tower, so that all frames
            go through the same one (replay, measurements); a node must not wait.
        runtime: what runs a checkpoint: 'torch', our engine; 'vllm', the engine of vLLM in this
            process.
        name: of a served model; '' = the only one that the server has.
        settings: streamo.json of a served model, or the folder that it is in; '' = none.
        request_timeout: seconds after which a request to a server has failed.
        gate: folder of the checkpoint that decides when the model speaks; '' = it does itself.
        gate_main: 'streaming': the model takes in every frame; 'on_demand': nothing until it must
            answer.
        alpha: the gate's score from which the model answers; 0 is what the gate asks for, else
            0.35.
        max_len: tokens that a model on demand reads for an answer; 0 = 4096.
    """

    device: str = 'auto'
    dtype: str = 'auto'
    dialect: str = 'auto'
    protocol: str = 'auto'
    max_pixels: int = 0
    lanes: int = DEFAULT_INSTRUCTIONS
    fewest: int = 0
    capacity: int = 0
    window: str = 'auto'
    frames: int = 0
    vision: str = 'auto'
    wait: bool = False
    runtime: str = 'torch'
    name: str = ''
    settings: str = ''
    request_timeout: float = 10.0
    gate: str = ''
    gate_main: str = 'streaming'
    alpha: float = 0.0
    max_len: int = 0


def find_device(options: Options) -> tuple[torch.device, torch.dtype]:
    """The device and dtype that the options select.

    Raises:
        BackboneError: this machine or this build of torch lacks them.
    """
    import torch

    name = options.device
    if name == 'auto':
        name = 'cuda' if torch.cuda.is_available() else 'cpu'
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise BackboneError(f'there is no device {name!r}: use auto, cpu or cuda') from error
    if device.type == 'cuda' and not torch.cuda.is_available():
        raise BackboneError('torch sees no CUDA device: set model.device to cpu or auto')
    if device.type not in ('cpu', 'cuda'):
        raise BackboneError(f'the device {name!r} is not supported: use auto, cpu or cuda')
    kind = options.dtype
    if kind == 'auto':
        kind = 'float32' if device.type == 'cpu' else 'bfloat16'
    if kind not in DTYPES:
        raise BackboneError(f'the dtype {kind!r} is not supported: use auto, {", ".join(DTYPES)}')
    return device, getattr(torch, kind)
