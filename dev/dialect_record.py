# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Records the prompts of 40 steps that a released runtime's own session code builds.

    python -m dev.dialect_record livecc REPOSITORY        # of showlab/livecc
    python -m dev.dialect_record jo_ai REPOSITORY         # of jd-opensource/JoyAI-VL-Interaction
    python -m dev.dialect_record jo_ai_delegation REPOSITORY

Their session runs whole, on the question and the replies of the recording that is there, which is
written anew. What needs weights, a video or a server is replaced: the model says the replies, the
processor is the recordings' tokenizer with Qwen's chat template. Their code is not kept.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import tempfile
import types
from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamo_ros.backbone.dialects import read_dialect
from streamo_ros.backbone.tokenizer import CheckpointTokenizer

RECORDINGS = Path(__file__).parents[1] / 'test' / 'backbone' / 'recordings'
FRAME, PAD = -1, '<|pad|>'
"""What stands for a frame or a pair, as an id and in text."""
VISION = f'<|vision_start|>{PAD}<|vision_end|>'
CHUNK = 15
TOKENIZER = CheckpointTokenizer(RECORDINGS / 'tokenizer.json')
Record = dict[str, Any]


def template(messages: Sequence[dict[str, Any]], system: str = '') -> str:
    """Messages as Qwen's chat template writes them, up to where the model replies."""
    if system and messages[0]['role'] != 'system':
        messages = [{'role': 'system', 'content': system}, *messages]
    written = ''
    for message in messages:
        content = message['content']
        if not isinstance(content, str):
            content = ''.join(
                item['text'] if item['type'] == 'text' else VISION for item in content
            )
        written += f'<|im_start|>{message["role"]}\n{content}<|im_end|>\n'
    return written + '<|im_start|>assistant\n'


def ids_of(text: str) -> list[int]:
    """The tokens of a prompt."""
    first, *others = [list(TOKENIZER.control(part)) for part in text.split(PAD)]
    return sum(([FRAME, *part] for part in others), first)


def stub(name: str, **content: Any) -> None:
    """A stand-in for a module that they import."""
    module = types.ModuleType(name)
    module.__dict__.update(content)
    sys.modules[name] = module


class LiveProcessor:
    """Stands in for the processor of LiveCC."""

    apply_chat_template = staticmethod(
        lambda messages, **_: template(messages, 'You are a helpful assistant.')
    )

    def __call__(self, text: str, **_: Any) -> Any:
        """The ids of a prompt, (1, tokens)."""
        import torch

        return Inputs(input_ids=torch.tensor([ids_of(text)]))

    def decode(self, ids: Any, **_: Any) -> str:
        """What ids say."""
        return TOKENIZER.text(ids.tolist())


class Inputs(dict[str, Any]):
    """Stands in for what a processor gives."""

    def __getattr__(self, name: str) -> Any:
        return self[name]

    def to(self, _: Any) -> None:
        """It is where it is."""


def livecc(root: Path, record: Record) -> list[list[int]]:
    """The prompts of `LiveCCDemoInfer.live_cc`, with a first step of one second."""
    import torch

    pts = torch.arange(0, len(record['replies']) + 1, 0.5).repeat(2, 1).T.numpy()
    reader = types.SimpleNamespace(get_frame_timestamp=lambda _: None, _frame_pts=pts)
    nothing = dict.fromkeys(
        ('prepare_multiturn_multimodal_inputs_for_generation', '_read_video_decord_plus')
    )
    stub('liger_kernel')
    stub('liger_kernel.transformers', apply_liger_kernel_to_qwen2_vl=lambda: None)
    stub('qwen_vl_utils', process_vision_info=None)
    stub(
        'livecc_utils',
        get_smart_resized_video_reader=lambda *_: (reader, 28, 28),
        get_smart_resized_clip=lambda *a, **_: (torch.zeros(len(a[3]), 3), a[3], a[3].tolist()),
        _spatial_resize_video=None,
        **nothing,
    )
    sys.path.insert(0, str(root))
    own = importlib.import_module('demo.infer').LiveCCDemoInfer
    session = own.__new__(own)
    own.initial_fps_frames, own.initial_time_interval = 2, 1.0
    session._cached_video_readers_with_hw, session.processor = {}, LiveProcessor()  # noqa: SLF001
    whole = session.processor.apply_chat_template([{'role': 'user', 'content': 'livecc'}])
    session.system_prompt_offset = whole.index('<|im_start|>user')
    prompts, replies = list[list[int]](), iter(record['replies'])

    def generate(input_ids: Any, **_: Any) -> Any:
        prompts.append(input_ids[0].tolist())
        reply = next(replies)
        said = [*TOKENIZER.control('' if reply == ' ...' else reply)]
        said += [*TOKENIZER.control(' ...'), *TOKENIZER.control('<|im_end|>')]
        sequences = torch.cat((input_ids, torch.tensor([said])), dim=1)
        return types.SimpleNamespace(sequences=sequences, past_key_values=())

    session.model = types.SimpleNamespace(
        device='cpu', generate=generate, config=types.SimpleNamespace(eos_token_id=0)
    )
    state: Record = {'video_path': 'clip'}
    for step in range(len(record['replies'])):
        state['video_timestamp'] = step + 1
        for told in list(session.live_cc(record['question'], state)):
            state = told[-1]
    return prompts


