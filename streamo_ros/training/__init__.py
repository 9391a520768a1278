# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Making checkpoints. This module imports no torch, so that a camera may import the worlds."""
