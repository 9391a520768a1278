# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reads a checkpoint folder: configuration, settings, weights and identity.

Supports plain transformers folders with safetensors weights. Runs no remote code, loads no pickle
and does not access the network.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import TypeVar

import torch

from streamo_ros.backbone.adapter import Adapter
from streamo_ros.backbone.adapter import add_adapter
from streamo_ros.backbone.adapter import read_adapter
from streamo_ros.backbone.checkpoint_settings import CheckpointSettings
from streamo_ros.backbone.checkpoint_settings import read_json
from streamo_ros.backbone.checkpoint_settings import read_processor
from streamo_ros.backbone.checkpoint_settings import read_settings
from streamo_ros.backbone.checkpoint_settings import SETTINGS
from streamo_ros.backbone.family import find_family
from streamo_ros.backbone.family import find_model_class
from streamo_ros.backbone.four_bit import four_bit_settings
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Sampling

_SAMPLES, _SAMPLE_BYTES = 64, 65536
NumberT = TypeVar('NumberT', int, float)


@dataclass(frozen=True)
class Checkpoint:
    """A checked folder whose weights are not loaded yet.

    Attributes:
        path: the folder.
        architecture: the transformers class named in its config.
        processor: settings of its image processor.
        settings: its streamo.json.
        sampling: how its generation_config.json wants tokens to be chosen; None = it has none.
        adapter: what is added to the weights of another folder; None = the weights are its own.
    """

    path: Path
    architecture: str
    processor: dict[str, Any]
    settings: CheckpointSettings
    sampling: Sampling | None
    adapter: Adapter | None = None

    @property
    def weights(self) -> Path:
        """The folder with configuration and weights."""
        return self.adapter.base if self.adapter else self.path

    def config(self) -> Any:
        """Its transformers configuration."""
        return find_model_class(self.architecture).config_class.from_pretrained(
            self.weights, local_files_only=True, trust_remote_code=False
        )

    def model(self, device: torch.device, dtype: torch.dtype, *, layers: bool = True) -> Any:
        """Load the weights.

        Args:
            device: device of the model.
            dtype: dtype of all weights.
            layers: False leaves out the layers of the text model, which suffices for the vision
                tower and takes a fraction of the memory.

        Raises:
            BackboneError: a file is missing or broken, or does not match the configuration.
        """
        import transformers

        transformers.utils.logging.disable_progress_bar()
        model_class = find_model_class(self.architecture)
        verbosity = transformers.utils.logging.get_verbosity()
        try:
            config = self.config()
            packed = four_bit_settings(self.weights, self.architecture)
            if packed:
                config.quantization_config = packed
            if getattr(config, 'audio_config', None):
                # A frame has no sound, and what hears would only take memory.
                config.audio_config = None
                transformers.utils.logging.set_verbosity_error()
            if _ties_in_text(config) and not _has_head(self.weights):
                config.tie_word_embeddings = True
            if not layers:
                _drop_layers(config.text_config)
                # Otherwise transformers lists every tensor that is left out on purpose.
                transformers.utils.logging.set_verbosity_error()
            model, report = model_class.from_pretrained(
                self.weights,
                config=config,
                dtype=dtype,
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
                output_loading_info=True,
            )
        except BackboneError:
            raise
        except Exception as error:  # safetensors, OS and configuration errors share no base class
            reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
            raise BackboneError(
                f'the weights in {self.weights} cannot be loaded: {reason}'
            ) from error
        finally:
            transformers.utils.logging.set_verbosity(verbosity)
        missing = sorted(report['missing_keys'])
        if missing:
            raise BackboneError(
                f'the weights in {self.weights} lack {len(missing)} tensors, first {missing[0]}: '
                'copy the checkpoint again'
            )
        if self.adapter:
            add_adapter(model, self.adapter)
        return model.to(device).eval().requires_grad_(False)


def _ties_in_text(config: Any) -> bool:
    """Whether only the text part says that the head is the embedding, as versions before 5 do."""
    tied = getattr(config.text_config, 'tie_word_embeddings', False)
    return bool(tied) and not config.tie_word_embeddings


def _has_head(folder: Path) -> bool:
    from safetensors import safe_open

    for file in folder.glob('*.safetensors'):
        with safe_open(file, framework='pt') as tensors:
            if any(name.endswith('lm_head.weight') for name in tensors.keys()):  # noqa: SIM118
                return True
    return False


def _drop_layers(config: Any) -> None:
    config.num_hidden_layers = 0
    if getattr(config, 'layer_types', None):
        config.layer_types = []
    if getattr(config, 'num_kv_shared_layers', 0):
        config.num_kv_shared_layers = 0
    if getattr(config, 'hidden_size_per_layer_input', 0):
        config.hidden_size_per_layer_input = 0


def read_checkpoint(path: Path, renamed: Mapping[str, str] | None = None) -> Checkpoint:
    """Check a checkpoint folder.

    Args:
        path: the folder.
        renamed: architectures that stand for others, whose classes load them.

    Raises:
        BackboneError: something is missing or not supported; states how to fix it.
    """
    if not path.is_dir():
        raise BackboneError(f'there is no model folder {path}: set model.path to a checkpoint')
    adapter = read_adapter(path)
    weights = adapter.base if adapter else path
    config = read_json(weights / 'config.json', 'save the checkpoint with save_pretrained')
    architecture = next(iter(config.get('architectures') or ()), '')
    architecture = (renamed or {}).get(architecture, architecture)
    find_family(architecture, remote='auto_map' in config)
    if not any(weights.glob('*.safetensors')):
        raise BackboneError(
            f'{weights} has no safetensors weights: save the checkpoint with '
            'save_pretrained(safe_serialization=True)'
        )
    return Checkpoint(
        path,
        architecture,
        read_processor(path),
        read_settings(path / SETTINGS),
        _sampling(path),
        adapter,
    )


def fingerprint(path: Path, *more: str) -> str:
    """Sixteen hexadecimal digits that depend on weights, tokenizer, configuration and `more`.

    Weights are sampled: size, header and 64 evenly spaced blocks of each file; small files are
    read entirely. Reading every byte of a large checkpoint would delay each start by many seconds.
    """
    digest = hashlib.sha256('\0'.join(more).encode())
    if adapter := read_adapter(path):
        digest.update(fingerprint(adapter.base).encode())
    for name in ('config.json', 'tokenizer.json', SETTINGS):
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
        for index in range(_SAMPLES):
            stream.seek(index * (size - _SAMPLE_BYTES) // (_SAMPLES - 1))
            yield stream.read(_SAMPLE_BYTES)


def _sampling(path: Path) -> Sampling | None:
    """What generation_config.json says; None and missing entries mean no restriction."""
    file = path / 'generation_config.json'
    if not file.is_file():
        return None
    content = read_json(file, 'fix the file')
    sampling = Sampling(
        repetition_penalty=_entry(file, content, 'repetition_penalty', float, 1.0),
        top_k=_entry(file, content, 'top_k', int, 0),
        top_p=_entry(file, content, 'top_p', float, 1.0),
    )
    if sampling.repetition_penalty <= 0 or sampling.top_k < 0 or not 0 < sampling.top_p <= 1:
        raise BackboneError(
            f'{file} has repetition_penalty {sampling.repetition_penalty:g}, top_k '
            f'{sampling.top_k} and top_p {sampling.top_p:g}, which are not all possible: fix it'
        )
    return sampling


def _entry(
    file: Path, content: dict[str, Any], name: str, kind: type[NumberT], default: NumberT
) -> NumberT:
    value = content.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BackboneError(f'{file} has {name} {value!r}, which is not a number: fix it')
    return kind(value)
