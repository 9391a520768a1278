# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The recipe of streamo-objects, the embedded model that sees real things; see `recipe`."""
