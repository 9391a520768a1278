# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is being watched for: the active instructions and the book that holds them.

Several threads may read and change the book; everything in it is replaced, never mutated.
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace

from streamo_ros.core.errors import StreamoError
from streamo_ros.core.instruction_text import check_instruction

DEFAULT_INSTRUCTIONS = 8
"""Instructions that can be active at once when the user does not say how many."""


class InstructionError(StreamoError, ValueError):
    """An instruction is refused; the message says why and what to do."""


class InstructionSource(enum.IntEnum):
    """Who gave an instruction; the values are those of Instruction.msg."""

    UNKNOWN = 0
    SERVICE = 1
    ACTION = 2
    PARAMETER = 3


@dataclass(frozen=True, slots=True)
class Instruction:
    """An active instruction.

    Attributes:
        id: counts from 1; never reused.
        text: what to watch for.
        source: who gave it.
        since: capture time, nanoseconds, from which it sees frames; 0 = from now on.
        stamp: capture time of the first frame it saw, nanoseconds; 0 = none yet.
        max_responses: it ends after this many; 0 = unlimited.
        cooldown: capture time after a response during which it gives no other, nanoseconds.
        lifetime: capture time after which it ends, nanoseconds; 0 = never.
        backfill: how far it looks back when it starts, nanoseconds.
        response_count: responses given so far.
    """

    id: int
    text: str
    source: InstructionSource = InstructionSource.UNKNOWN
    since: int = 0
    stamp: int = 0
    max_responses: int = 0
    cooldown: int = 0
    lifetime: int = 0
    backfill: int = 0
    response_count: int = 0

    @property
    def finished(self) -> bool:
        """Whether it has given all its responses."""
        return 0 < self.max_responses <= self.response_count

    def expired(self, stamp: int) -> bool:
        """Whether its lifetime has ended by a capture time."""
        return 0 < self.lifetime <= stamp - self.stamp if self.stamp else False


class InstructionBook:
    """The active instructions, at most `capacity`.

    Args:
        capacity: how many may be active at once.
        check: returns the text cleaned or raises ValueError; the protocol's check by default.
        remark: what there is to remark on an instruction that is accepted; '' = nothing.
        cramped: whether `capacity` is what memory had room for, and not what was asked for.
    """

    def __init__(
        self,
        capacity: int = DEFAULT_INSTRUCTIONS,
        check: Callable[[str], str] = check_instruction,
        remark: Callable[[str], str] = lambda _: '',
        cramped: bool = False,
    ) -> None:
        self.capacity = capacity
        self.check = check
        self.remark = remark
        self._full = f'all {capacity} places for instructions are taken'
        self._more = 'raise max_instructions'
        if cramped:
            self._full += ', and the free memory had no room for more'
            self._more = 'lower context.max_frames'
        self._active: dict[int, Instruction] = {}
        self._next_id = 1
        self._version = 0
        self._lock = threading.Lock()

    @property
    def version(self) -> int:
        """Changes whenever an instruction is added, removed or counts a response."""
        return self._version

    def active(self) -> tuple[Instruction, ...]:
        """All active instructions, oldest first."""
        with self._lock:
            return tuple(self._active.values())

    def get(self, instruction_id: int) -> Instruction | None:
        """The active instruction with this id."""
        with self._lock:
            return self._active.get(instruction_id)

    def add(
        self,
        text: str,
        *,
        source: InstructionSource = InstructionSource.UNKNOWN,
        since: int = 0,
        max_responses: int = 0,
        cooldown: int = 0,
        lifetime: int = 0,
        backfill: int = 0,
        replace_id: int = 0,
    ) -> Instruction:
        """Add an instruction; see `Instruction` for the arguments.

        Args:
            replace_id: the active instruction that it replaces; 0 = none.

        Raises:
            InstructionError: bad text or number, unknown `replace_id`, or a full book.
        """
        if min(since, max_responses, cooldown, lifetime, backfill) < 0:
            raise InstructionError('a time or count of the instruction is negative: use 0 or more')
        try:
            text = self.check(text)
        except ValueError as error:
            raise InstructionError(str(error)) from error
        with self._lock:
            self._make_place(replace_id)
            instruction = Instruction(
                self._next_id, text, source, since, 0, max_responses, cooldown, lifetime, backfill
            )
            self._next_id += 1
            self._active[instruction.id] = instruction
            self._version += 1
        return instruction

    def cancel(self, instruction_id: int) -> list[int]:
        """Cancel an instruction.

        Args:
            instruction_id: its id; 0 = all.

        Returns:
            The ids that were active.

        Raises:
            InstructionError: there is no such instruction.
        """
        with self._lock:
            if instruction_id and instruction_id not in self._active:
                raise InstructionError(self._unknown(instruction_id))
            ids = [instruction_id] if instruction_id else list(self._active)
            for gone in ids:
                del self._active[gone]
            self._version += bool(ids)
        return ids

    def begin(self, instruction_id: int, stamp: int) -> None:
        """Record the first frame that an instruction sees."""
        self._change(instruction_id, stamp=stamp)

    def count_response(self, instruction_id: int) -> Instruction | None:
        """Count a response; returns the updated instruction, None if it is gone."""
        with self._lock:
            old = self._active.get(instruction_id)
            if old is None:
                return None
            new = replace(old, response_count=old.response_count + 1)
            self._active[instruction_id] = new
            self._version += 1
            return new

    def restart(self) -> None:
        """A new stream began: instructions start over with its first frame."""
        with self._lock:
            for key, old in self._active.items():
                if old.stamp:
                    self._active[key] = replace(old, stamp=0, since=0)
            self._version += 1

    def restore(self, instructions: tuple[Instruction, ...], next_id: int) -> list[str]:
        """Put back what was active before a restart; new ids continue from `next_id`.

        Returns:
            One sentence for each instruction that is refused: it does not pass the check, or all
            places are taken.
        """
        refused = []
        accepted: dict[int, Instruction] = {}
        for instruction in instructions:
            try:
                if len(accepted) >= self.capacity:
                    raise InstructionError(f'{self._full}: {self._more}')
                text = self.check(instruction.text)
                accepted[instruction.id] = replace(instruction, text=text, stamp=0, since=0)
            except ValueError as error:
                refused.append(f'instruction {instruction.id} is not active again: {error}')
        highest = max((instruction.id for instruction in instructions), default=0)
        with self._lock:
            self._active = accepted
            self._next_id = max(next_id, self._next_id, highest + 1)
            self._version += 1
        return refused

    def _change(self, instruction_id: int, **changes: int) -> None:
        with self._lock:
            if instruction_id in self._active:
                old = self._active[instruction_id]
                self._active[instruction_id] = replace(old, **changes)  # type: ignore[arg-type]
                self._version += 1

    def _make_place(self, replace_id: int) -> None:
        if replace_id and replace_id not in self._active:
            raise InstructionError(self._unknown(replace_id))
        if not replace_id and len(self._active) >= self.capacity:
            raise InstructionError(
                f'{self._full}: cancel one, replace one with replace_id, or {self._more}'
            )
        self._active.pop(replace_id, None)

    def _unknown(self, instruction_id: int) -> str:
        active = ', '.join(map(str, self._active)) or 'none'
        return f'there is no instruction {instruction_id}: active are {active}'
