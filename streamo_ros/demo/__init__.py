# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The end-to-end demo: camera process, node, service calls, live timeline, recording, report."""
