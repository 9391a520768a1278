# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A user's own recordings against his own truth: the report card, and what is found with it."""
