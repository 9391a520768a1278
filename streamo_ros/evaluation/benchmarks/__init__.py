# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Published benchmarks, each by its own rule: one module a benchmark, one row in `table`."""
