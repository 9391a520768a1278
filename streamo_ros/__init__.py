# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Lets a robot watch a camera and speak at the right moment.

Public names: `streamo_ros.core` decides, `streamo_ros.backbone.load` loads a model,
`streamo_ros.replay` replays recordings. Importing these loads neither torch nor rclpy.
"""

# The messages, services and action are generated into a folder of the same name elsewhere, by the
# build. With this line both are one package, whichever is found first.
__path__ = __import__('pkgutil').extend_path(__path__, __name__)
