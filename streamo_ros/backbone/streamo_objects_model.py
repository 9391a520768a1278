# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Streamo-objects as transformers loads and saves it: Qwen2.5-VL's text model and our tokens.

The detector is not part of a checkpoint. `from_pretrained` adds it from where it is installed;
training does without it, because it simulates detections.
"""

from __future__ import annotations

from typing import Any

from torch import nn
from transformers import Qwen2_5_VLConfig
from transformers import Qwen2_5_VLTextModel
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import Qwen2_5_VLPreTrainedModel

from streamo_ros.backbone.vision.detection_tokens import DetectionTokens
from streamo_ros.backbone.vision.yolox import load_detector


class StreamoObjectsConfig(Qwen2_5_VLConfig):
    """Configuration; `id2label` names the kinds, and `vision_config` is not used."""

    model_type = 'streamo_objects'


class Visual(nn.Module):
    """What is seen.

    Attributes:
        tokens: embeds detections.
        detector: finds them; missing unless the model came from a checkpoint.

    Args:
        hidden: width of the language model.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.tokens = DetectionTokens(hidden)


class Body(nn.Module):
    """The language model and what it sees.

    Args:
        config: of the whole.
    """

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.language_model = Qwen2_5_VLTextModel(config.text_config)
        self.visual = Visual(config.text_config.hidden_size)


class StreamoObjectsForConditionalGeneration(Qwen2_5_VLPreTrainedModel):
    """The whole model.

    Args:
        config: a `StreamoObjectsConfig`.
    """

    config_class = StreamoObjectsConfig
    _tied_weights_keys = {'lm_head.weight': 'model.language_model.embed_tokens.weight'}  # noqa: RUF012

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        text = config.text_config
        self.model = Body(config)
        self.lm_head = nn.Linear(text.hidden_size, text.vocab_size, bias=False)
        self.post_init()

    @classmethod
    def from_pretrained(cls, *args: Any, **settings: Any) -> Any:
        """Load a checkpoint, and the detector.

        Raises:
            BackboneError: the detector's weights are absent or others.
        """
        loaded = super().from_pretrained(*args, **settings)
        model = loaded[0] if isinstance(loaded, tuple) else loaded
        # Added afterwards: it is no part of the checkpoint, and stays in float32.
        model.model.visual.detector = load_detector()
        return loaded
