# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Why a checkpoint's class is not loaded, and what to do instead. Imports no torch."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_SERVE = 'serve it with vLLM or another server and set model.path to its URL (docs/any_model.md)'
_RECURRENT = (
    'three of four of its text layers keep one recurrent state (Gated DeltaNet), out of which no '
    f'frame can be dropped: {_SERVE}, or use a Qwen3-VL checkpoint'
)
_SPARSE = f'mixtures of experts are not supported: {_SERVE}, or use a dense checkpoint'
_GEMMA = (
    'its text layers look at sliding windows, in which the tokens of a frame see one another: '
    f'{_SERVE}, or use Gemma 4 E2B or E4B'
)
REASONS = {
    'Qwen3_5ForConditionalGeneration': _RECURRENT,
    'Qwen3_5MoeForConditionalGeneration': _RECURRENT,
    'Qwen3VLMoeForConditionalGeneration': _SPARSE,
    'Gemma3ForConditionalGeneration': _GEMMA,
    'InternVLChatModel': (
        'it is code of the checkpoint, which is never run: use the same weights from the '
        "publisher's folder whose name ends in -hf"
    ),
}
"""What is known of classes that people try."""


def describe_unsupported(architecture: str, supported: Iterable[str], remote: bool) -> str:
    """One sentence that says why a class is not loaded and what to use.

    Args:
        architecture: the class that the checkpoint names; '' = none.
        supported: the classes that are.
        remote: whether the checkpoint brings the class as code of its own.
    """
    if architecture in REASONS:
        return f'the architecture {architecture} is not supported: {REASONS[architecture]}'
    if remote:
        return (
            f'{architecture or "the model class"} is code of the checkpoint, which is never run: '
            f'{_SERVE}, or use a checkpoint of {", ".join(supported)}'
        )
    names = list(supported)
    near = difflib.get_close_matches(architecture, names, n=1)
    hint = f' (the nearest is {near[0]})' if near else ''
    return (
        f'the architecture {architecture or "(none named)"} is not supported{hint}: use a '
        f'checkpoint of {", ".join(names)}'
    )
