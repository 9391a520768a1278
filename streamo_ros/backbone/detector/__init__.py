# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The weights of the detector that streamo-objects sees with: others' work, fetched at setup.

Importing this package imports no torch, and it reads ONNX files without the package onnx: a robot
needs neither to install the weights.
"""
