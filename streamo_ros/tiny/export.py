# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Exports a run to a checkpoint that both `transformers` and the node can load.

The training does this at its end; `python -m streamo_ros.tiny.export RUN FOLDER` does it at any
time in between.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import Tensor
from transformers import GenerationConfig
from transformers import Qwen2_5_VLForConditionalGeneration

from streamo_ros.files import apply_umask
from streamo_ros.files import write_text
from streamo_ros.program import CommandParser
from streamo_ros.program import run_program
from streamo_ros.tiny import vocabulary as words
from streamo_ros.tiny.network import qwen_config
from streamo_ros.tiny.network import Sizes
from streamo_ros.tiny.saved_parts import read_part
from streamo_ros.tiny.tiny_config import kept_config
from streamo_ros.tiny.tiny_config import TinyConfig
from streamo_ros.tiny.tower import DEVIATION
from streamo_ros.tiny.tower import MEAN
from streamo_ros.tiny.tower import MERGE
from streamo_ros.tiny.tower import PATCH

MIN_PIXELS, MAX_PIXELS = 112 * 112, 168 * 112
"""4:3 becomes 140x112, 16:9 becomes 168x84 and a square 112x112: the sizes used in training."""
MAX_FRAMES, MAX_TIME = 16, 600.0
"""Frames and seconds that training dialogues reach."""
_BICUBIC = 3
"""Pillow's number of the filter."""


def main(argv: Sequence[str] | None = None) -> int:
    """Write a checkpoint."""
    return run_export('python -m streamo_ros.tiny.export', __doc__, export_run, argv)


def run_export(
    program: str,
    description: str | None,
    export_to: Callable[[Path, Path], int],
    argv: Sequence[str] | None,
) -> int:
    """The command line of an export.

    Args:
        program: the command.
        description: what it does.
        export_to: exports a run to a folder; returns its steps.
        argv: the arguments; None = those of the process.
    """
    parser = CommandParser(
        prog=program,
        description=description,
    )
    parser.add_argument('run', type=Path, help='folder of the run')
    parser.add_argument('folder', type=Path, help='of the checkpoint')
    options = parser.parse_args(argv)
    steps = export_to(options.run, options.folder)
    print(f'{options.folder}: exported after {steps} steps')
    return 0


def export_run(run: Path, folder: Path) -> int:
    """Write a checkpoint of the latest saved state of a run.

    Returns:
        Number of steps of the stage that it belongs to.

    Raises:
        TrainingError: the run has not saved all parts yet, or its settings are not valid.
    """
    config = kept_config(run)
    tower = read_part(Path(config.language_from or run) / 'tower.pt')['tower']
    language = read_part(run / f'{_last_part(config)}.pt')
    export(tower, language['ema'], folder, config.sizes)
    return int(language['step'])


def _last_part(config: TinyConfig) -> str:
    if config.people_steps:
        return 'people'
    return 'last' if config.last_steps else 'further' if config.further_steps else 'language'


def export(
    tower: Mapping[str, Tensor],
    language: Mapping[str, Tensor],
    folder: Path,
    sizes: Sizes | None = None,
) -> None:
    """Write a checkpoint in half precision.

    Args:
        tower: state dict of the vision tower.
        language: state dict of `network.Network`.
        folder: folder of the checkpoint; existing files are replaced.
        sizes: sizes of both.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = words.build_tokenizer()
    tokenizer.save_pretrained(folder)
    model = merged_model(tower, language, sizes or Sizes(), words.vocabulary(tokenizer))
    model.half().save_pretrained(folder)
    write_settings(folder, tokenizer, processor_settings(), {'sampling_rate': 1.0})


def write_settings(
    folder: Path, tokenizer: Any, processor: Mapping[str, Any], more: Mapping[str, Any]
) -> None:
    """Write the files of a checkpoint that are neither weights nor tokenizer.

    Args:
        folder: folder of the checkpoint.
        tokenizer: its tokenizer.
        processor: settings of its image processor.
        more: entries of its streamo.json besides those that all embedded models share.
    """
    GenerationConfig(
        eos_token_id=tokenizer.convert_tokens_to_ids(words.STOP),
        pad_token_id=tokenizer.convert_tokens_to_ids(words.PAD),
        do_sample=False,
    ).save_pretrained(folder)
    _write(folder / 'preprocessor_config.json', processor)
    _write(
        folder / 'streamo.json',
        {
            'protocol': 'special_tokens',
            'max_frames': MAX_FRAMES,
            'max_time': MAX_TIME,
            'system_prompt': words.SYSTEM_PROMPT,
            **more,
        },
    )
    apply_umask(folder)


def merged_model(
    tower: Mapping[str, Tensor],
    language: Mapping[str, Tensor],
    sizes: Sizes,
    known: words.Vocabulary,
) -> Any:
    """Both parts as one model, with the projection folded into the tower.

    Args:
        tower: state dict of the vision tower.
        language: state dict of `network.Network`.
        sizes: sizes of both.
        known: the tokenizer's vocabulary.

    Returns:
        A float32 `Qwen2_5_VLForConditionalGeneration`.
    """
    model = Qwen2_5_VLForConditionalGeneration(qwen_config(sizes, sizes.hidden, known))
    model.load_state_dict(
        {
            name.removeprefix('hf.'): value
            for name, value in language.items()
            if name.startswith('hf.')
        }
    )
    visual, projection = dict(tower), language['adapt.weight']
    for kind in ('weight', 'bias'):
        name = f'merger.mlp.2.{kind}'
        visual[name] = projection @ visual[name]
    model.model.visual.load_state_dict(visual)
    return model.eval()


def processor_settings() -> dict[str, Any]:
    """The settings of the image processor."""
    return {
        'image_processor_type': 'Qwen2VLImageProcessor',
        'patch_size': PATCH,
        'merge_size': MERGE,
        'temporal_patch_size': 2,
        'min_pixels': MIN_PIXELS,
        'max_pixels': MAX_PIXELS,
        'size': {'shortest_edge': MIN_PIXELS, 'longest_edge': MAX_PIXELS},
        'image_mean': list(MEAN),
        'image_std': list(DEVIATION),
        'resample': _BICUBIC,
        'do_resize': True,
        'do_rescale': True,
        'rescale_factor': 1 / 255,
        'do_normalize': True,
        'do_convert_rgb': True,
    }


def _write(path: Path, content: Mapping[str, Any]) -> None:
    write_text(path, json.dumps(content, indent=2) + '\n')


if __name__ == '__main__':
    sys.exit(run_program('export', main))
