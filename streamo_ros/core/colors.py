# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The names of colors that a detection of the model streamo-objects can have."""

COLORS = (
    'black',
    'white',
    'gray',
    'red',
    'orange',
    'yellow',
    'green',
    'blue',
    'purple',
    'pink',
    'brown',
)
"""In the order of a detection's shares of colors, at run time and in training."""
