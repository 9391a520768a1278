# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which files make up a bag: rosbag2's folder and its metadata.

The files are believed over `metadata.yaml`: `ros2 bag reindex` of Humble leaves the storage
identifier empty, and files that were unpacked by hand have lost their '.zstd'.
"""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from streamo_ros.documents import load_yaml
from streamo_ros.sources.base import BAG_SUFFIXES
from streamo_ros.sources.base import IMAGE_SUFFIXES
from streamo_ros.sources.base import SourceError
from streamo_ros.sources.base import TABLES
from streamo_ros.sources.foreign_file import ros1_advice
from streamo_ros.sources.storage_format import storage_format


def bag_files(path: Path, salvage: bool = False) -> tuple[list[Path], str]:
    """The storage files of a bag, in the order of its metadata.

    Args:
        path: the bag's folder, or one of its files.
        salvage: continue without metadata, and without files that are missing or empty.

    Returns:
        The files, and one sentence about those that are left out; '' when there are none.

    Raises:
        SourceError: there is no metadata, it cannot be read, or a file is missing or empty.
    """
    if path.is_file():
        if not path.stat().st_size:
            raise SourceError(f'{path} is empty: nothing was written before the recording ended')
        return [path], ''
    try:
        files, missing = _listed_files(path / 'metadata.yaml')
    except SourceError:
        if not salvage:
            raise
        files, missing = [], []
    lost = [f'{path} lacks {", ".join(missing)}'] if missing else []
    if missing and not salvage:
        raise SourceError(f'{lost[0]}: copy all its files, or add --salvage')
    if salvage and not files:
        files = sorted((file for file in path.iterdir() if _is_storage(file)), key=_number)
    # A recorder that is killed leaves a file that it has only created.
    empty = [file for file in files if not file.stat().st_size]
    if empty:
        lost.append(f'nothing was written to {", ".join(map(str, empty))}')
        if not salvage:
            raise SourceError(f'{lost[-1]}: add --salvage to read the other files')
        files = [file for file in files if file not in empty]
    if not files:
        raise SourceError('; '.join(lost) or nothing_to_replay(path))
    return files, '; '.join(lost)


def nothing_to_replay(folder: Path) -> str:
    """The refusal of a folder without a recording."""
    files = sorted(folder.iterdir())
    if not files:
        return f'{folder} is empty: give a bag, a video or a folder of images'
    ros1 = next((file for file in files if file.suffix == '.bag'), None)
    if ros1 is not None:
        return ros1_advice(ros1)
    kinds = ', '.join(sorted(IMAGE_SUFFIXES))
    inside = next((place for place in _folders_in(folder) if _is_replayed(place)), None)
    cure = f': give {inside}' if inside else ''
    return f'{folder} is neither a bag nor a folder of images ({kinds}){cure}'


def is_image_folder(folder: Path) -> bool:
    """Tell a folder of images, or with a table of images, from a bag."""
    names = [entry.name for entry in folder.iterdir() if not entry.name.startswith('.')]
    if 'metadata.yaml' in names or any(name.endswith(BAG_SUFFIXES) for name in names):
        return False
    return any(name in TABLES or Path(name).suffix.lower() in IMAGE_SUFFIXES for name in names)


def _folders_in(folder: Path) -> list[Path]:
    """Those in a folder, and those in these."""
    return sorted(folder.glob('*/')) + sorted(folder.glob('*/*/'))


def _is_replayed(folder: Path) -> bool:
    try:
        return (folder / 'metadata.yaml').exists() or is_image_folder(folder)
    except OSError:
        return False


def _listed_files(metadata: Path) -> tuple[list[Path], list[str]]:
    """The files that exist, and the names of those that are missing."""
    bag = metadata.parent
    advice = f'rewrite it with ros2 bag reindex {bag}, or add --salvage'
    try:
        text = metadata.read_text(encoding='utf-8-sig')
        information = load_yaml(text)['rosbag2_bagfile_information']
        names = [Path(name).name for name in information['relative_file_paths']]
        storage = information['storage_identifier']
    except FileNotFoundError as error:
        if not any(_is_storage(file) for file in bag.iterdir()):
            raise SourceError(nothing_to_replay(bag)) from error
        raise SourceError(f'{bag} has no metadata.yaml: {advice}') from error
    except (OSError, yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise SourceError(f'{metadata} is not the metadata of a bag: {advice}') from error
    paths = {name: _locate(bag, name) for name in names}
    files = [file for file in paths.values() if file is not None]
    if storage not in ('mcap', 'sqlite3') and not all(_is_known(file) for file in files):
        raise SourceError(f'{bag} is stored as {storage!r}: convert it to mcap, ros2 bag convert')
    return files, [name for name, file in paths.items() if file is None]


def _locate(bag: Path, name: str) -> Path | None:
    """A listed file, or the same file packed or unpacked."""
    twins = (name, name.removesuffix('.zstd'), f'{name}.zstd')
    return next((bag / twin for twin in twins if (bag / twin).is_file()), None)


def _is_known(file: Path) -> bool:
    try:
        return bool(storage_format(file))
    except OSError:
        return False


def _is_storage(file: Path) -> bool:
    return file.is_file() and file.name.endswith(BAG_SUFFIXES) and not file.name.startswith('.')


def _number(file: Path) -> tuple[int, str]:
    digits = re.findall(r'\d+', file.name.partition('.')[0])
    return (int(digits[-1]) if digits else -1, file.name)
