# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the scored token of a gate stands, in training as in service."""

from __future__ import annotations

from copy import copy

from streamo_ros.backbone.gate_files import ACT
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.prompt import Ids
from streamo_ros.core.prompt import PromptTokens


def after_frame(prompt: PromptTokens) -> Ids:
    """The tokens behind a frame where a gate reads frames alone; the last one is scored.

    Raises:
        BackboneError: the tokenizer lacks it.
    """
    return prompt.image_close + _scored_token(prompt)


def scored_prompt(prompt: PromptTokens) -> PromptTokens:
    """The prompt of a gate that reads a dialogue: the scored token ends what invites a reply.

    It takes the place of the last token there, so that a turn is as long as a model's.

    Raises:
        BackboneError: the tokenizer lacks it.
    """
    scored = copy(prompt)
    scored.reply_prompt = prompt.reply_prompt[:-1] + _scored_token(prompt)
    return scored


def _scored_token(prompt: PromptTokens) -> Ids:
    token = prompt.tokenizer.control(ACT)
    if len(token) != 1:
        raise BackboneError(
            f'the tokenizer of the gate writes {ACT} in {len(token)} tokens: copy its '
            'tokenizer.json again'
        )
    return token
