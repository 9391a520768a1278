# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Remarks where a model is served otherwise than it was trained.

A window, tags or a rate that a model never saw cost it more than a smaller model would: the states
of one that was trained on 16 frames had a timing F1 of 1.00 with 16 frames and of 0.70 with 120.
"""

from __future__ import annotations

from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.interface import BackboneInfo


def service_remarks(
    info: BackboneInfo, limits: ContextLimits, rate: float = 0.0, max_pixels: int = 0
) -> list[str]:
    """A sentence for each thing that differs from what the checkpoint asks for.

    Args:
        info: what it asks for.
        limits: how much a lane remembers.
        rate: frames per second; 0 = is not known.
        max_pixels: largest frame area that was set; 0 = the checkpoint's.
    """
    settings = (
        ('sampling.rate', info.sampling_rate, rate, 'frames per second'),
        ('context.max_frames', info.max_frames, limits.max_frames, 'frames in its window'),
        ('context.max_time', info.max_time, limits.max_time, 's until its time tags restart'),
        ('model.max_pixels', info.max_pixels, max_pixels, 'pixels per frame'),
    )
    return [
        f'{info.model} was trained with {trained:g} {what} and is run with {given:g}: set {name} '
        'to 0 for what it was trained with'
        for name, trained, given, what in settings
        if trained and given and abs(trained - given) > 1e-3 * trained
    ]
