# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What an object detector sees of the world, simulated: streams of detections, tasks, wordings."""
