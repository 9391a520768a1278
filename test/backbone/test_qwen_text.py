# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The weights of a Qwen2.5 text model without transformers' modeling code."""

from __future__ import annotations

import subprocess
import sys

import torch
from transformers import Qwen2_5_VLTextConfig
from transformers import Qwen2_5_VLTextModel

from streamo_ros.backbone.qwen_text import QwenText


def test_names_shapes_and_frequencies_are_those_of_transformers() -> None:
    config = Qwen2_5_VLTextConfig(
        vocab_size=40,
        hidden_size=48,
        num_hidden_layers=2,
        num_attention_heads=6,
        num_key_value_heads=2,
        intermediate_size=56,
        rope_parameters={
            'rope_type': 'default',
            'rope_theta': 12345.0,
            'mrope_section': [1, 1, 2],
        },
    )
    own, theirs = QwenText(config), Qwen2_5_VLTextModel(config)
    assert {name: value.shape for name, value in own.state_dict().items()} == {
        name: value.shape for name, value in theirs.state_dict().items()
    }
    torch.testing.assert_close(own.rotary_emb.inv_freq, theirs.rotary_emb.inv_freq)
    assert own.rotary_emb.rope_type == 'default'
    assert own.rotary_emb.attention_scaling == theirs.rotary_emb.attention_scaling


def test_streamo_objects_takes_none_of_transformers_modeling_code() -> None:
    """The import alone would take 200 MB."""
    script = (
        'import sys\n'
        'from streamo_ros.backbone.checkpoint import read_checkpoint\n'
        'from streamo_ros.backbone import streamo_objects, streamo_objects_model, build\n'
        'from streamo_ros.share import share_path\n'
        'print(read_checkpoint(share_path("models", "streamo-objects")).config().model_type)\n'
        'print(sorted({"transformers.modeling_utils", "torch._dynamo"} & set(sys.modules)))\n'
    )
    done = subprocess.run(
        [sys.executable, '-c', script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split('\n')[:2] == ['streamo_objects', '[]']
