# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The version of this package: what its package.xml says, the one place that states it.

Knows where package.xml lies in the source tree, beside an installation by colcon and by pip.
"""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from xml.etree import ElementTree as ET

PACKAGE = 'streamo_ros'


def version() -> str:
    """Version of the package, e.g. '0.1.0'; 'unknown' when it was copied without its manifest."""
    for above in Path(__file__).resolve().parents:
        for place in (above / 'package.xml', above / 'share' / PACKAGE / 'package.xml'):
            if place.exists():
                root = ET.parse(place).getroot()  # noqa: S314 - our own file
                if root.findtext('name') == PACKAGE:
                    return root.findtext('version', 'unknown')
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        return 'unknown'
