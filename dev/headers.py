# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the headers of Python are, which the generated interfaces are compiled with.

Debian and Ubuntu keep them in a package of their own. Where that is not installed, it is fetched
and unpacked beside the environment, which needs no root.
"""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys
import sysconfig
import tempfile

from step import say
from step import SetupError
from step import VENV

FETCHED = VENV / 'headers' / 'usr' / 'include'
NAME = f'python{sys.version_info[0]}.{sys.version_info[1]}'


def include_folder() -> pathlib.Path:
    """Return the folder of Python.h: the machine's, or the one that was fetched."""
    installed = pathlib.Path(sysconfig.get_path('include'))
    return installed if (installed / 'Python.h').exists() else FETCHED / NAME


def ensure_headers() -> None:
    """Fetch the headers if the machine has none.

    Raises:
        SetupError: They cannot be fetched.

    """
    if (include_folder() / 'Python.h').exists():
        return
    package = f'lib{NAME}-dev'
    say(f'fetching the headers of Python ({package})')
    mend = f'`apt install {NAME}-dev` brings them.'
    if not (shutil.which('apt-get') and shutil.which('dpkg-deb')):
        raise SetupError(f'The headers of Python are missing; {mend}')
    with tempfile.TemporaryDirectory() as folder:
        fetched = subprocess.run(
            ['apt-get', 'download', package],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        archives = list(pathlib.Path(folder).glob('*.deb'))
        if not archives:
            why = (fetched.stderr.strip().splitlines() or ['apt-get gave no reason'])[-1]
            raise SetupError(f'The headers of Python are missing ({why}); {mend}')
        subprocess.run(['dpkg-deb', '-x', archives[0], VENV / 'headers'], check=True)


def compiler_variables() -> dict[str, str]:
    """Return what a compiler must be told to find fetched headers; empty for installed ones."""
    return {'CPATH': str(FETCHED)} if include_folder().is_relative_to(FETCHED) else {}
