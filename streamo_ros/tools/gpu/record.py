# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The one JSON file of a run: written whole after each row, read again to go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from streamo_ros.tools.gpu.plan import Job

FORMAT = 1
MEASURED, NOT_RUN, DEVICE_LOST = 'measured', 'not run', 'device lost'


class RunFile:
    """What a run has found so far.

    Args:
        file: where it is written.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.data: dict[str, Any] = {'format': FORMAT, 'machine': {}, 'tests': {}, 'rows': []}

    @classmethod
    def read(cls, file: Path) -> RunFile:
        """Read a file that a run has written.

        Raises:
            ValueError: it is none.
        """
        record = cls(file)
        data = json.loads(file.read_text(encoding='utf-8'))
        if not isinstance(data, dict) or data.get('format') != FORMAT:
            raise ValueError(f'{file} is not a record of make gpu in format {FORMAT}')
        record.data = data
        return record

    @property
    def rows(self) -> list[dict[str, Any]]:
        """All rows, in the order in which they were written."""
        rows: list[dict[str, Any]] = self.data['rows']
        return rows

    def has(self, job: Job) -> bool:
        """Whether a row was begun before, whatever came of it."""
        return any(row['row'] == job.name and row['status'] != NOT_RUN for row in self.rows)

    def put(self, job: Job, status: str, **figures: Any) -> None:
        """Write a row, in the place of one of that name."""
        row = {
            'row': job.name,
            'kind': job.kind,
            'shape': job.shape,
            'view': job.view.name,
            'lanes': job.lanes,
            'context': job.context,
            'status': status,
            **figures,
        }
        self.data['rows'] = [old for old in self.rows if old['row'] != job.name] + [row]
        self.save()

    def save(self) -> None:
        """Write the file, so that a reader never sees half of it."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        aside = self.file.with_name(self.file.name + '.part')
        aside.write_text(json.dumps(self.data, indent=1) + '\n', encoding='utf-8')
        aside.replace(self.file)
