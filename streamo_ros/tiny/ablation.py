# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The losses at an equal budget: `python -m streamo_ros.tiny.ablation`.

Knows which runs are compared, by their files in config/train/ablation, and calls `streamo train`
and `streamo evaluate` for each, one after another, as a user would. What is done is not done
again, so that the command can be stopped and given again; a run of which a setting has been
changed begins anew when its folder is removed. Free-running metrics alone are compared.
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

from streamo_ros.program import run_program
from streamo_ros.tiny.card import renew_card
from streamo_ros.tiny.tables import FOLDER
from streamo_ros.tiny.tables import RUNS
from streamo_ros.tiny.tiny_config import tiny_config
from streamo_ros.tiny.tiny_config import TinyConfig
from streamo_ros.training.train_config import read_yaml
from streamo_ros.training.train_config import TrainingError

BASE = 'plain'
"""The run that the others are held against."""
RATES = {BASE: (1, 2), 'one_hertz': (1, 2)}
"""Frames a second at which a run is watched; the others only at 1."""
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
"""Of an episode at 1 Hz; at 2 Hz twice as many, so that as much happens."""


def main(argv: Sequence[str] | None = None) -> int:
    """Train, evaluate and compare."""
    options = _parser().parse_args(argv)
    configs = read_configs(options.configs)
    for name in options.names or RUNS:
        _train(options.configs / f'{name}.yaml', configs[name])
        for rate in RATES.get(name, (1,)):
            _evaluate(configs[name], rate, options.worlds, options.seed)
        found = gather(configs, options.worlds, options.seed)
        path = options.model / FOLDER / 'ablation.json'
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(found, indent=2) + '\n', encoding='utf-8')
    renew_card(options.model)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='python -m streamo_ros.tiny.ablation',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        'names',
        nargs='*',
        choices=[[], *RUNS],
        metavar='NAME',
        help=f'only these runs: {", ".join(RUNS)}',
    )
    add('--configs', type=Path, default=Path('config/train/ablation'), help='their folder')
    add(
        '--model',
        type=Path,
        default=Path('models/streamo-tiny'),
        help='folder of the card and its figures; default %(default)s',
    )
    add('--worlds', type=int, default=65, metavar='N', help='episodes; default %(default)s')
    add('--seed', type=int, default=0, help='of the worlds; default %(default)s')
    return parser


def read_configs(folder: Path) -> dict[str, TinyConfig]:
    """The runs' settings by name.

    Raises:
        TrainingError: one is missing or wrong, or the budgets are not equal.
    """
    found = {name: tiny_config(read_yaml(folder / f'{name}.yaml')) for name in RUNS}
    first = asdict(found[BASE])
    for name, config in found.items():
        unequal = [
            key
            for key, value in asdict(config).items()
            if key not in MAY_DIFFER and value != first[key]
        ]
        if unequal:
            raise TrainingError(
                f'{name}.yaml differs from {BASE}.yaml in {unequal[0]}: '
                f'only {", ".join(MAY_DIFFER)} may differ in an ablation'
            )
    return found


def gather(configs: Mapping[str, TinyConfig], worlds: int, seed: int) -> dict[str, Any]:
    """What has been measured so far.

    Returns:
        steps, worlds, seed, and runs: by name, the loss, the rates of the training, and figures
        by the frames a second at which it was watched.
    """
    runs = {}
    for name, config in configs.items():
        rates = RATES.get(name, (1,))
        figures = {rate: _figures(_checkpoint(config), rate, worlds, seed) for rate in rates}
        if figures[1] is not None:
            runs[name] = {'loss': config.loss, 'rates': list(config.rates)} | {
                str(rate): {key: one[key] for key in KEPT}
                for rate, one in figures.items()
                if one is not None
            }
    steps = configs[BASE].language_steps
    return {'steps': steps, 'worlds': worlds, 'seed': seed, 'runs': runs}


def _train(path: Path, config: TinyConfig) -> None:
    # The last file that an export writes.
    if not (_checkpoint(config) / 'streamo.json').is_file():
        _call('streamo_ros.training.train', str(path))


def _evaluate(config: TinyConfig, rate: int, worlds: int, seed: int) -> None:
    """Watch worlds, unless that was done with this checkpoint and these worlds."""
    model = _checkpoint(config)
    if _figures(model, rate, worlds, seed) is not None:
        return
    path = _path(model, rate)
    beside = path.with_suffix('.part')
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
        str(beside),
    )
    beside.replace(path)


def _figures(model: Path, rate: int, worlds: int, seed: int) -> dict[str, Any] | None:
    """What was measured of the checkpoint as it is now; None = nothing."""
    path, made = _path(model, rate), model / 'streamo.json'
    if not path.is_file() or not made.is_file() or (path.stat().st_mtime < made.stat().st_mtime):
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding='utf-8'))
    return found if (found['episodes'], found['seed']) == (worlds, seed) else None


def _checkpoint(config: TinyConfig) -> Path:
    return Path(config.output) / 'final'


def _path(model: Path, rate: int) -> Path:
    return model.parent / f'evaluation_{rate}hz.json'


def _call(module: str, *arguments: str) -> None:
    done = subprocess.run([sys.executable, '-m', module, *arguments], check=False)
    if done.returncode:
        raise TrainingError(
            f'{module} {" ".join(arguments)} ended with {done.returncode}: see '
            'above, and give this command again to go on'
        )


if __name__ == '__main__':
    sys.exit(run_program('ablation', main))
