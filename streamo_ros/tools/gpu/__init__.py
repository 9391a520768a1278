# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`make gpu`: the engine on a GPU at published shapes, beside the loops that others would write.

Needs torch, transformers and what they bring; no ROS, no checkpoint, no network. Rows of one table
are measured in order of value, each is written down at once, and a run that was cut goes on.
"""
