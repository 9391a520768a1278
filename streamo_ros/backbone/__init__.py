# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Models that see and speak. This module and `face` import no torch; `load` does, when called."""
