# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Converts public annotation formats to the raw schema, one module per format.

Each module defines how a file splits into entries and how an entry maps to raw records; entries
that do not match are reported.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamo_ros.training.annotations import activitynet
from streamo_ros.training.annotations import charades_sta
from streamo_ros.training.annotations import coin
from streamo_ros.training.annotations import didemo
from streamo_ros.training.annotations import ego_timeqa
from streamo_ros.training.annotations import et_instruct
from streamo_ros.training.annotations import hacs
from streamo_ros.training.annotations import qvhighlights
from streamo_ros.training.annotations import shot2story
from streamo_ros.training.annotations import streamo
from streamo_ros.training.annotations import vitt
from streamo_ros.training.annotations import youcook2
from streamo_ros.training.record import AnnotationError
from streamo_ros.training.record import Problem

Raw = dict[str, Any]


@dataclass(frozen=True)
class AnnotationFormat:
    """How a dataset is read.

    Attributes:
        title: the dataset's name and the annotation files it refers to.
        files: finds the annotation files at a path.
        entries: yields (label, entry) for each entry of a file.
        raw: raw records of one entry; KeyError, TypeError or ValueError mean a bad entry.
    """

    title: str
    files: Callable[[Path], list[Path]]
    entries: Callable[[Path], Iterator[tuple[str, Any]]]
    raw: Callable[[str, Any], list[Raw]]


def one_file(path: Path) -> list[Path]:
    """The path itself."""
    return [path]


FORMATS = {
    'streamo': AnnotationFormat(
        'Streamo-Instruct: a JSON file in the raw schema, or the folder with one folder per task',
        streamo.files,
        streamo.entries,
        streamo.raw,
    ),
    'activitynet': AnnotationFormat(
        'ActivityNet Captions: train.json, val_1.json, val_2.json',
        one_file,
        activitynet.entries,
        activitynet.raw,
    ),
    'youcook2': AnnotationFormat(
        'YouCook2: youcookii_annotations_trainval.json', one_file, youcook2.entries, youcook2.raw
    ),
    'coin': AnnotationFormat('COIN: COIN.json', one_file, coin.entries, coin.raw),
    'qvhighlights': AnnotationFormat(
        'QVHighlights: highlight_train_release.jsonl, highlight_val_release.jsonl',
        one_file,
        qvhighlights.entries,
        qvhighlights.raw,
    ),
    'didemo': AnnotationFormat(
        'DiDeMo: train_data.json, val_data.json', one_file, didemo.entries, didemo.raw
    ),
    'charades-sta': AnnotationFormat(
        'Charades-STA: charades_sta_train.txt, charades_sta_test.txt',
        one_file,
        charades_sta.entries,
        charades_sta.raw,
    ),
    'hacs': AnnotationFormat(
        'HACS Segments: HACS_segments_v1.1.1.json', one_file, hacs.entries, hacs.raw
    ),
    'ego-timeqa': AnnotationFormat(
        'EgoTimeQA: annotations.EgoTimeQA.json', one_file, ego_timeqa.entries, ego_timeqa.raw
    ),
    'shot2story': AnnotationFormat(
        'Shot2Story: 43k_human_train.json, 20k_train.json and others of that form',
        one_file,
        shot2story.entries,
        shot2story.raw,
    ),
    'vitt': AnnotationFormat('ViTT: ViTT-annotations.json', one_file, vitt.entries, vitt.raw),
    'et-instruct': AnnotationFormat(
        'ET-Instruct-164K: et_instruct_164k_txt.json',
        one_file,
        et_instruct.entries,
        et_instruct.raw,
    ),
}


def read_annotations(
    path: Path, name: str, report: Callable[[Problem], None]
) -> Iterator[tuple[str, str, Any]]:
    """Read the raw records of a file or folder; bad files and entries are reported and skipped.

    Args:
        path: the annotation file, or the folder of a format that has one.
        name: a key of `FORMATS`.
        report: called for each bad file and entry.

    Yields:
        (file, label of the record, raw record).

    Raises:
        AnnotationError: the format is unknown, or the path does not exist.
    """
    if name not in FORMATS:
        raise AnnotationError(f'unknown format {name!r}: choose from {", ".join(FORMATS)}')
    if not path.exists():
        raise AnnotationError(f'{path} does not exist')
    for file in FORMATS[name].files(path):
        yield from _read_file(file, FORMATS[name], report)


def _read_file(
    file: Path, layout: AnnotationFormat, report: Callable[[Problem], None]
) -> Iterator[tuple[str, str, Any]]:
    entries = layout.entries(file)
    while True:
        try:
            label, entry = next(entries)
        except StopIteration:
            return
        except (OSError, ValueError, AttributeError, TypeError, KeyError) as error:
            report(Problem(str(file), '', 'record', f'the file is not {layout.title}: {error}'))
            return
        try:
            records = layout.raw(label, entry)
        except KeyError as error:
            report(Problem(str(file), label, 'record', f'the field {error} is missing'))
        except (TypeError, ValueError, AttributeError, IndexError) as error:
            report(
                Problem(str(file), label, 'record', f'the entry has an unexpected form: {error}')
            )
        else:
            yield from ((str(file), label, record) for record in records)
