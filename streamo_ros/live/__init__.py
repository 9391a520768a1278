# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The page to watch by: a small web server, what it remembers, and who may see it."""
