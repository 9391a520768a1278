# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a decision is shown: its state, except that a frame nobody waits for is no fault.

Report, live view and summaries take colors, legends and counts from here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping

from streamo_ros.core.frame import Reason
from streamo_ros.core.protocol import State
from streamo_ros.report.rows import DecisionRow

NO_INSTRUCTION = Reason.NO_INSTRUCTION.name
"""The mark of a frame for which there was nothing to decide."""
ENDED = Reason.ENDED.name
"""The mark of a frame that still waited when its instruction or stream ended."""
MARKS = ('SILENCE', 'STANDBY', 'RESPONSE', NO_INSTRUCTION, ENDED, 'UNKNOWN')
"""All marks, in the order of legends."""


def mark(decision: DecisionRow) -> str:
    """What to show of a decision: one of `MARKS`."""
    if decision.state != State.UNKNOWN.name:
        return decision.state
    if decision.reason == ENDED:
        return ENDED
    unasked = decision.reason == NO_INSTRUCTION
    # A row of an early version may lack its reason.
    unasked = unasked or not (decision.reason or decision.instruction_id)
    return NO_INSTRUCTION if unasked else decision.state


def count_marks(decisions: Iterable[DecisionRow]) -> dict[str, int]:
    """How many decisions have each mark, in the order of `MARKS`; none that has no decision."""
    counts = Counter(map(mark, decisions))
    return {name: counts[name] for name in MARKS if counts[name]}


def describe_held(held: Mapping[str, int]) -> str:
    """How many answers were held back, and why, e.g. '2 held back (1 cooldown, 1 repeated)'."""
    if not held:
        return ''
    why = ', '.join(f'{count} {mark_name(name)}' for name, count in sorted(held.items()))
    return f'{sum(held.values())} held back ({why})'


def mark_name(name: str) -> str:
    """A mark as people read it, e.g. 'no instruction'."""
    return name.lower().replace('_', ' ')


def describe_marks(counts: Mapping[str, int]) -> str:
    """Counts as text, e.g. '5 silence, 1 no instruction'."""
    return ', '.join(f'{count} {mark_name(name)}' for name, count in counts.items())
