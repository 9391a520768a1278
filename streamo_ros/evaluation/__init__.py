# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Evaluates how well a model watches: free-running, frame by frame, on the node's own engine."""
