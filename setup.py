# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How pip sees the package: everything except the ROS interfaces, which need colcon.

States lower bounds only; exact versions for development are in requirements/. Version and
description are read from package.xml, the one place that states them.
"""

from pathlib import Path
from xml.etree import ElementTree as ET

from setuptools import find_packages
from setuptools import setup

ROOT = Path(__file__).parent
MANIFEST = ET.parse(ROOT / 'package.xml').getroot()
NAME = MANIFEST.findtext('name', '')
README = ROOT / 'README.md'

# What programs read at run time besides the Python files.
SHARED = ('action', 'config', 'examples', 'launch', 'models', 'msg', 'srv')
# The figures in the cards of models, which no robot needs.
NOT_SHARED = {'__pycache__', 'evaluation'}
MODEL = ['torch>=2.5', 'transformers>=5.17', 'safetensors', 'tokenizers', 'pillow']
EXTRAS = {
    'torch': MODEL,
    'train': [*MODEL, 'accelerate', 'peft'],
    'onnxruntime': ['onnxruntime'],
    'tensorrt': ['tensorrt>=10.3,<12', 'onnx', 'onnxruntime', 'onnxscript'],
    'bag': [
        'rosbags>=0.11,<0.12',
        'apsw',
        'av>=17',
        'lz4',
        "backports.zstd; python_version < '3.14'",
    ],
    'live': ['aiohttp>=3.9'],
    'ray': ['ray[client]>=2.10'],
    'rerun': ['rerun-sdk>=0.23'],
    'dev': ['hypothesis', 'mypy', 'pytest', 'ruff'],
}


def shared_files() -> list[tuple[str, list[str]]]:
    """Return the data files by folder, where CMake installs them too."""
    folders: dict[str, list[str]] = {}
    for top in SHARED:
        for path in sorted((ROOT / top).rglob('*')):
            if path.is_file() and not NOT_SHARED.intersection(path.parts):
                inside = path.relative_to(ROOT)
                folders.setdefault(f'share/{NAME}/{inside.parent}', []).append(str(inside))
    return list(folders.items())


setup(
    name=NAME,
    version=MANIFEST.findtext('version'),
    description=' '.join(MANIFEST.findtext('description', '').split()),
    long_description=README.read_text(encoding='utf-8') if README.exists() else '',
    long_description_content_type='text/markdown',
    author=MANIFEST.findtext('author'),
    maintainer=MANIFEST.findtext('maintainer'),
    license='Apache-2.0',
    python_requires='>=3.10',
    url=MANIFEST.findtext('url'),
    packages=find_packages(include=[NAME, f'{NAME}.*']),
    package_data={NAME: ['py.typed', 'live/page/*']},
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{NAME}']),
        (f'share/{NAME}', ['package.xml']),
        *shared_files(),
    ],
    install_requires=['numpy', 'pyyaml', 'opencv-python-headless', 'rich'],
    extras_require=EXTRAS,
    entry_points={'console_scripts': ['streamo = streamo_ros.cli:main']},
    zip_safe=False,
)
