# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the package's data files are: models, configuration, message definitions, manifest.

They are found in the source tree, in the prefix that this module is installed under (by colcon or
by pip), and in the prefixes that ROS names.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from streamo_ros.core.errors import StreamoError

PACKAGE = 'streamo_ros'
TINY, OBJECTS, GATE = 'tiny', 'objects', 'gate'
EMBEDDED = {TINY: 'streamo-tiny', OBJECTS: 'streamo-objects', GATE: 'streamo-gate'}
"""Folders of the models that come with the package, by the names that model.path and model.gate
take."""
DETECTOR = 'detector.safetensors'
"""The file of the weights that the model streamo-objects sees with."""


class ShareError(StreamoError):
    """A data file is missing; the message says which one."""


def share_path(*parts: str) -> Path:
    """The path of a data file or folder of the package.

    Args:
        parts: its place, as in the source tree, e.g. 'models', 'streamo-tiny'.

    Raises:
        ShareError: this installation does not have it.
    """
    for folder in _share_folders():
        path = folder.joinpath(*parts)
        if path.exists():
            return path
    raise ShareError(
        f'{"/".join(parts)} is not part of this installation of {PACKAGE}: build or install the '
        'package again, or source the setup file of the workspace that has it'
    )


def camera_model() -> tuple[str, str]:
    """Which embedded model watches real cameras here.

    Returns:
        Its name, and one sentence when it is not the one for them; else ''.
    """
    problem = ''
    try:
        share_path('models', EMBEDDED[OBJECTS], 'model.safetensors')
    except ShareError as error:
        problem = str(error)
    if not problem and not any(path.is_file() for path in detector_places()):
        problem = 'run `streamo model install objects` to watch real things'
    if not problem:
        return OBJECTS, ''
    return TINY, f'{EMBEDDED[TINY]} watches, which knows a drawn tabletop only: {problem}'


def detector_places() -> Iterator[Path]:
    """Where the detector's weights may be, the first that is there counts.

    STREAMO_DETECTOR names a file; otherwise they are in the environment's own folder, in the
    package's, or in the user's.
    """
    if named := os.environ.get('STREAMO_DETECTOR', ''):
        yield Path(named)
        return
    yield Path(sys.prefix, 'share', PACKAGE, DETECTOR)
    for folder in _share_folders():
        yield folder / DETECTOR
    yield user_folder() / DETECTOR


def detector_home() -> Path:
    """Where the detector's weights are installed: a virtual environment keeps its own."""
    if sys.prefix != sys.base_prefix:
        return Path(sys.prefix, 'share', PACKAGE, DETECTOR)
    return user_folder() / DETECTOR


def user_folder() -> Path:
    """The user's folder for data of this package."""
    home = os.environ.get('XDG_DATA_HOME', '')
    return (Path(home) if home else Path.home() / '.local' / 'share') / PACKAGE


def _share_folders() -> Iterator[Path]:
    for above in Path(__file__).resolve().parents:
        for folder in (above, above / 'share' / PACKAGE):
            if _is_ours(folder / 'package.xml'):
                yield folder
    for prefix in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep):
        if prefix:
            yield Path(prefix, 'share', PACKAGE)


def _is_ours(manifest: Path) -> bool:
    """Whether it is our package.xml, and not that of a package which contains this one."""
    if not manifest.is_file():
        return False
    root = ET.parse(manifest).getroot()  # noqa: S314 - a manifest next to our own code
    return root.findtext('name') == PACKAGE
