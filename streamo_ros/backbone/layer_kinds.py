# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The kinds of a text model's layers, as its configuration says: what the window is made of.

Most text models have one kind of layers. Gemma 4 has two, sliding and full, and its last layers
look at the keys of the last ones before them of their kind.
"""

from __future__ import annotations

from typing import Any

from streamo_ros.backbone.attention.shape import LayerKind

Home = tuple[int, int]
SLIDING = 'sliding_attention'


def is_mixed(config: Any) -> bool:
    """Whether a text model has layers of several kinds, or layers without keys of their own."""
    return hasattr(config, 'num_kv_shared_layers')


def find_layer_kinds(config: Any) -> tuple[tuple[LayerKind, ...], tuple[Home, ...]]:
    """The kinds of layers, and where each layer's keys are; see `WindowShape`.

    Args:
        config: of the text model.

    Returns:
        Nothing where all layers are of one kind and have keys of their own.
    """
    if not is_mixed(config):
        return (), ()
    types = list(config.layer_types)
    own = types[: len(types) - config.num_kv_shared_layers]
    names = list(dict.fromkeys(own))
    kinds = tuple(_kind(config, name, own) for name in names)
    homes = [(names.index(name), own[:at].count(name)) for at, name in enumerate(own)]
    homes += [(names.index(name), own.count(name) - 1) for name in types[len(own) :]]
    return kinds, tuple(homes)


def _kind(config: Any, name: str, own: list[str]) -> LayerKind:
    layer = config.per_layer_config[own.index(name)]
    band = config.sliding_window if name == SLIDING else 0
    return LayerKind(name, own.count(name), layer.num_key_value_heads, layer.head_dim, band)
