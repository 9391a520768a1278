# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Finds a checkpoint's dialect, by name or by its tokens. Imports no torch.

A dialect is a file in config/dialects/; its name is the file's, without the ending. A path to a
file of one's own is a name, too.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import yaml

from streamo_ros.core.dialect import Dialect
from streamo_ros.core.dialect import DialectError
from streamo_ros.core.dialect import STREAMO
from streamo_ros.core.from_mapping import from_mapping
from streamo_ros.documents import load_yaml
from streamo_ros.share import share_path

AUTO = 'auto'


def dialect_names() -> tuple[str, ...]:
    """The names of the dialects that come with the package, sorted."""
    return tuple(sorted(path.stem for path in share_path('config', 'dialects').glob('*.yaml')))


def read_dialect(name: str) -> Dialect:
    """The dialect of this name.

    Args:
        name: of `dialect_names`, or the path of a file that ends in .yaml.

    Raises:
        DialectError: there is none, or its file is wrong.
    """
    path = Path(name).expanduser()
    if path.suffix == '.yaml':
        return _read(path)
    names = dialect_names()
    if name not in names:
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.3) or names
        raise DialectError(
            f'there is no dialect {name!r}: set model.dialect to {" or ".join(near)}, or to the '
            'path of a .yaml file'
        )
    return _read(share_path('config', 'dialects', f'{name}.yaml'))


def find_dialect(name: str, tokens: frozenset[str], architecture: str) -> Dialect:
    """The dialect of a checkpoint.

    Args:
        name: what the user or the checkpoint says; 'auto' and '' = the one whose tokens it has;
            of several the one with the most of them; Streamo's if there is none.
        tokens: the control tokens of its tokenizer.
        architecture: its transformers class.

    Raises:
        DialectError: there is no such dialect, or several fit equally well.
    """
    if name not in ('', AUTO):
        return read_dialect(name)
    fitting = [
        dialect
        for dialect in map(read_dialect, dialect_names())
        if dialect.fingerprint.fits(tokens, architecture)
    ]
    most = max((len(dialect.fingerprint.tokens) for dialect in fitting), default=0)
    best = [dialect for dialect in fitting if len(dialect.fingerprint.tokens) == most]
    if len(best) > 1:
        names = ' and '.join(dialect.name for dialect in best)
        raise DialectError(
            f'the checkpoint has the tokens of {names}: name one of them in model.dialect'
        )
    return best[0] if best else read_dialect(STREAMO.name)


def _read(path: Path) -> Dialect:
    try:
        content: Any = load_yaml(path.read_text(encoding='utf-8'))
    except OSError as error:
        raise DialectError(f'the dialect {path} cannot be read: {error.strerror}') from error
    except (ValueError, yaml.YAMLError) as error:
        raise DialectError(f'the dialect {path} is not YAML: {error}') from error
    if not isinstance(content, dict) or 'name' in content:
        raise DialectError(f'the dialect {path} must be a mapping without a name of its own')
    try:
        return from_mapping(Dialect, {**content, 'name': path.stem}, DialectError)
    except DialectError as error:
        raise DialectError(f'{path.name}: {error}') from error
