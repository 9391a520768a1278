# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The events that the assistant reports: the whole output of the core."""

from __future__ import annotations

import math
from dataclasses import dataclass

from streamo_ros.core.delivery import Held
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import Reason
from streamo_ros.core.protocol import Kind
from streamo_ros.core.protocol import State
from streamo_ros.core.speech import Finish

UNKNOWN_PROBABILITIES = (math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class Decided:
    """A frame was decided for an instruction, or could not be decided.

    Attributes:
        frame: the frame; its image may have been released.
        instruction_id: 0 if no instruction is active.
        state: UNKNOWN if it could not be decided.
        reason: why not.
        probabilities: of Silence, Standby, Response, before thresholds; NaN if unknown.
        response_id: the answer that starts here; 0 = none.
        time_origin: capture time from which the lane's tags count, nanoseconds; 0 = none.
        context_tokens: tokens the lane holds.
        encode_time: seconds of the vision pass, steady clock; 0 if an earlier event counted it.
        extend_time: seconds of the batched extend, steady clock.
        tag: the frame's time tag in the dialogue; '' if the model did not see it.
        log_odds: of Response, less their mean of the first minute, see `Baseline`; NaN if unknown.
    """

    frame: Frame
    instruction_id: int = 0
    state: State = State.UNKNOWN
    reason: Reason = Reason.NONE
    probabilities: tuple[float, float, float] = UNKNOWN_PROBABILITIES
    response_id: int = 0
    time_origin: int = 0
    context_tokens: int = 0
    encode_time: float = 0.0
    extend_time: float = 0.0
    tag: str = ''
    log_odds: float = math.nan


@dataclass(frozen=True, slots=True)
class Spoke:
    """A piece of an answer.

    Attributes:
        index: counts the pieces of this answer from 0.
        text: whole characters; may be '' in the final piece.
        is_final: whether the answer is complete with it.
    """

    frame: Frame
    instruction_id: int
    response_id: int
    index: int
    text: str
    is_final: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer is complete.

    Attributes:
        frame: the frame whose decision was Response.
        event_start: capture time of the first Standby of the unbroken run before it, else of the
            frame, nanoseconds.
        event_end: capture time of the frame, nanoseconds.
        time_origin: capture time from which seconds named in the text count, nanoseconds.
        probability: of Response at the decision.
        first_token_time: seconds from the decision's pass to the first token, steady clock.
        generation_time: seconds from the first decode to the last, steady clock.
        episode_id: the same for answers about one event; counts from 1 for each instruction.
        kind: what it is.
    """

    frame: Frame
    instruction_id: int
    response_id: int
    text: str
    event_start: int
    event_end: int
    time_origin: int
    finish: Finish
    token_count: int
    probability: float
    first_token_time: float
    generation_time: float
    episode_id: int = 0
    kind: Kind = Kind.ANSWER


@dataclass(frozen=True, slots=True)
class HeldBack:
    """An answer was held back; see `Delivery`.

    Attributes:
        frame: the frame that it would be about.
        held: why.
        response_id: its id where it was already begun: a repetition; else 0.
        text: of a repetition; else ''.
    """

    frame: Frame
    instruction_id: int
    held: Held
    response_id: int = 0
    text: str = ''


Event = Decided | Spoke | Answered | HeldBack
