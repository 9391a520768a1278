# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Finds the headers of Python that the generated interfaces are compiled with.

Debian and Ubuntu have them in a package of their own. Where that is not installed, it is
downloaded and unpacked inside the environment, which needs no root.
"""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys
import sysconfig
import tempfile

from step import report
from step import SetupError
from step import VENV

DOWNLOADED = VENV / 'headers' / 'usr' / 'include'
NAME = f'python{sys.version_info[0]}.{sys.version_info[1]}'


def include_folder() -> pathlib.Path:
    """Return the folder of Python.h: the machine's, or the downloaded one."""
    installed = pathlib.Path(sysconfig.get_path('include'))
    return installed if (installed / 'Python.h').exists() else DOWNLOADED / NAME


def ensure_headers() -> None:
    """Download the headers if the machine has none.

    Raises:
        SetupError: They cannot be downloaded.

    """
    if (include_folder() / 'Python.h').exists():
        return
    package = f'lib{NAME}-dev'
    report(f'downloading the headers of Python ({package})')
    advice = f'run `apt install {NAME}-dev`.'
    if not (shutil.which('apt-get') and shutil.which('dpkg-deb')):
        raise SetupError(f'The headers of Python are missing; {advice}')
    with tempfile.TemporaryDirectory() as folder:
        download = subprocess.run(
            ['apt-get', 'download', package],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        archives = list(pathlib.Path(folder).glob('*.deb'))
        if not archives:
            reason = (download.stderr.strip().splitlines() or ['apt-get gave no reason'])[-1]
            raise SetupError(f'The headers of Python are missing ({reason}); {advice}')
        subprocess.run(['dpkg-deb', '-x', archives[0], VENV / 'headers'], check=True)


def compiler_variables() -> dict[str, str]:
    """Return the variables that let a compiler find downloaded headers; else none."""
    return {'CPATH': str(DOWNLOADED)} if include_folder().is_relative_to(DOWNLOADED) else {}
