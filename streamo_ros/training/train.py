# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo train CONFIG`: one training run; or `streamo train --add-tokens MODEL --output FOLDER`.

The configuration's `kind` selects what is trained: 'transformers', any supported checkpoint;
'activation', a gate on top of one; 'tiny' and 'objects', the embedded models. For several GPUs or
machines use `accelerate launch`.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamo_ros.core.errors import ExitCode
from streamo_ros.documents import load_yaml
from streamo_ros.program import CommandParser
from streamo_ros.program import run_program
from streamo_ros.training.train_config import read_yaml
from streamo_ros.training.train_config import train_config
from streamo_ros.training.train_config import TrainingError

KINDS = {
    'transformers': 'streamo_ros.training.train:train_checkpoint',
    'activation': 'streamo_ros.training.activation:train',
    'tiny': 'streamo_ros.tiny:train',
    'objects': 'streamo_ros.tiny.objects:train',
}
"""What trains each kind of configuration, as 'module:function'.

The function takes the configuration's values and whether to resume, and returns the folder of the
trained checkpoint. It is imported on demand.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run `streamo train`."""
    options = _parser().parse_args(argv)
    try:
        print(_run(options))
    except KeyboardInterrupt:
        print(f'streamo train: interrupted: {_continuation(options)}', file=sys.stderr)
        return ExitCode.INTERRUPTED
    return ExitCode.OK


def _continuation(options: argparse.Namespace) -> str:
    if not options.config:
        return 'the folder of --output is not complete, delete it'
    return 'the same command with --resume goes on from what was saved last'


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog='streamo train',
        description=__doc__,
    )
    add = parser.add_argument
    add('config', type=Path, nargs='?', help='YAML file, such as those in config/train')
    add('--resume', action='store_true', help='continue from the newest checkpoint of the run')
    add(
        '--set',
        action='append',
        default=[],
        metavar='NAME=VALUE',
        help='override a setting, such as model=/models/Qwen2.5-VL-3B or trainer.max_steps=10',
    )
    add('--add-tokens', type=Path, metavar='MODEL', help='only add the state tokens to MODEL')
    add('--output', type=Path, help='with --add-tokens: folder for the new checkpoint')
    return parser


def _run(options: argparse.Namespace) -> str:
    if options.add_tokens:
        if options.config or not options.output:
            raise TrainingError('--add-tokens needs --output FOLDER and takes no configuration')
        return add_tokens(options.add_tokens, options.output)
    if not options.config:
        raise TrainingError('give a configuration, such as config/train/qwen2.5-vl-3b.yaml')
    values = read_yaml(options.config)
    for setting in options.set:
        _replace(values, setting)
    train = find_trainer(str(values.get('kind', 'transformers')))
    return f'trained: {train(values, options.resume)}'


def find_trainer(kind: str) -> Callable[[Mapping[str, Any], bool], Path]:
    """Import the function that trains a kind.

    Raises:
        TrainingError: the kind is unknown.
    """
    if kind not in KINDS:
        raise TrainingError(f'kind is {kind!r}: choose from {", ".join(map(repr, KINDS))}')
    module, _, name = KINDS[kind].partition(':')
    trainer: Callable[[Mapping[str, Any], bool], Path] = getattr(
        importlib.import_module(module), name
    )
    return trainer


def train_checkpoint(values: Mapping[str, Any], resume: bool) -> Path:
    """Train any supported checkpoint; see `training_run.train`."""
    config = train_config(values)
    from streamo_ros.training.training_run import train

    return train(config, resume)


def add_tokens(source: Path, output: Path) -> str:
    """Write a copy of the checkpoint `source` in which each state tag is one token."""
    from streamo_ros.training.base_model import load_model
    from streamo_ros.training.tokens import save_checkpoint_files

    config = train_config(
        {
            'model': str(source),
            'output': str(output),
            'dtype': 'auto',
            'data': {'dialogues': ['none']},
        }
    )
    if output.exists() and any(output.iterdir()):
        raise TrainingError(f'{output} is not empty: choose a new folder')
    model, tokenizer, ids = load_model(config)
    model.save_pretrained(output)
    save_checkpoint_files(tokenizer, source, output, None, {})
    return f'{output}: Silence, Standby and Response are tokens {ids}'


def _replace(values: dict[str, Any], setting: str) -> None:
    name, separator, text = setting.partition('=')
    if not separator:
        raise TrainingError(f'--set {setting} is not NAME=VALUE')
    *path, last = name.split('.')
    for part in path:
        values = values.setdefault(part, {})
        if not isinstance(values, dict):
            raise TrainingError(f'--set {setting}: {part} is not a group of settings')
    values[last] = load_yaml(text)


if __name__ == '__main__':
    sys.exit(run_program('streamo train', main))
