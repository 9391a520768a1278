# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Streamo-objects as it is loaded and saved: the weights of a Qwen2.5 text model and our tokens.

The detector is not part of a checkpoint. `from_pretrained` adds it from where it is installed;
training does without it, because it simulates detections.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import Qwen2_5_VLConfig

from streamo_ros.backbone.qwen_text import QwenText
from streamo_ros.backbone.vision.detection_tokens import DetectionTokens
from streamo_ros.backbone.vision.yolox import load_detector
from streamo_ros.files import write_bytes

_HEAD = 'lm_head.weight'


class StreamoObjectsConfig(Qwen2_5_VLConfig):
    """Configuration; `id2label` names the kinds, and `vision_config` is not used.

    `scaled_boxes` is whether place and size are told on scales, `tracked` whether detections are
    linked from frame to frame, `remembered` whether for long, see `DetectionTokens`.
    """

    model_type = 'streamo_objects'
    scaled_boxes: bool = False
    tracked: bool = False
    remembered: bool = False


class Visual(nn.Module):
    """What is seen.

    Attributes:
        tokens: embeds detections.
        detector: finds them; missing unless the model came from a checkpoint.

    Args:
        config: a `StreamoObjectsConfig`.
    """

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.tokens = DetectionTokens(
            config.text_config.hidden_size,
            scaled=config.scaled_boxes,
            tracked=config.tracked,
            remembered=config.remembered,
        )


class Body(nn.Module):
    """The language model and what it sees.

    Args:
        config: of the whole.
    """

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.language_model = QwenText(config.text_config)
        self.visual = Visual(config)


class StreamoObjectsForConditionalGeneration(nn.Module):
    """The whole model; it loads and saves as transformers' models do, and leaves the rest to us.

    Args:
        config: a `StreamoObjectsConfig`.
    """

    config_class = StreamoObjectsConfig

    def __init__(self, config: Any) -> None:
        super().__init__()
        text = config.text_config
        self.config = config
        self.model = Body(config)
        self.lm_head = nn.Linear(text.hidden_size, text.vocab_size, bias=False)
        self.tie_weights()

    def tie_weights(self) -> None:
        """Share the embedding's weight with the head, where the configuration says so."""
        if self.config.tie_word_embeddings:
            self.lm_head.weight = self.model.language_model.embed_tokens.weight

    @classmethod
    def from_pretrained(
        cls, folder: Path, *, config: Any, dtype: torch.dtype, **settings: Any
    ) -> tuple[Any, dict[str, list[str]]]:
        """Load a checkpoint, and the detector.

        Args:
            folder: holds one file of weights or several.
            config: a `StreamoObjectsConfig`.
            dtype: of all weights but the detector's, which stays in float32.
            settings: further ones of transformers, which nothing here depends on.

        Returns:
            The model, and `missing_keys`, the weights that the folder lacks.

        Raises:
            BackboneError: the detector's weights are absent or others.
        """
        from safetensors.torch import load_file

        del settings
        tensors = dict[str, torch.Tensor]()
        for file in sorted(folder.glob('*.safetensors')):
            tensors |= {name: value.to(dtype) for name, value in load_file(file).items()}
        model = cls(config)
        missing = set(model.load_state_dict(tensors, strict=False, assign=True).missing_keys)
        model.tie_weights()
        model.model.visual.detector = load_detector()
        return model, {'missing_keys': sorted(missing - model._shared_keys())}

    def save_pretrained(self, folder: Path) -> None:
        """Write the configuration and the weights, as they are."""
        from safetensors.torch import save

        self.config.dtype = next(self.parameters()).dtype
        self.config.save_pretrained(folder)
        shared = self._shared_keys()
        tensors = {
            name: value.contiguous()
            for name, value in self.state_dict().items()
            if name not in shared
        }
        write_bytes(folder / 'model.safetensors', save(tensors, {'format': 'pt'}))

    def _shared_keys(self) -> set[str]:
        return {_HEAD} if self.config.tie_word_embeddings else set()
