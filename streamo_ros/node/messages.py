# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Events and instructions as messages: the one place where fields are filled in.

Knows types and units; not when or to whom a message goes.
"""

from __future__ import annotations

from builtin_interfaces.msg import Duration
from builtin_interfaces.msg import Time
from std_msgs.msg import Header

from streamo_ros.backbone.face import BackboneInfo
from streamo_ros.events import Answered
from streamo_ros.events import Decided
from streamo_ros.events import Spoke
from streamo_ros.frame import Frame
from streamo_ros.frame import SECOND
from streamo_ros.instruction import Instruction as Standing
from streamo_ros.msg import FrameState
from streamo_ros.msg import Instruction
from streamo_ros.msg import ModelInfo
from streamo_ros.msg import Response
from streamo_ros.msg import ResponseDelta


def time_message(stamp: int) -> Time:
    """Nanoseconds as a Time."""
    seconds, rest = divmod(stamp, SECOND)
    return Time(sec=seconds, nanosec=rest)


def duration_message(nanoseconds: int) -> Duration:
    """Nanoseconds as a Duration."""
    seconds, rest = divmod(nanoseconds, SECOND)
    return Duration(sec=seconds, nanosec=rest)


def nanoseconds(duration: Duration) -> int:
    """A Duration in nanoseconds."""
    return int(duration.sec) * SECOND + int(duration.nanosec)


def header(frame: Frame) -> Header:
    """The camera's header: capture time and optical frame."""
    return Header(stamp=time_message(frame.stamp), frame_id=frame.frame_id)


def frame_state(event: Decided, received: int, dropped: int, latency: float) -> FrameState:
    """A decision as a message.

    Args:
        event: the decision.
        received: frames received since activation.
        dropped: sampled frames that nobody could decide about.
        latency: seconds from reception to now, steady clock.
    """
    silence, standby, response = event.probabilities
    return FrameState(
        header=header(event.frame),
        state=int(event.state),
        unknown_reason=int(event.reason),
        silence_probability=silence,
        standby_probability=standby,
        response_probability=response,
        instruction_id=event.instruction_id,
        response_id=event.response_id,
        stream_id=event.frame.tick.stream_id,
        frame_index=event.frame.tick.index,
        time_origin=time_message(event.time_origin),
        received_frames=received,
        dropped_frames=dropped,
        context_tokens=event.context_tokens,
        encode_time=event.encode_time,
        extend_time=event.extend_time,
        latency=latency,
    )


def response(event: Answered, model_id: str, waited: float) -> Response:
    """An answer as a message.

    Args:
        event: the answer.
        model_id: who gave it.
        waited: seconds from the reception of its frame to the beginning of the answer.
    """
    return Response(
        header=header(event.frame),
        instruction_id=event.instruction_id,
        response_id=event.response_id,
        stream_id=event.frame.tick.stream_id,
        frame_index=event.frame.tick.index,
        text=event.text,
        event_start=time_message(event.event_start),
        event_end=time_message(event.event_end),
        time_origin=time_message(event.time_origin),
        finish_reason=int(event.finish),
        token_count=event.token_count,
        probability=event.probability,
        first_token_time=waited + event.first_token_time,
        generation_time=event.generation_time,
        model_id=model_id,
    )


def response_delta(event: Spoke) -> ResponseDelta:
    """A piece of an answer as a message."""
    return ResponseDelta(
        header=header(event.frame),
        instruction_id=event.instruction_id,
        response_id=event.response_id,
        index=event.index,
        text=event.text,
        is_final=event.is_final,
    )


def instruction(standing: Standing) -> Instruction:
    """A standing instruction as a message."""
    return Instruction(
        id=standing.id,
        text=standing.text,
        stamp=time_message(standing.stamp),
        source=int(standing.source),
        max_responses=standing.max_responses,
        cooldown=duration_message(standing.cooldown),
        lifetime=duration_message(standing.lifetime),
        backfill=duration_message(standing.backfill),
        response_count=standing.response_count,
    )


def model_info(info: BackboneInfo, stamp: Time, rate: float, parameters: str) -> ModelInfo:
    """The identity of the model as a message.

    Args:
        info: what the backbone says of itself.
        stamp: node clock.
        rate: frames looked at per second.
        parameters: all in effect, as YAML.
    """
    return ModelInfo(
        header=Header(stamp=stamp),
        model_id=info.model_id,
        model=info.model,
        architecture=info.architecture,
        protocol=info.protocol,
        dtype=info.dtype,
        device=info.device,
        vision_backend=info.vision_backend,
        vision_backend_version=info.vision_backend_version,
        package_version=package_version(),
        image_width=info.image_size[0],
        image_height=info.image_size[1],
        tokens_per_frame=info.tokens_per_frame,
        context_capacity=info.context_capacity,
        sampling_rate=rate,
        parameters=parameters,
    )


def package_version() -> str:
    """The version in the package's manifest, '' when it is not installed as a ROS package."""
    from ament_index_python.packages import get_package_share_path
    from ament_index_python.packages import PackageNotFoundError

    try:
        manifest = get_package_share_path('streamo_ros') / 'package.xml'
        text = manifest.read_text(encoding='utf-8')
    except (PackageNotFoundError, OSError):
        return ''
    return text.partition('<version>')[2].partition('</version>')[0].strip()
