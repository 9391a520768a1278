# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Compares losses at an equal training budget: `python -m streamo_ros.tiny.ablation`.

Runs `streamo train` and `streamo evaluate` for each configuration in config/train/ablation, one
after another, as a user would. Completed work is skipped, so the command can be interrupted and
repeated; to repeat a run after changing its settings, delete its folder. Only free-running metrics
are compared.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from streamo_ros.files import write_text
from streamo_ros.program import CommandParser
from streamo_ros.program import run_program
from streamo_ros.tiny.card import renew_card
from streamo_ros.tiny.tables import FOLDER
from streamo_ros.tiny.tables import RUNS
from streamo_ros.tiny.tiny_config import tiny_config
from streamo_ros.tiny.tiny_config import TinyConfig
from streamo_ros.training.train_config import read_yaml
from streamo_ros.training.train_config import TrainingError

BASE = 'plain'
"""The run that the others are compared with."""
RATES = {BASE: (1, 2), 'one_hertz': (1, 2)}
"""Frames per second at which a run is evaluated; all others only at 1."""
MAY_DIFFER = ('output', 'loss', 'rates')
KEPT = (
    'model_id',
    'state_macro_f1',
    'state_f1',
    'timing_f1',
    'answer_accuracy',
    'false_alarms_per_hour',
    'duplicate_rate',
    'episodes',
    'rate',
    'seed',
)
_FRAMES = 24
"""Frames of an episode at 1 Hz; at 2 Hz twice as many, so that equally much happens."""


def main(argv: Sequence[str] | None = None) -> int:
    """Train, evaluate and compare."""
    options = _parser().parse_args(argv)
    configs = read_configs(options.configs)
    for name in options.names or RUNS:
        _train(options.configs / f'{name}.yaml', configs[name])
        for rate in RATES.get(name, (1,)):
            _evaluate(configs[name], rate, options.worlds, options.seed)
        table = gather(configs, options.worlds, options.seed)
        path = options.model / FOLDER / 'ablation.json'
        write_text(path, json.dumps(table, indent=2) + '\n')
    renew_card(options.model)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog='python -m streamo_ros.tiny.ablation',
        description=__doc__,
    )
    add = parser.add_argument
    add(
        'names',
        nargs='*',
        choices=[[], *RUNS],
        metavar='NAME',
        help=f'runs to do, all by default: {", ".join(RUNS)}',
    )
    add(
        '--configs',
        type=Path,
        default=Path('config/train/ablation'),
        help='folder of the configurations (default: %(default)s)',
    )
    add(
        '--model',
        type=Path,
        default=Path('models/streamo-tiny'),
        help='folder of the model card and its figures (default: %(default)s)',
    )
    add(
        '--worlds',
        type=int,
        default=65,
        metavar='N',
        help='number of episodes (default: %(default)s)',
    )
    add('--seed', type=int, default=0, help='seed of the worlds (default: %(default)s)')
    return parser


def read_configs(folder: Path) -> dict[str, TinyConfig]:
    """The configuration of each run by name.

    Raises:
        TrainingError: one is missing or invalid, or the budgets are not equal.
    """
    configs = {name: tiny_config(read_yaml(folder / f'{name}.yaml')) for name in RUNS}
    base = asdict(configs[BASE])
    for name, config in configs.items():
        unequal = [
            key
            for key, value in asdict(config).items()
            if key not in MAY_DIFFER and value != base[key]
        ]
        if unequal:
            raise TrainingError(
                f'{name}.yaml differs from {BASE}.yaml in {unequal[0]}: '
                f'only {", ".join(MAY_DIFFER)} may differ in an ablation'
            )
    return configs


def gather(configs: Mapping[str, TinyConfig], worlds: int, seed: int) -> dict[str, Any]:
    """The results so far.

    Returns:
        steps, worlds, seed, and runs: by name, the loss, the training's frames per second, and
        figures by the frames per second of the evaluation.
    """
    runs = {}
    for name, config in configs.items():
        rates = RATES.get(name, (1,))
        figures = {rate: _figures(_checkpoint(config), rate, worlds, seed) for rate in rates}
        if figures[1] is not None:
            runs[name] = {'loss': config.loss, 'rates': list(config.rates)} | {
                str(rate): {key: evaluation[key] for key in KEPT}
                for rate, evaluation in figures.items()
                if evaluation is not None
            }
    steps = configs[BASE].language_steps
    return {'steps': steps, 'worlds': worlds, 'seed': seed, 'runs': runs}


def _train(path: Path, config: TinyConfig) -> None:
    # The last file that an export writes.
    if not (_checkpoint(config) / 'streamo.json').is_file():
        _call('streamo_ros.training.train', str(path))


def _evaluate(config: TinyConfig, rate: int, worlds: int, seed: int) -> None:
    """Evaluate, unless this checkpoint has already been evaluated on these worlds."""
    model = _checkpoint(config)
    if _figures(model, rate, worlds, seed) is not None:
        return
    _call(
        'streamo_ros.evaluation.evaluate',
        str(model),
        '--worlds',
        str(worlds),
        '--seed',
        str(seed),
        '--rate',
        str(rate),
        '--frames',
        str(_FRAMES * rate),
        '--output',
        str(_path(model, rate)),
    )


def _figures(model: Path, rate: int, worlds: int, seed: int) -> dict[str, Any] | None:
    """The evaluation of the current checkpoint on these worlds; None if there is none."""
    path, exported = _path(model, rate), model / 'streamo.json'
    if not path.is_file() or not exported.is_file():
        return None
    if path.stat().st_mtime < exported.stat().st_mtime:
        return None
    figures: dict[str, Any] = json.loads(path.read_text(encoding='utf-8'))
    return figures if (figures['episodes'], figures['seed']) == (worlds, seed) else None


def _checkpoint(config: TinyConfig) -> Path:
    return Path(config.output) / 'final'


def _path(model: Path, rate: int) -> Path:
    return model.parent / f'evaluation_{rate}hz.json'


def _call(module: str, *arguments: str) -> None:
    completed = subprocess.run([sys.executable, '-m', module, *arguments], check=False)
    if completed.returncode:
        raise TrainingError(
            f'{module} {" ".join(arguments)} exited with code {completed.returncode}: see its '
            'output above, and repeat this command to continue'
        )


if __name__ == '__main__':
    sys.exit(run_program('ablation', main))
