# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The table: Markdown that also reads well as plain text, made from a record alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streamo_ros.tools.gpu.goals import disagreement
from streamo_ros.tools.gpu.goals import judge
from streamo_ros.tools.gpu.record import MEASURED
from streamo_ros.tools.gpu.record import NOT_RUN
from streamo_ros.tools.page_part import replace_part

HEADINGS = (
    'model',
    'view',
    'lanes',
    'context',
    'what',
    'frame ms',
    'roofline ms (computed)',
    'over it',
    'first token ms',
    'tokens/s',
    'decode GB/s',
    'of copy',
    'peak GiB',
)
HOW = (
    'Frame: wall time of one call from an RGB image on the host to the three state logits of '
    'every lane on the host, median of 15 (fewer where they are slow), device idle before each; '
    'each repeat is taken back, so that all are at one context. First token: wall time of the '
    'decode call after a Response decision, median of 4 answers; tokens/s: median step of 32, all '
    'lanes together. Decode GB/s: bytes of all text weights, the head and the keys and values of '
    'the context, each once, over the time of a step (the bytes are computed, the time is '
    'measured). Roofline: the larger of bytes over copy bandwidth and operations over the rate of '
    'the matrix product, vision and language apart, from ceilings measured in the same run. '
    'Peak: most memory that torch had allocated at once, weights and window included. Weights '
    'are random, the dialogue and its tokens are the same for all; loops of transformers get '
    'pixels and positions handed to them and serve one lane.'
)


def renew(page: str, data: dict[str, Any]) -> str:
    """A page with its generated part made anew.

    Raises:
        ValueError: it has none.
    """
    return replace_part(page, 'gpu', markdown(data))


def markdown(data: dict[str, Any]) -> str:
    """Everything that a record says."""
    parts = [_machine(data), _tests(data), _rows(data['rows'])]
    parts += [_problems(data['rows']), _goals(data['rows']), _agreement(data['rows']), HOW]
    return '\n\n'.join(part for part in parts if part)


def _machine(data: dict[str, Any]) -> str:
    about = data['machine']
    if not about:
        return ''
    cuda = f', driver {about["driver"]}, CUDA {about["cuda"]}' if about.get('driver') else ''
    versions = ', '.join(
        f'{name} {about[name]}' for name in ('torch', 'triton', 'transformers') if about.get(name)
    )
    commit, date = about.get('commit') or 'unknown', about.get('date', '')
    dtype = about.get('dtype', '?')
    lines = [
        f'**{about["device"]}**{cuda}, {versions}, weights in {dtype}; commit {commit}, {date}'
    ]
    if 'copy_gb_per_s' in about:
        lines.append(
            f'Measured ceilings: copy {about["copy_gb_per_s"]:,.0f} GB/s, read '
            f'{about["read_gb_per_s"]:,.0f} GB/s, matrix product {about["gemm_tflops"]:,.1f} '
            f'TFLOP/s ({about["ceilings_how"]})'
        )
    return '\n'.join(lines)


def _tests(data: dict[str, Any]) -> str:
    tests = data['tests']
    if not tests:
        return ''
    verdict = {True: 'passed', False: 'FAILED', None: 'none ran'}[tests['passed']]
    return f'Tests marked gpu: {verdict} ({tests["summary"]})'


def _rows(rows: Sequence[dict[str, Any]]) -> str:
    measured = [row for row in rows if row['status'] == MEASURED]
    order = list(dict.fromkeys(row['shape'] for row in measured))
    measured.sort(
        key=lambda row: (
            order.index(row['shape']),
            row['view'] == 'default',
            row['lanes'],
            row['context'],
        )
    )
    return _table(HEADINGS, [_cells(row) for row in measured]) if measured else ''


def _cells(row: dict[str, Any]) -> list[str]:
    share = row.get('decode_share')
    what = row['kind'] + (f' ({row["note"]})' if 'note' in row else '')
    if 'flat_ratio' in row:
        early, late = row['early_frames'], row['late_frames']
        what = (
            f'frames {late[0]:,}-{late[1]:,} ({row["flat_ratio"]:.3f} x frames '
            f'{early[0]:,}-{early[1]:,}, {row["evictions"]} evictions)'
        )
    return [
        row['shape'],
        row['view'],
        str(row['lanes']),
        f'{row["context_tokens"]:,}' if 'context_tokens' in row else '-',
        what,
        _number(row, 'frame_ms'),
        _number(row, 'roofline_ms_computed'),
        _number(row, 'roofline_ratio'),
        _number(row, 'first_token_ms'),
        _number(row, 'tokens_per_s', 0),
        _number(row, 'decode_gb_per_s', 0),
        '-' if share is None else f'{100 * share:.0f} %',
        _number(row, 'peak_gib', 1),
    ]


def _number(row: dict[str, Any], name: str, digits: int = 2) -> str:
    return '-' if row.get(name) is None else f'{row[name]:,.{digits}f}'


def _problems(rows: Sequence[dict[str, Any]]) -> str:
    lines = [
        f'* {row["row"]}: {row["status"]}: {row["reason"]}'
        for row in rows
        if row['status'] not in (MEASURED, NOT_RUN)
    ]
    missing = [row for row in rows if row['status'] == NOT_RUN]
    if missing:
        names = '; '.join(row['row'] for row in missing)
        lines.append(f'* not run, for lack of time: {names}')
    return '\n'.join(['Rows without figures:', '', *lines]) if lines else ''


def _goals(rows: Sequence[dict[str, Any]]) -> str:
    cells = []
    for goal, value in judge(rows):
        sign = '>=' if goal.least else '<='
        met = '-' if value is None else 'yes' if goal.met(value) else 'no'
        reached = 'not measured' if value is None else f'{value:.3g}'
        if goal.aside is not None and (more := goal.aside(rows)):
            reached += f' ({more})'
        cells.append([f'{goal.text} {sign} {goal.limit:g}', reached, met])
    return _table(('goal on an H100 or H200', 'reached', 'met'), cells)


def _agreement(rows: Sequence[dict[str, Any]]) -> str:
    difference = disagreement(rows)
    if difference is None:
        return ''
    return (
        'Largest difference of a state logit between the engine and a loop of transformers at the '
        f'same place, same weights and tokens: {difference:.2g}'
    )


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    padded = [
        [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        for row in (headings, *rows)
    ]
    lines = [f'| {" | ".join(row)} |' for row in padded]
    lines.insert(1, '|' + '|'.join('-' * (width + 2) for width in widths) + '|')
    return '\n'.join(lines)
