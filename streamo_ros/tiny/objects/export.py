# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Exports a run of streamo-objects to a checkpoint; the detector's weights are no part of it.

The training does this at its end; `python -m streamo_ros.tiny.objects.export RUN FOLDER` does it
at any time in between.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from streamo_ros.backbone.streamo_objects import MERGE
from streamo_ros.backbone.streamo_objects import MOST
from streamo_ros.backbone.streamo_objects import PATCH
from streamo_ros.backbone.streamo_objects_model import StreamoObjectsConfig
from streamo_ros.backbone.streamo_objects_model import StreamoObjectsForConditionalGeneration
from streamo_ros.program import run_program
from streamo_ros.tiny.export import run_export
from streamo_ros.tiny.export import write_settings
from streamo_ros.tiny.network import qwen_config
from streamo_ros.tiny.network import Sizes
from streamo_ros.tiny.objects.objects_config import kept_objects_config
from streamo_ros.tiny.objects.objects_config import PART
from streamo_ros.tiny.objects.objects_config import sizes
from streamo_ros.tiny.objects.vocabulary import build_object_tokenizer
from streamo_ros.tiny.objects.windows import MAX_TIME
from streamo_ros.tiny.saved_parts import read_part
from streamo_ros.tiny.vocabulary import vocabulary
from streamo_ros.worlds.objects.answers import UNKNOWN_WORD_REPLY
from streamo_ros.worlds.objects.kinds import KINDS

MAX_PIXELS = MOST * (PATCH * MERGE) ** 2
RATE = 2.0
"""Frames per second that the model was trained on."""
_BICUBIC = 3
"""Pillow's number of the filter."""


def main(argv: Sequence[str] | None = None) -> int:
    """Write a checkpoint."""
    return run_export('python -m streamo_ros.tiny.objects.export', __doc__, export_objects, argv)


def export_objects(run: Path, folder: Path) -> int:
    """Write a checkpoint of the latest saved state of a run, in half precision.

    Returns:
        Number of steps that it was trained.

    Raises:
        TrainingError: the run has not saved a state yet, or its settings are not valid.
    """
    config = kept_objects_config(run)
    part = read_part(run / f'{PART}.pt')
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = build_object_tokenizer()
    tokenizer.save_pretrained(folder)
    model = object_model(part['ema'], tokenizer, sizes(config))
    model.half().save_pretrained(folder)
    write_settings(
        folder,
        tokenizer,
        processor_settings(),
        {
            'max_time': MAX_TIME,
            'sampling_rate': RATE,
            'unknown_word_reply': UNKNOWN_WORD_REPLY,
        },
    )
    return int(part['step'])


def object_model(weights: Mapping[str, Tensor], tokenizer: Any, shape: Sizes) -> Any:
    """The model without its detector.

    Args:
        weights: state dict of `network.ObjectNetwork`.
        tokenizer: made by `vocabulary.build_object_tokenizer`.
        shape: sizes of the network.

    Returns:
        A float32 `StreamoObjectsForConditionalGeneration`.
    """
    known = vocabulary(tokenizer)
    values = qwen_config(shape, shape.hidden, known).to_dict()
    values.pop('vision_config')
    values |= {
        'id2label': {kind.index: kind.name for kind in KINDS},
        'architectures': ['StreamoObjectsForConditionalGeneration'],
        'model_type': StreamoObjectsConfig.model_type,
        'scaled_boxes': True,
        'tracked': True,
        'remembered': True,
    }
    model = StreamoObjectsForConditionalGeneration(StreamoObjectsConfig(**values))
    language = {
        name.removeprefix('hf.model.'): value
        for name, value in weights.items()
        if name.startswith('hf.model.language_model')
    }
    tokens = {
        f'visual.tokens.{name.removeprefix("adapt.")}': value
        for name, value in weights.items()
        if name.startswith('adapt.')
    }
    ids = [tokenizer.encode(f' {kind.name}', add_special_tokens=False)[0] for kind in KINDS]
    tokens['visual.tokens.kinds.weight'] = language['language_model.embed_tokens.weight'][ids]
    model.model.load_state_dict(language | tokens)
    model.tie_weights()
    return model.eval()


def processor_settings() -> dict[str, Any]:
    """The settings of the image processor: the detector takes pixels as they are."""
    return {
        'image_processor_type': 'Qwen2VLImageProcessor',
        'patch_size': PATCH,
        'merge_size': MERGE,
        'temporal_patch_size': 1,
        'min_pixels': (PATCH * MERGE) ** 2,
        'max_pixels': MAX_PIXELS,
        'image_mean': [0.0, 0.0, 0.0],
        'image_std': [1.0, 1.0, 1.0],
        'resample': _BICUBIC,
        'do_resize': True,
        'do_rescale': True,
        'rescale_factor': 1.0,
        'do_normalize': True,
        'do_convert_rgb': True,
    }


if __name__ == '__main__':
    sys.exit(run_program('export', main))
