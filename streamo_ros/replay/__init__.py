# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Recorded data in, events, a bag and a report out; no ROS graph needed."""
