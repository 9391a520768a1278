# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How good a model watches: free-running, frame by frame, through the engine of the node."""
