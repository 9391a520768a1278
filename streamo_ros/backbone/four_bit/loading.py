# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Lets transformers load a checkpoint whose text layers are packed, without a package for it.

Its `from_pretrained` asks a quantizer to put other layers in place before weights are read; what
they are called is what the files have, so shards and renamed tensors work as for any checkpoint.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from streamo_ros.backbone.family import find_family
from streamo_ros.backbone.four_bit.formats import PackedFormat
from streamo_ros.backbone.four_bit.formats import read_format
from streamo_ros.backbone.four_bit.linear import FourBitLinear
from streamo_ros.backbone.four_bit.weight import BLOCK
from streamo_ros.backbone.four_bit.weight import packed_bytes
from streamo_ros.backbone.weight_headers import read_headers
from streamo_ros.core.interface import BackboneError

METHOD = 'streamo_four_bit'
"""Our method's name among those of transformers."""
_TEXT = re.compile(r'(?:^|\.)(layers\.\d+\.(?:self_attn|mlp)\.\w+)$')
_VISION = re.compile(r'(?:^|\.)vis(?:ion|ual)')


def four_bit_settings(folder: Path, architecture: str) -> dict[str, str] | None:
    """What goes into a configuration as `quantization_config`; None = nothing is packed.

    Args:
        folder: with configuration and weights.
        architecture: as named in its config.

    Raises:
        BackboneError: the weights are packed in a way that is not read.
    """
    if read_format(folder) is None:
        return None
    _register()
    return {'quant_method': METHOD, 'folder': str(folder), 'architecture': architecture}


def four_bit_bytes(
    entries: Mapping[str, Any], form: PackedFormat, dtype: torch.dtype, *, packed: bool
) -> int:
    """Bytes that packed weights take once they are loaded.

    Args:
        entries: headers of a checkpoint's tensors.
        form: how they are packed.
        dtype: of the passes.
        packed: they stay in four bits; otherwise they are expanded.
    """
    sizes = [
        math.prod(entry['shape']) * BLOCK
        for name, entry in entries.items()
        if name.endswith(f'.{form.packed}')
    ]
    return sum(
        packed_bytes(size, form.group) if packed else size * dtype.itemsize for size in sizes
    )


def replace_linears(text: Any, names: set[str], form: PackedFormat) -> None:
    """Put packed layers in place of a text model's plain ones.

    Args:
        text: the text model.
        names: of the packed layers, `layers.0.mlp.up_proj`.
        form: how they are packed.

    Raises:
        BackboneError: there is no such layer, or its sizes do not fit.
    """
    missing = set(names)
    for at, layer in enumerate(text.layers):
        for part in (layer.self_attn, layer.mlp):
            for child, module in list(part.named_children()):
                kind = 'mlp' if part is layer.mlp else 'self_attn'
                name = f'layers.{at}.{kind}.{child}'
                if name in names and type(module) is nn.Linear:
                    setattr(part, child, FourBitLinear(name, module, form))
                    missing.discard(name)
    if missing and len(text.layers):
        raise BackboneError(
            f'the weights of {min(missing)} are packed, but the text model has no such layer: '
            'copy the checkpoint again'
        )


def packed_layers(folder: Path, form: PackedFormat) -> set[str]:
    """Names of a checkpoint's packed layers, as in `replace_linears`.

    Raises:
        BackboneError: others than layers of the text model are packed, or none.
    """
    names = set()
    for tensor in read_headers(folder):
        if not tensor.endswith(f'.{form.packed}'):
            continue
        layer = tensor.removesuffix(f'.{form.packed}')
        found = _TEXT.search(layer)
        if not found or _VISION.search(layer):
            raise BackboneError(
                f'the weights of {layer} are packed in four bits, which is read of layers of the '
                'text model alone: use a checkpoint that leaves vision tower and lm_head as they '
                'are'
            )
        names.add(found[1])
    if not names:
        raise BackboneError(
            f'{folder} names a format of four bits in its config.json and has no {form.packed}: '
            'copy the checkpoint again'
        )
    return names


def _register() -> None:
    """Tell transformers of our method, once."""
    from transformers.quantizers.auto import AUTO_QUANTIZER_MAPPING
    from transformers.quantizers.auto import register_quantization_config
    from transformers.quantizers.auto import register_quantizer
    from transformers.quantizers.base import HfQuantizer
    from transformers.utils.quantization_config import QuantizationConfigMixin

    if METHOD in AUTO_QUANTIZER_MAPPING:
        return

    @register_quantization_config(METHOD)
    class FourBitConfig(QuantizationConfigMixin):
        def __init__(self, **settings: str) -> None:
            self.__dict__ |= settings

    @register_quantizer(METHOD)
    class FourBitQuantizer(HfQuantizer):
        def _process_model_before_weight_loading(self, model: Any, **kwargs: Any) -> None:
            del kwargs
            settings: Any = self.quantization_config
            folder = Path(settings.folder)
            form = read_format(folder)
            assert form, 'four_bit_settings has read it'
            text = find_family(settings.architecture).text(model)
            replace_linears(text, packed_layers(folder, form), form)

        def _process_model_after_weight_loading(self, model: Any, **kwargs: Any) -> Any:
            del kwargs
            self.remove_quantization_config(model)
            return model

        def is_serializable(self) -> bool:
            return False

        @property
        def is_trainable(self) -> bool:
            return False
