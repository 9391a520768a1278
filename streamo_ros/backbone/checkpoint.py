# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A checkpoint folder as it lies on disk: configuration, settings, tokenizer, weights, identity.

Reads plain transformers folders with safetensors weights. Runs no remote code, loads no pickle,
uses no network. Knows nothing of windows and lanes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from streamo_ros.backbone.family import find_family
from streamo_ros.core.interface import BackboneError

_SAMPLES, _SAMPLE_BYTES = 64, 65536


@dataclass(frozen=True)
class CheckpointSettings:
    """What `streamo.json` in the folder says; every entry may be missing.

    Attributes:
        protocol: 'special_tokens' or 'text_tags'; '' = it does not say.
        max_frames: frames that a lane should keep; 0 = it does not say.
        max_time: seconds after which tags should restart; 0 = never.
        system_prompt: the one it was trained with; '' = Streamo's.
        sampling_rate: frames per second that it was trained with; 0 = it does not say.
        response_threshold: probability from which Response should be decided; 0 = when it is the
            most probable.
        max_pixels: largest area of a frame that it was trained with; 0 = it does not say.
    """

    protocol: str = ''
    max_frames: int = 0
    max_time: float = 0.0
    system_prompt: str = ''
    sampling_rate: float = 0.0
    response_threshold: float = 0.0
    max_pixels: int = 0


@dataclass(frozen=True)
class Checkpoint:
    """A folder that has been looked through; weights are not loaded yet.

    Attributes:
        path: the folder.
        architecture: the transformers class that its config names.
        processor: its image processor's settings.
        settings: its streamo.json.
    """

    path: Path
    architecture: str
    processor: dict[str, Any]
    settings: CheckpointSettings

    def model(self, device: torch.device, dtype: torch.dtype, *, layers: bool = True) -> Any:
        """Load the weights.

        Args:
            device: where to.
            dtype: of all weights.
            layers: False leaves out the text model's layers, which is enough to see and takes a
                fraction of the memory.

        Raises:
            BackboneError: a file is missing or broken, or does not fit the configuration.
        """
        import transformers

        transformers.utils.logging.disable_progress_bar()
        kind = getattr(transformers, self.architecture)
        loud = transformers.utils.logging.get_verbosity()
        try:
            config = transformers.AutoConfig.from_pretrained(
                self.path, local_files_only=True, trust_remote_code=False
            )
            if not layers:
                _drop_layers(config.text_config)
                # It would list every tensor that is left out on purpose.
                transformers.utils.logging.set_verbosity_error()
            model, report = kind.from_pretrained(
                self.path,
                config=config,
                dtype=dtype,
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
                output_loading_info=True,
            )
        except Exception as error:  # safetensors, OS and configuration errors share no base
            reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
            raise BackboneError(
                f'the weights in {self.path} cannot be loaded: {reason}'
            ) from error
        finally:
            transformers.utils.logging.set_verbosity(loud)
        missing = sorted(report['missing_keys'])
        if missing:
            raise BackboneError(
                f'the weights in {self.path} lack {len(missing)} tensors, first {missing[0]}: '
                'copy the checkpoint again'
            )
        return model.to(device).eval().requires_grad_(False)


def _drop_layers(config: Any) -> None:
    config.num_hidden_layers = 0
    if getattr(config, 'layer_types', None):
        config.layer_types = []


def read_checkpoint(path: Path) -> Checkpoint:
    """Look through a folder.

    Raises:
        BackboneError: something is missing or not supported; says what mends it.
    """
    if not path.is_dir():
        raise BackboneError(f'there is no model folder {path}: set model.path to a checkpoint')
    config = _json(path / 'config.json', 'save the checkpoint with save_pretrained')
    architecture = next(iter(config.get('architectures') or ()), '')
    find_family(architecture)
    if not any(path.glob('*.safetensors')):
        raise BackboneError(
            f'{path} has no safetensors weights: save the checkpoint with '
            'save_pretrained(safe_serialization=True)'
        )
    return Checkpoint(path, architecture, _processor(path), _settings(path))


def fingerprint(path: Path, *more: str) -> str:
    """Sixteen hexadecimal digits that change with weights, tokenizer, configuration or `more`.

    Weights are sampled: size, header and 64 evenly spread blocks of each file, all of a small
    one. Reading every byte of a large checkpoint would delay each start by many seconds.
    """
    digest = hashlib.sha256('\0'.join(more).encode())
    for name in ('config.json', 'tokenizer.json', 'streamo.json'):
        file = path / name
        digest.update(file.read_bytes() if file.is_file() else b'-')
    for file in sorted(path.glob('*.safetensors')):
        for block in _samples(file):
            digest.update(block)
    return digest.hexdigest()[:16]


def _samples(file: Path) -> Iterator[bytes]:
    size = file.stat().st_size
    yield f'{file.name}:{size}'.encode()
    with file.open('rb') as stream:
        if size <= _SAMPLES * _SAMPLE_BYTES:
            yield stream.read()
            return
        for at in range(_SAMPLES):
            stream.seek(at * (size - _SAMPLE_BYTES) // (_SAMPLES - 1))
            yield stream.read(_SAMPLE_BYTES)


def _processor(path: Path) -> dict[str, Any]:
    for name in ('preprocessor_config.json', 'processor_config.json'):
        if (path / name).is_file():
            found = _json(path / name, 'copy the checkpoint again')
            return dict(found.get('image_processor', found))
    raise BackboneError(
        f'{path} has no preprocessor_config.json: save the image processor beside the weights '
        '(processor.save_pretrained)'
    )


def _settings(path: Path) -> CheckpointSettings:
    file = path / 'streamo.json'
    if not file.is_file():
        return CheckpointSettings()
    found = _json(file, 'mend it')
    known = {
        name: found[name] for name in CheckpointSettings.__dataclass_fields__ if name in found
    }
    settings = CheckpointSettings(**known)
    if settings.protocol not in ('', 'special_tokens', 'text_tags'):
        raise BackboneError(
            f'{file} names the protocol {settings.protocol!r}: use special_tokens or text_tags'
        )
    if not 0 <= settings.response_threshold <= 1:
        raise BackboneError(f'{file} has a response_threshold outside 0 to 1: mend it')
    return settings


def _json(file: Path, mend: str) -> dict[str, Any]:
    if not file.is_file():
        raise BackboneError(f'{file} is missing: {mend}')
    try:
        found = json.loads(file.read_text(encoding='utf-8'))
    except ValueError as error:
        raise BackboneError(f'{file} is not JSON ({error}): {mend}') from error
    if not isinstance(found, dict):
        raise BackboneError(f'{file} is not a JSON object: {mend}')
    return found
