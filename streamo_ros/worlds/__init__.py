# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A synthetic tabletop on which things happen: training data, and the demo's camera.

Imports no torch.
"""

from streamo_ros.worlds.episode import draw_episode
from streamo_ros.worlds.episode import Episode
from streamo_ros.worlds.episode import EpisodeSampling
from streamo_ros.worlds.episode import suggested_instructions
from streamo_ros.worlds.scene import WorldError
from streamo_ros.worlds.world import World

__all__ = [
    'Episode',
    'EpisodeSampling',
    'World',
    'WorldError',
    'draw_episode',
    'suggested_instructions',
]
