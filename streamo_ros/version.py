# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The version of this package, as its package.xml states it."""

from __future__ import annotations

from importlib import metadata
from xml.etree import ElementTree as ET

from streamo_ros.share import PACKAGE
from streamo_ros.share import share_path
from streamo_ros.share import ShareError


def version() -> str:
    """Version of the package, e.g. '0.1.0'; 'unknown' when it was copied without its manifest."""
    try:
        manifest = share_path('package.xml')
    except ShareError:
        try:
            return metadata.version(PACKAGE)
        except metadata.PackageNotFoundError:
            return 'unknown'
    root = ET.parse(manifest).getroot()  # noqa: S314 - our own file
    return root.findtext('version', 'unknown')
