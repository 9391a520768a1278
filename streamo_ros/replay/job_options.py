# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Command-line options that every program with replay jobs has: the model, and where jobs run."""

from __future__ import annotations

import argparse
from pathlib import Path

from streamo_ros.config.model import find_model
from streamo_ros.config.params_file import effective
from streamo_ros.config.params_file import read_parameters
from streamo_ros.core.timed_instruction import TimedInstruction
from streamo_ros.replay.executor import Executor
from streamo_ros.replay.job import JobError
from streamo_ros.replay.job import ReplayJob
from streamo_ros.replay.process_executor import on_processes
from streamo_ros.replay.ray_executor import on_ray
from streamo_ros.share import camera_model


def add_job_options(parser: argparse._ActionsContainer) -> None:
    """Add the options that `common_job` reads, to a parser or to a group of one."""
    add = parser.add_argument
    add(
        '--model',
        metavar='PATH',
        help='checkpoint, .yaml script, URL of a server (http://HOST:PORT/v1), objects or tiny; '
        'default objects where it is installed',
    )
    add('--model-name', metavar='NAME', help='the model on the server, of several')
    add('--dialect', metavar='NAME', help='what the checkpoint speaks; default: as it shows')
    add('--settings', metavar='FILE', help='streamo.json of a served checkpoint, or its folder')
    add(
        '--params-file',
        type=Path,
        metavar='FILE',
        help="the node's parameters, as on the robot; options given here take precedence",
    )
    add('--device', choices=('auto', 'cpu', 'cuda'), help='where the model runs; default auto')
    add(
        '--rate',
        type=float,
        metavar='HZ',
        help='sampled frames per second; default: as the checkpoint asks',
    )
    add('--topic', default='', help='image topic of the bag; default: the only one')
    add('--salvage', action='store_true', help='replay the readable part of a damaged source')


def add_executor_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that `choose_executor` reads."""
    add = parser.add_mutually_exclusive_group().add_argument
    add('--workers', type=int, default=1, metavar='N', help='sources replayed at a time')
    add(
        '--ray',
        default='',
        metavar='ADDRESS',
        help='replay as tasks of this Ray cluster: auto, local, HOST:PORT or ray://HOST:PORT',
    )


def common_job(arguments: argparse.Namespace) -> ReplayJob:
    """What the jobs of a command line have in common; instructions are those of its parameters.

    Raises:
        JobError, ParameterError, ShareError: an option is wrong.
    """
    if arguments.workers < 1:
        raise JobError(f'--workers must be at least 1, not {arguments.workers}')
    given = read_parameters(arguments.params_file) if arguments.params_file else {}
    options = {
        'model.device': arguments.device,
        'model.name': arguments.model_name,
        'model.dialect': arguments.dialect,
        'model.settings': arguments.settings,
    }
    given |= {name: value for name, value in options.items() if value is not None}
    model, remark = arguments.model or given.get('model.path') or '', ''
    if not model:
        model, remark = camera_model()
    rate = arguments.rate if arguments.rate is not None else given.get('sampling.rate')
    effective({**given, **({'sampling.rate': rate} if rate is not None else {})})
    return ReplayJob(
        source='',
        model=find_model(model),
        remark=remark,
        instructions=tuple(TimedInstruction(text) for text in given.get('instructions') or ()),
        rate=rate,
        topic=arguments.topic,
        salvage=arguments.salvage,
        parameters=given,
    )


def choose_executor(arguments: argparse.Namespace) -> Executor:
    """Where the jobs of a command line run."""
    return on_ray(arguments.ray) if arguments.ray else on_processes(arguments.workers)
