# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Several processes that take each step together, on a share of its dialogues each.

Knows processes and gradients; knows no task. On a CPU two processes of one thread learn faster
than one of two threads, since nothing of a step then waits for a single core.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import nn
from torch.multiprocessing import start_processes

Settings = TypeVar('Settings')


def run_ranks(work: Callable[[int, Settings], None], settings: Settings, ranks: int) -> None:
    """Call `work(rank, settings)` in so many processes at once, or here if it is but one.

    Raises:
        torch.multiprocessing.ProcessRaisedException: one of them failed; the others are ended.
    """
    if ranks == 1:
        work(0, settings)
        return
    with tempfile.TemporaryDirectory(prefix='streamo-train-') as folder:
        start_processes(_begin, (work, settings, ranks, str(Path(folder) / 'meet')), ranks,
                        start_method='spawn')


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Give every process the mean of all gradients; alone, change nothing."""
    if not dist.is_initialized():
        return
    grads = [one.grad for one in parameters if one.grad is not None]
    flat = torch.cat([one.flatten() for one in grads])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    begin = 0
    for one in grads:
        one.copy_(flat[begin:begin + one.numel()].view_as(one))
        begin += one.numel()


def _begin(
    rank: int, work: Callable[[int, Settings], None], settings: Settings, ranks: int, meet: str
) -> None:
    dist.init_process_group('gloo', init_method=f'file://{meet}', rank=rank, world_size=ranks)
    try:
        work(rank, settings)
    finally:
        dist.destroy_process_group()
