# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which files make up a bag: rosbag2's folder and its metadata.

Knows `metadata.yaml` and the numbering of split files, not what is in them.
"""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from streamo_ros.replay.source import BAG_SUFFIXES
from streamo_ros.replay.source import SourceError


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
    metadata = path / 'metadata.yaml'
    if metadata.exists():
        return _listed_files(metadata, salvage)
    found = [file for file in path.iterdir() if file.name.endswith(BAG_SUFFIXES)]
    if not found:
        raise SourceError(f'{path} is neither a bag nor a folder of images')
    if not salvage:
        raise SourceError(
            f'{path} has no metadata.yaml: write it with ros2 bag reindex {path}, or add '
            '--salvage to read its files in the order of their numbers'
        )
    return sorted(found, key=_number)


def _listed_files(metadata: Path, salvage: bool) -> list[Path]:
    try:
        information = yaml.safe_load(metadata.read_text())['rosbag2_bagfile_information']
        files = [metadata.parent / Path(name).name for name in information['relative_file_paths']]
        storage = information['storage_identifier']
    except (OSError, yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise SourceError(
            f'{metadata} is no metadata of a bag: write it anew with ros2 bag reindex '
            f'{metadata.parent}'
        ) from error
    if storage not in ('mcap', 'sqlite3'):
        raise SourceError(
            f'{metadata.parent} is stored as {storage!r}: convert it with ros2 bag convert to mcap'
        )
    missing = [file.name for file in files if not file.exists()]
    if missing and not salvage:
        raise SourceError(
            f'{metadata.parent} lacks {", ".join(missing)}: copy all its files, or add --salvage'
        )
    return [file for file in files if file.exists()]


def _number(file: Path) -> tuple[int, str]:
    digits = re.findall(r'\d+', file.name.partition('.')[0])
    return (int(digits[-1]) if digits else -1, file.name)