def jo_ai(root: Path, record: Record) -> list[list[int]]:
    """The prompts of `StreamingInferAdapter`, request by request, with summaries off."""
    stub('openai', AsyncOpenAI=lambda **_: None, OpenAI=None)
    sys.path.insert(0, str(root / 'services' / 'webinfer'))
    adapter = importlib.import_module('live_adapter')
    system = read_dialect(record['dialect']).system_prompt
    prompts = list[list[int]]()

    async def create(messages: Any, **_: Any) -> Any:
        prompts.append(ids_of(template(messages)))
        message = types.SimpleNamespace(content=record['replies'][len(prompts) - 1])
        return types.SimpleNamespace(choices=[types.SimpleNamespace(message=message)])

    async def run(folder: str) -> None:
        config = adapter.AdapterConfig(
            chunk=CHUNK, enable_summarizer=False, system_prompt=system, frame_save_dir=folder
        )
        session = adapter.StreamingInferAdapter(config)
        completions = types.SimpleNamespace(create=create)
        session.main_client = types.SimpleNamespace(
            chat=types.SimpleNamespace(completions=completions)
        )
        picture = {'type': 'image_url', 'image_url': {'url': 'data:image/png;base64,AAAA'}}
        request = types.SimpleNamespace(headers={}, query={})
        for step in range(len(record['replies'])):
            asked = [{'type': 'text', 'text': record['question']}] * (step == 0)
            payload = {'messages': [{'role': 'user', 'content': [*asked, picture]}]}
            state = session.get_session('one')
            await session._handle_chat_payload(state, payload, request)  # noqa: SLF001

    with tempfile.TemporaryDirectory() as folder:
        setattr(adapter, '_resize_data_url_if_needed', lambda url, *_, **__: url)  # noqa: B010
        asyncio.run(run(folder))
    return prompts


def edits(prompts: Sequence[list[int]]) -> list[list[Any]]:
    """Each prompt as what is cut from the one before, and what is appended."""
    before, found = list[int](), list[list[Any]]()
    for prompt in prompts:
        same = 0
        while same < min(len(before), len(prompt)) and before[same] == prompt[same]:
            same += 1
        found.append([same, len(before), prompt[same:]])
        before = prompt
    return found


RUNS: dict[str, tuple[Callable[[Path, Record], list[list[int]]], Record]] = {
    'livecc': (
        livecc,
        {
            'repository': 'showlab/livecc',
            'file': 'demo/infer.py',
            'commit': 'fdaa91e08861f72ece8166cb6571ed2f7fbac671',
            'how': (
                'LiveCCDemoInfer.live_cc was run for 40 steps with replies given by a stand-in '
                'for the model, initial_fps_frames set to 2 (a first step of one second)'
            ),
        },
    ),
    'jo_ai': (
        jo_ai,
        {
            'repository': 'jd-opensource/JoyAI-VL-Interaction',
            'file': 'services/webinfer/live_adapter.py',
            'commit': '9d07596be90155aa29656377d56d1381b43e5954',
            'how': (
                'StreamingInferAdapter._handle_chat_payload was run for 40 requests of one frame, '
                'the first with the question, with replies given by a stand-in for the server, a '
                'chunk of 15 turns, summaries off, the system prompt of 304acc3 as its setting; '
                'the commit was read from a fork that holds it'
            ),
        },
    ),
}


def main() -> None:
    """Run a session, say whether its prompts are those that were recorded, and write them."""
    name, root = sys.argv[1], Path(sys.argv[2])
    file = RECORDINGS / f'{name}.json'
    record = json.loads(file.read_text(encoding='utf-8'))
    run, provenance = RUNS[name.removesuffix('_delegation')]
    steps = edits(run(root, record))
    same = expanded(steps) == expanded(record['steps'])
    print(f'{len(steps)} steps, {"as" if same else "not as"} recorded before')
    parts = {
        **record,
        'provenance': {**provenance, 'command': 'dev/dialect_record.py'},
    }
    parts.pop('steps')
    head = ',\n'.join(f'{json.dumps(key)}: {json.dumps(value)}' for key, value in parts.items())
    body = ',\n'.join(map(json.dumps, steps))
    file.write_text(f'{{{head},\n"steps": [{body}]}}\n', encoding='utf-8')


def expanded(steps: Sequence[Sequence[Any]]) -> list[list[int]]:
    """The prompts of a recording."""
    found, row = list[list[int]](), list[int]()
    for start, stop, added, *inserted in steps:
        row = row[:start] + row[stop:] + added
        for at, tokens in [inserted] if inserted else []:
            row = [*row[:at], *tokens, *row[at:]]
        found.append(row)
    return found


if __name__ == '__main__':
    main()
