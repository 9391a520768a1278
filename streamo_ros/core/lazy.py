# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Public names of a package that are imported only when they are used.

`from streamo_ros.replay import ReplayJob` works, and `import streamo_ros.replay.progress` does not
load everything that ReplayJob needs.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any


def lazy_names(package: str, names: Mapping[str, str]) -> Callable[[str], Any]:
    """The `__getattr__` of a package.

    Args:
        package: its name, `__name__`.
        names: the public names, each with the module of the package that defines it.

    Returns:
        A function that imports the module of a name and returns what the name stands for.
    """

    def __getattr__(name: str) -> Any:  # noqa: N807 - that is what it becomes
        if name not in names:
            raise AttributeError(f'module {package!r} has no attribute {name!r}')
        return getattr(importlib.import_module(f'{package}.{names[name]}'), name)

    return __getattr__
