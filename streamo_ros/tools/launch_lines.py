# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the line that starts the node with each published checkpoint into docs/models.md.

.venv/bin/python -m streamo_ros.tools.launch_lines docs
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from streamo_ros.files import write_text
from streamo_ros.program import run_program
from streamo_ros.tools.page_part import replace_part

CAMERA = '/camera/color/image_raw'
ZERO_SHOT = 'zero_shot'
PARAMS_FILE = '$(ros2 pkg prefix streamo_ros)/share/streamo_ros/config/zero_shot.yaml'


@dataclass(frozen=True)
class Released:
    """A checkpoint that can be downloaded.

    Attributes:
        title: what it is called.
        repository: where it is published.
        shape: its shape, one of `backbone.published_shapes.SHAPES`.
        dialect: what it speaks.
        recognized: whether the dialect is found by its tokens and need not be named.
    """

    title: str
    repository: str
    shape: str
    dialect: str = ZERO_SHOT
    recognized: bool = False

    @property
    def overrides(self) -> dict[str, str]:
        """The parameters of its line, by name; those of a file are not among them."""
        folder = f'/models/{self.repository.rpartition("/")[2]}'
        named = not self.recognized and self.dialect != ZERO_SHOT
        spoken = {'model.dialect': self.dialect} if named else {}
        return {'model.path': folder, **spoken}

    @property
    def command(self) -> str:
        """The line."""
        words = ['ros2 run streamo_ros streamo_node --ros-args', f'-r image:={CAMERA}']
        if self.dialect == ZERO_SHOT:
            words.append(f'--params-file {PARAMS_FILE}')
        words += [f'-p {name}:={value}' for name, value in self.overrides.items()]
        return ' '.join(words)


RELEASED = (
    Released('SmolVLM2-256M', 'HuggingFaceTB/SmolVLM2-256M-Video-Instruct', 'smolvlm2-256m'),
    Released('SmolVLM2-500M', 'HuggingFaceTB/SmolVLM2-500M-Video-Instruct', 'smolvlm2-500m'),
    Released('SmolVLM2-2.2B', 'HuggingFaceTB/SmolVLM2-2.2B-Instruct', 'smolvlm2-2.2b'),
    Released('LLaVA-OneVision-0.5B', 'llava-hf/llava-onevision-qwen2-0.5b-ov-hf',
             'llava-onevision-0.5b'),
    Released('LLaVA-OneVision-7B', 'llava-hf/llava-onevision-qwen2-7b-ov-hf',
             'llava-onevision-7b'),
    Released('Gemma-4-E2B', 'google/gemma-4-E2B-it', 'gemma-4-e2b'),
    Released('Gemma-4-E4B', 'google/gemma-4-E4B-it', 'gemma-4-e4b'),
    Released('InternVL3-1B', 'OpenGVLab/InternVL3-1B-hf', 'internvl3-1b'),
    Released('InternVL3-2B', 'OpenGVLab/InternVL3-2B-hf', 'internvl3-2b'),
    Released('InternVL3.5-1B', 'OpenGVLab/InternVL3_5-1B-HF', 'internvl3.5-1b'),
    Released('InternVL3.5-2B', 'OpenGVLab/InternVL3_5-2B-HF', 'internvl3.5-2b'),
    Released('InternVL3.5-4B', 'OpenGVLab/InternVL3_5-4B-HF', 'internvl3.5-4b'),
    Released('InternVL3.5-8B', 'OpenGVLab/InternVL3_5-8B-HF', 'internvl3.5-8b'),
    Released('Qwen2-VL-2B', 'Qwen/Qwen2-VL-2B-Instruct', 'qwen2-vl-2b'),
    Released('Qwen2-VL-7B', 'Qwen/Qwen2-VL-7B-Instruct', 'qwen2-vl-7b'),
    Released('Qwen2.5-VL-3B', 'Qwen/Qwen2.5-VL-3B-Instruct', 'qwen2.5-vl-3b'),
    Released('Qwen2.5-VL-7B', 'Qwen/Qwen2.5-VL-7B-Instruct', 'qwen2.5-vl-7b'),
    Released('Cosmos-Reason1-7B', 'nvidia/Cosmos-Reason1-7B', 'qwen2.5-vl-7b'),
    Released('Qwen3-VL-2B', 'Qwen/Qwen3-VL-2B-Instruct', 'qwen3-vl-2b'),
    Released('Qwen3-VL-4B', 'Qwen/Qwen3-VL-4B-Instruct', 'qwen3-vl-4b'),
    Released('Qwen3-VL-8B', 'Qwen/Qwen3-VL-8B-Instruct', 'qwen3-vl-8b'),
    Released('Cosmos-Reason2-2B', 'nvidia/Cosmos-Reason2-2B', 'qwen3-vl-2b'),
    Released('Cosmos-Reason2-8B', 'nvidia/Cosmos-Reason2-8B', 'qwen3-vl-8b'),
    Released('JoyAI-VL-Interaction 8B', 'jdopensource/JoyAI-VL-Interaction', 'qwen3-vl-8b',
             'jo_ai', recognized=True),
    Released('JoyAI-VL-Interaction 8B, INT4', 'jdopensource/JoyAI-VL-Interaction-INT4',
             'qwen3-vl-8b', 'jo_ai', recognized=True),
    Released('AURA-8B', 'aurateam/AURA', 'qwen3-vl-8b', 'aura', recognized=True),
    Released('StreamingVLM-7B', 'mit-han-lab/StreamingVLM', 'qwen2.5-vl-7b', 'streaming_vlm'),
    Released('LiveCC-7B', 'chenjoya/LiveCC-7B-Instruct', 'qwen2-vl-7b', 'livecc'),
)  # fmt: skip
"""Those of docs/models.md whose weights are published."""


def lines() -> str:
    """For each checkpoint its name and its line, as Markdown."""
    commands = [f'# {each.title}: {each.repository}\n{each.command}' for each in RELEASED]
    return '```bash\n' + '\n\n'.join(commands) + '\n```'


def main(argv: Sequence[str] | None = None) -> int:
    """Renew the lines in the folder given."""
    (folder,) = sys.argv[1:] if argv is None else argv
    page = Path(folder, 'models.md')
    write_text(page, replace_part(page.read_text(encoding='utf-8'), 'launch', lines()))
    return 0


if __name__ == '__main__':
    sys.exit(run_program('launch_lines', main))
