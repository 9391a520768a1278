# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training of checkpoints: annotations to dialogues, dialogues to examples, and the trainer."""
