# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Adds to a record what StreamingVLM's own cache and forward pass say after evictions.

    python dev/eviction_record.py OUT.json STREAMING_VLM      # with transformers 4.52.4

Runs in an environment of theirs. What `dev/eviction_steps.py` noted is fed to their code in a
folder of their repository; in the dialect `streaming_vlm` what is forgotten, and moved, is what
their `process_past_kv` forgets. Their code is not kept.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from eviction_steps import FIRST
from eviction_steps import LAST
from eviction_steps import LOGITS
from eviction_steps import SECTION
from eviction_steps import TEXT
from eviction_steps import VISION
from streaming_vlm_session import Rounds
from streaming_vlm_session import TheirSession


def write_logits(file: Path, root: Path) -> None:
    """Add their logits to a record."""
    record = json.loads(file.read_text(encoding='utf-8'))
    session = TheirSession(root, TEXT, VISION, SECTION, record['vision_start'])
    rounds = None
    if 'tokens' in record:
        rounds = Rounds(root, session.functions, record['tokens'], (FIRST, LAST))
    for at, step in enumerate(record['steps']):
        held, cache = session.held, session.cache
        if rounds is None:
            prune = session.functions['prune_id_and_kv_cache']
            session.held, session.cache = _forget(prune, held, cache, step['keep'])
        else:
            session.held, session.cache = rounds.forget(at, held, cache, step['ids'])
        logits = session.append(step['ids'], at)[:LOGITS]
        step['logits'] = [round(float(logit), 6) for logit in logits]
        if step.get('reply'):
            session.append(step['reply'], at)
        if rounds is not None:
            step['length'] = session.held.shape[1]
    file.write_text(json.dumps(record) + '\n', encoding='utf-8')


def _forget(prune: Any, held: Any, cache: Any, keep: list[list[int]]) -> tuple[Any, Any]:
    """Prune what is not in the ranges, from the end on."""
    if not keep:
        return held, cache
    edge = held.shape[1]
    for start, stop in reversed(keep):
        if stop < edge:
            held, cache = prune(held, cache, stop, edge - 1)
        edge = start
    return held, cache


if __name__ == '__main__':
    write_logits(Path(sys.argv[1]), Path(sys.argv[2]))
