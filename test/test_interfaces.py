# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The interfaces are the ones that bags hold, and every field is explained."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

HEADER, TIME, DURATION = (
    'std_msgs/Header',
    'builtin_interfaces/Time',
    'builtin_interfaces/Duration',
)
# The names and types that stand in every bag: a change here breaks recordings.
INTERFACES = {
    'msg/FrameState.msg': f"""
        {HEADER} header
        uint8 UNKNOWN=0 uint8 SILENCE=1 uint8 STANDBY=2 uint8 RESPONSE=3 uint8 state
        uint8 REASON_NONE=0 uint8 REASON_NO_INSTRUCTION=1 uint8 REASON_BAD_FRAME=2
        uint8 REASON_MODEL_FAILED=3 uint8 REASON_OVERFLOW=4
        uint8 REASON_ENDED=5 uint8 unknown_reason
        float32 silence_probability float32 standby_probability float32 response_probability
        uint32 instruction_id uint32 response_id uint32 stream_id uint64 frame_index
        {TIME} time_origin uint64 received_frames uint64 dropped_frames
        uint32 context_tokens float32 encode_time float32 extend_time float32 latency""",
    'msg/Response.msg': f"""
        {HEADER} header uint32 instruction_id uint32 response_id uint32 stream_id
        uint64 frame_index string text
        {TIME} event_start {TIME} event_end {TIME} time_origin
        uint8 FINISH_UNKNOWN=0 uint8 FINISH_STOP=1 uint8 FINISH_LENGTH=2
        uint8 FINISH_CANCELED=3 uint8 FINISH_ERROR=4 uint8 finish_reason
        uint32 token_count float32 probability float32 first_token_time
        float32 generation_time string model_id uint32 episode_id uint8 KIND_ANSWER=0
        uint8 KIND_OBSERVATION=1 uint8 KIND_SUMMARY=2 uint8 KIND_DELEGATION=3 uint8 kind""",
    'msg/ResponseDelta.msg': f"""
        {HEADER} header uint32 instruction_id uint32 response_id uint32 index string text
        bool is_final""",
    'msg/Instruction.msg': f"""
        uint32 id string text {TIME} stamp
        uint8 SOURCE_UNKNOWN=0 uint8 SOURCE_SERVICE=1 uint8 SOURCE_ACTION=2
        uint8 SOURCE_PARAMETER=3 uint8 source
        uint32 max_responses {DURATION} cooldown {DURATION} lifetime {DURATION} backfill
        uint32 response_count""",
    'msg/InstructionArray.msg': f'{HEADER} header Instruction[] instructions',
    'msg/ModelInfo.msg': f"""
        {HEADER} header string model_id string model string architecture string protocol
        string dtype string device string vision_backend string vision_backend_version
        string package_version uint32 image_width uint32 image_height uint32 tokens_per_frame
        uint32 context_capacity float32 sampling_rate string parameters""",
    'srv/SetInstruction.srv': f"""
        string text uint32 max_responses {DURATION} cooldown {DURATION} lifetime
        {DURATION} backfill uint32 replace_id
        --- --- bool success string message uint32 instruction_id""",
    'srv/CancelInstruction.srv': """
        uint32 instruction_id --- --- bool success string message uint32[] canceled_ids""",
    'action/Ask.action': f"""
        string question {TIME} from_time {TIME} to_time uint32 max_frames
        --- --- uint8 OUTCOME_UNKNOWN=0 uint8 OUTCOME_ANSWERED=1 uint8 OUTCOME_NOT_FOUND=2
        uint8 OUTCOME_CANCELED=3 uint8 OUTCOME_ERROR=4 uint8 outcome
        string text string message {TIME}[] evidence_stamps float32 probability
        --- --- string stage string partial_text {TIME}[] evidence_stamps""",
    'action/Watch.action': f"""
        string text uint32 max_responses {DURATION} timeout {DURATION} cooldown
        {DURATION} backfill
        --- --- uint8 OUTCOME_UNKNOWN=0 uint8 OUTCOME_COMPLETED=1 uint8 OUTCOME_TIMEOUT=2
        uint8 OUTCOME_CANCELED=3 uint8 OUTCOME_DEACTIVATED=4 uint8 OUTCOME_ERROR=5 uint8 outcome
        string message Response[] responses
        --- --- FrameState frame_state string partial_text""",
}
INTERFACE_FILES = [
    path for kind in ('msg', 'srv', 'action') for path in sorted((ROOT / kind).glob(f'*.{kind}'))
]


def declarations(text: str) -> list[str]:
    """Return the lines of an interface file that are no comments, blanks made equal."""
    bare = [line.split('#')[0].split() for line in text.splitlines()]
    return [' '.join(words) for words in bare if words]


@pytest.mark.parametrize('name', INTERFACES)
def test_interface_has_the_fields_that_bags_hold(name: str) -> None:
    words = INTERFACES[name].replace('--- ---', '\x00 \x00').split()
    pairs = [f'{first} {second}' for first, second in zip(words[::2], words[1::2], strict=True)]
    expected = ['---' if pair == '\x00 \x00' else pair for pair in pairs]

    assert declarations((ROOT / name).read_text()) == expected


@pytest.mark.parametrize('path', INTERFACE_FILES, ids=lambda path: path.name)
def test_every_field_is_explained_in_the_line_above(path: Path) -> None:
    lines = path.read_text().splitlines()

    bare = [
        line
        for above, line in zip(['', *lines], lines, strict=False)
        if line.strip()
        and line != '---'
        and not line.startswith('#')
        and not above.startswith('# ')
    ]

    assert bare == []


def test_cmake_generates_every_interface_file() -> None:
    cmake = (ROOT / 'CMakeLists.txt').read_text()
    names = [str(path.relative_to(ROOT)) for path in INTERFACE_FILES]

    assert re.findall(r'^  ((?:msg|srv|action)/\S+)$', cmake, re.MULTILINE) == names
    assert sorted(INTERFACES) == sorted(names)
