# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which files make up a bag: rosbag2's folder and its metadata.

Knows `metadata.yaml` and the numbering of split files, not what is in them.
"""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from streamo_ros.sources.base import BAG_SUFFIXES
from streamo_ros.sources.base import SourceError


def bag_files(path: Path, salvage: bool = False) -> list[Path]:
    """The storage files of a bag, in the order of their recording.

    Args:
        path: the bag's folder, or one of its files.
        salvage: go on without metadata, and without files that are missing.

    Raises:
        SourceError: there is no metadata, it cannot be read, or a file is missing.
    """
    if path.is_file():
        return [path]
    try:
        files, missing = _listed_files(path / 'metadata.yaml')
    except SourceError:
        if not salvage:
            raise
        files = sorted((file for file in path.iterdir() if _is_storage(file)), key=_number)
        missing = []
    if missing and not salvage:
        lacking = ', '.join(missing)
        raise SourceError(f'{path} lacks {lacking}: copy all its files, or add --salvage')
    if not files:
        raise SourceError(f'{path} is neither a bag nor a folder of images')
    return files


def _listed_files(metadata: Path) -> tuple[list[Path], list[str]]:
    """The files that are there, and the names of those that are missing."""
    bag = metadata.parent
    mending = f'write it anew with ros2 bag reindex {bag}, or add --salvage'
    try:
        text = metadata.read_text()
        information = yaml.safe_load(text)['rosbag2_bagfile_information']
        files = [bag / Path(name).name for name in information['relative_file_paths']]
        storage = information['storage_identifier']
    except FileNotFoundError as error:
        if not any(_is_storage(file) for file in bag.iterdir()):
            raise SourceError(f'{bag} is neither a bag nor a folder of images') from error
        raise SourceError(f'{bag} has no metadata.yaml: {mending}') from error
    except (OSError, yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise SourceError(f'{metadata} is no metadata of a bag: {mending}') from error
    if storage not in ('mcap', 'sqlite3'):
        raise SourceError(f'{bag} is stored as {storage!r}: convert it to mcap, ros2 bag convert')
    there = [file for file in files if file.exists()]
    return there, [file.name for file in files if file not in there]


def _is_storage(file: Path) -> bool:
    return file.name.endswith(BAG_SUFFIXES)


def _number(file: Path) -> tuple[int, str]:
    digits = re.findall(r'\d+', file.name.partition('.')[0])
    return (int(digits[-1]) if digits else -1, file.name)
