# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A drawn tabletop in which things happen: training data, and the demo's camera. No torch here."""

from streamo_ros.training.worlds.world import World

__all__ = ['World']
