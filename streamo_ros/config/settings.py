# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The effective values of the parameters, and the core's settings made from them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import yaml

from streamo_ros.config.parameter import ParameterError
from streamo_ros.config.parameter import Value
from streamo_ros.config.parameter_table import TABLE
from streamo_ros.config.parameters import check_change
from streamo_ros.core.assistant_settings import AssistantSettings
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.decision import Thresholds
from streamo_ros.core.delivery import NotifyLimits
from streamo_ros.core.eviction import EvictionPolicy
from streamo_ros.core.eviction.chunk import ChunkPolicy
from streamo_ros.core.eviction.full import FullPolicy
from streamo_ros.core.eviction.oldest import OldestPolicy
from streamo_ros.core.eviction.restart import RestartPolicy
from streamo_ros.core.eviction.rewrite import RewritePolicy
from streamo_ros.core.eviction.round_decay import RoundDecayPolicy
from streamo_ros.core.eviction.sliding_window import WindowPolicy
from streamo_ros.core.frame import FrameSampler
from streamo_ros.core.frame import SECOND
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.core.interface import Sampling
from streamo_ros.core.trained_service import service_remarks

DEFAULT_RATE = 1.0
"""Frames per second, where neither parameter nor checkpoint says."""


class Values:
    """The value of every parameter; any thread may read it, and changes replace it as a whole."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = {row.name: values.get(row.name, row.default) for row in TABLE}

    def change(self, changes: Mapping[str, Any], unconfigured: bool) -> dict[str, Value]:
        """Apply changes, all or none.

        A value that a parameter has already is no change: `ros2 param load` sets all of a dump's.

        Args:
            changes: new values by name; names that are not in the table are ignored.
            unconfigured: whether the node is unconfigured.

        Returns:
            The validated changes, without what is no change.

        Raises:
            ParameterError: one of them is rejected.
        """
        new = {name: value for name, value in changes.items() if not self._has(name, value)}
        checked = check_change(new, unconfigured)
        self._values = {**self._values, **checked}
        return checked

    def _has(self, name: str, value: Any) -> bool:
        """Whether the parameter has this value, which may be a whole number for a number."""
        present = self._values.get(name)
        same = type(value) is type(present) or (type(value) is int and type(present) is float)
        return same and bool(value == present)

    def put_back(self, values: Mapping[str, Value]) -> None:
        """Restore earlier values."""
        self._values = dict(values)

    def all(self) -> dict[str, Value]:
        """All values by name."""
        return dict(self._values)

    def text(self, name: str) -> str:
        """The value of a string."""
        return str(self._values[name])

    def whole(self, name: str) -> int:
        """The value of a whole number."""
        return int(self._values[name])  # type: ignore[arg-type]

    def number(self, name: str) -> float:
        """The value of a number."""
        return float(self._values[name])  # type: ignore[arg-type]

    def flag(self, name: str) -> bool:
        """The value of a boolean."""
        return bool(self._values[name])

    def texts(self, name: str) -> tuple[str, ...]:
        """The value of a list of strings."""
        value = self._values[name]
        assert isinstance(value, tuple)
        return value

    def yaml(self) -> str:
        """All values as YAML, for `ModelInfo`."""
        plain = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in self._values.items()
        }
        return str(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True))


def token_sampling(values: Values, info: BackboneInfo) -> Sampling:
    """How tokens are chosen: what the parameters say, and else what the model asks for."""
    temperature = values.number('generation.temperature')
    return Sampling(
        temperature if temperature >= 0 else info.sampling.temperature,
        values.whole('generation.seed'),
        values.number('generation.repetition_penalty') or info.sampling.repetition_penalty,
        max(0, values.whole('generation.top_k') or info.sampling.top_k),
        values.number('generation.top_p') or info.sampling.top_p,
    )


def assistant_settings(values: Values, info: BackboneInfo) -> AssistantSettings:
    """What the parameters mean for the assistant.

    Args:
        values: the parameters.
        info: what the checkpoint asks for where a parameter is 0.
    """
    return AssistantSettings(
        thresholds=Thresholds.for_model(
            info,
            values.number('thresholds.standby'),
            values.number('thresholds.response'),
            values.number('thresholds.activation'),
            values.number('thresholds.hysteresis'),
        ),
        sampling=token_sampling(values, info),
        limits=ContextLimits.for_checkpoint(
            info,
            values.whole('context.max_frames'),
            values.number('context.max_time'),
            values.whole('context.max_answers'),
            values.whole('generation.max_new_tokens'),
            values.whole('context.history_tokens'),
        ),
        backlog=values.whole('context.backlog'),
        backfill_frames=values.whole('context.backfill_frames'),
        notify=NotifyLimits(
            values.whole('notify.max_per_hour'),
            round(values.number('notify.cooldown') * SECOND),
            values.flag('notify.repeats'),
        ),
    )


def check_settings(values: Values, info: BackboneInfo) -> None:
    """Refuse parameters that contradict each other once the model is known.

    Raises:
        ParameterError: the hysteresis is such that nothing would be answered after the first time.
    """
    thresholds = assistant_settings(values, info).thresholds
    if 0 < thresholds.response <= thresholds.hysteresis:
        name = 'activation' if thresholds.scored else 'response'
        raise ParameterError(
            f'thresholds.hysteresis is {thresholds.hysteresis:g}, and a Response is decided from '
            f'{thresholds.response:g} on: p(response) cannot fall that far, so there would be no '
            f'second answer; set thresholds.hysteresis below thresholds.{name}'
        )


def context_policy(name: str, info: BackboneInfo) -> EvictionPolicy:
    """The eviction policy with this name.

    Args:
        name: of `context.policy`; 'auto' = what suits the model.
        info: of the model.

    Raises:
        ParameterError: there is none, or the model cannot follow it.
    """
    policies: dict[str, Callable[[], EvictionPolicy]] = {
        'window': WindowPolicy,
        'full': FullPolicy,
        'round_decay': RoundDecayPolicy,
        'chunk': ChunkPolicy,
        'oldest': OldestPolicy,
        'restart': RestartPolicy,
        'rewrite': RewritePolicy,
    }
    name = info.policy if name == 'auto' else name
    if name not in policies:
        raise ParameterError(f'context.policy is {name!r}: choose one of {", ".join(policies)}')
    if name == 'round_decay' and not info.averages_frames:
        raise ParameterError(
            'context.policy round_decay averages embeddings, which a server and vLLM keep to '
            'themselves: use auto, chunk or window'
        )
    return policies[name]()


def sampling_rate(values: Values, info: BackboneInfo) -> float:
    """Frames per second: the parameter, or what the checkpoint asks for, or 1."""
    return values.number('sampling.rate') or info.sampling_rate or DEFAULT_RATE


def frame_sampler(values: Values, info: BackboneInfo) -> FrameSampler:
    """A sampler with the parameters' rate, tolerance and largest gap.

    Args:
        values: the parameters.
        info: what the checkpoint asks for where the rate is 0.
    """
    return FrameSampler(
        Fraction(sampling_rate(values, info)),
        int(values.number('sampling.reorder_tolerance') * SECOND),
        int(values.number('sampling.max_gap') * SECOND),
    )


def remarks(values: Values, info: BackboneInfo) -> list[str]:
    """Where the parameters serve a checkpoint otherwise than it was trained; see `core`."""
    return service_remarks(
        info,
        assistant_settings(values, info).limits,
        sampling_rate(values, info),
        values.whole('model.max_pixels'),
    )
