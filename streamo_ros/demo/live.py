# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The live timeline in a terminal: one line per instruction, one cell per frame, answers below.

Where the output is not a terminal, answers are printed as lines.
"""

from __future__ import annotations

from collections import deque
from types import TracebackType

from rich.console import Console
from rich.console import Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from streamo_ros.report.marks import ENDED
from streamo_ros.report.marks import mark
from streamo_ros.report.marks import mark_name
from streamo_ros.report.marks import NO_INSTRUCTION
from streamo_ros.report.rows import DecisionRow
from streamo_ros.report.rows import ResponseRow
from streamo_ros.report.rows import Row
from streamo_ros.report.run_rows import DeltaRow
from streamo_ros.report.run_rows import InstructionRow

CELLS = {
    'SILENCE': ('·', 'grey50'),
    'STANDBY': ('▄', 'yellow'),
    'RESPONSE': ('█', 'bold green'),
    NO_INSTRUCTION: ('–', 'grey50'),
    ENDED: ('–', 'grey50'),
    'UNKNOWN': ('?', 'red'),
}


class LiveView:
    """Shows rows as they come; use it as a context.

    Args:
        title: what is watched.
        console: where to draw; knows whether it is a terminal.
        width: cells per line; older frames scroll out.
    """

    def __init__(self, title: str, console: Console, width: int = 60) -> None:
        self._title = title
        self._console = console
        self._texts: dict[int, str] = {}
        self._cells: dict[int, dict[int, str]] = {}
        self._partial: dict[int, str] = {}
        self._answers: deque[tuple[str, int, str]] = deque(maxlen=6)
        self._width = max(10, min(width, console.width - 40))
        self._answered = 0
        self._first = 0
        self._note = ''
        self._frames = 0
        self._latency = 0.0
        self._live = (
            Live(
                self._draw(),
                console=console,
                refresh_per_second=8,
                transient=False,
            )
            if console.is_terminal
            else None
        )

    def __enter__(self) -> LiveView:  # noqa: PYI034 - Self needs Python 3.11
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live:
            self._live.update(self._draw(), refresh=True)
            self._live.stop()

    def note(self, text: str) -> None:
        """Show what is going on."""
        self._note = text
        if self._live is None:
            self._console.print(text, highlight=False, markup=False, soft_wrap=True)
        self._refresh()

    def take(self, row: Row) -> None:
        """Show a row."""
        match row:
            case InstructionRow():
                self._texts[row.id] = row.text
            case DecisionRow():
                self._take_decision(row)
            case DeltaRow():
                self._take_delta(row)
            case ResponseRow():
                self._take_response(row)
        self._refresh()

    def _take_decision(self, row: DecisionRow) -> None:
        self._first = self._first or row.stamp
        self._frames = row.frame_index + 1
        self._latency = row.latency
        cells = self._cells.setdefault(row.instruction_id, {})
        cells[row.frame_index] = mark(row)
        cells.pop(row.frame_index - self._width, None)

    def _take_delta(self, row: DeltaRow) -> None:
        """Pieces and whole answers travel on two topics: a late piece is not shown again."""
        if row.response_id > self._answered:
            key = row.instruction_id
            text = self._partial.get(key, '') + row.text
            if text:
                self._partial[key] = text

    def _take_response(self, row: ResponseRow) -> None:
        key, at = row.instruction_id, f'{(row.stamp - self._first) / 1e9:6.1f} s'
        self._partial.pop(key, None)
        self._answered = max(self._answered, row.response_id)
        self._answers.append((at, key, row.text))
        if self._live is None:
            instruction = self._texts.get(key, '')
            self._console.print(
                f'{at}  [{key}] {instruction}: {row.text}',
                highlight=False,
                markup=False,
                soft_wrap=True,
            )

    def _refresh(self) -> None:
        if self._live:
            self._live.update(self._draw())

    def _draw(self) -> Panel:
        table = Table.grid(padding=(0, 1))
        table.add_column(no_wrap=True, justify='right')
        table.add_column(no_wrap=True, max_width=max(20, self._console.width - self._width - 12))
        table.add_column(no_wrap=True)
        for key, text in (*self._texts.items(), (0, '(no instruction)')):
            line, cells = Text(), self._cells.get(key, {})
            if not key and not any(index >= self._frames - self._width for index in cells):
                continue  # All frames of late had an instruction.
            for index in range(max(0, self._frames - self._width), self._frames):
                line.append(*CELLS.get(cells.get(index, ''), (' ', '')))
            table.add_row(Text(str(key or ''), 'bold'), Text(text, overflow='ellipsis'), line)
        answers = [
            Text.assemble((at, 'grey50'), f' [{key}] ', (text, 'green'))
            for at, key, text in self._answers
        ]
        answers += [
            Text.assemble('         ', f' [{key}] ', (f'{text}…', 'italic'))
            for key, text in self._partial.items()
        ]
        legend = Text()
        for name, cell in CELLS.items():
            legend.append(f'{cell[0]} ', cell[1]).append(f'{mark_name(name)}   ', 'grey50')
        foot = Text(
            f'{self._frames} frames · latency {self._latency * 1000:.0f} ms · {self._note}',
            'grey50',
        )
        return Panel(Group(table, Text(), *answers, Text(), legend, foot), title=self._title)
