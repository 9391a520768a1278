# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Takes steps with StreamingVLM's own code and times them; `benchmarks/streaming_vlm.py` runs it.

    python dev/streaming_vlm_loop.py STREAMING_VLM      # with transformers 4.52.4

The first line of its input describes the model, each further one a step; all lines are JSON. Of
each step it writes the processor time and the logits.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import torch

from streaming_vlm_session import Rounds
from streaming_vlm_session import TheirSession


def main(root: Path) -> None:
    """Take steps until the input ends."""
    torch.set_num_threads(1)
    model: dict[str, Any] = json.loads(sys.stdin.readline())
    names = 'text', 'vision', 'section', 'vision_start', 'spread'
    session = TheirSession(root, *(model[name] for name in names))
    rounds = Rounds(root, session.functions, model['tokens'], tuple(model['kept']))
    for at, line in enumerate(sys.stdin):
        step = json.loads(line)
        began = time.process_time()
        session.held, session.cache = rounds.forget(at, session.held, session.cache, step['ids'])
        logits = session.append(step['ids'], at)
        taken = 1e3 * (time.process_time() - began)
        if step['reply']:
            session.append(step['reply'], at)
        found = {'ms': taken, 'logits': logits[: step['logits']].tolist()}
        print(json.dumps(found), flush=True)


if __name__ == '__main__':
    main(Path(sys.argv[1]))
