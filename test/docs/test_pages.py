# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the pages point to exists: files, headings, modules, verbs, options, launch arguments."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from streamo_ros.cli import VERBS

ROOT = Path(__file__).parents[2]
PAGES = [
    *sorted(ROOT.glob('*.md')),
    *sorted((ROOT / 'docs').glob('*.md')),
    ROOT / 'benchmarks' / 'README.md',
]
LINK = re.compile(r'\]\((?!http)([^)#\s]*)(?:#([^)\s]+))?\)')
VERB = re.compile(
    r'(?:^|[\s`]|bin/)(?:python3 -m streamo_ros\.cli|streamo) (?!VERB)([a-z]\w*)([^`\n]*)',
    re.MULTILINE,
)
CODE = re.compile(r'```\w*\n.*?```|`[^`\n]+`|(?:^ {4,}.*\n)+', re.DOTALL | re.MULTILINE)


def code(page: Path) -> str:
    """The parts of a page that are set as code, with continued lines joined."""
    return '\n'.join(CODE.findall(page.read_text())).replace('\\\n', ' ')


def anchor(heading: str) -> str:
    """The name that a heading has in links."""
    return re.sub(r'[^\w\- ]', '', heading.lower()).strip().replace(' ', '-')


@cache
def options_of(verb: str) -> set[str]:
    """The options that a verb's program knows, from the string literals of its package.

    A program may take options over from a command of another package, which it imports.
    """
    program = module_file(VERBS[verb].target.partition(':')[0])
    files = {*program.parent.rglob('*.py')}
    for node in ast.walk(ast.parse(program.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or '').startswith('streamo_ros.'):
            named = [f'{node.module}.{alias.name}' for alias in node.names]
            files |= {module_file(name) for name in [str(node.module), *named]}
    texts = {
        node.value
        for path in files
        if path.is_file()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in texts if text.startswith('-')} | {'--help', '--version', '--ros-args'}


def module_file(module: str) -> Path:
    return (ROOT / Path(*module.split('.'))).with_suffix('.py')


def names(pages: list[Path]) -> list[str]:
    return [page.relative_to(ROOT).as_posix() for page in pages]


@pytest.mark.parametrize('page', PAGES, ids=names(PAGES))
def test_links_lead_somewhere(page: Path) -> None:
    for path, heading in LINK.findall(page.read_text()):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f'{page.name} links to {path}'
        if heading and target.suffix == '.md':
            titles = re.findall(r'^#+ (.+)$', target.read_text(), re.MULTILINE)
            assert heading in {anchor(title) for title in titles}, f'{path}#{heading}'


@pytest.mark.parametrize('page', PAGES, ids=names(PAGES))
def test_modules_that_are_started_exist(page: Path) -> None:
    for module in re.findall(r'-m (streamo_ros[\w.]*)', page.read_text()):
        path = ROOT / Path(*module.split('.'))
        assert path.with_suffix('.py').exists() or (path / '__init__.py').exists(), module


@pytest.mark.parametrize('page', PAGES, ids=names(PAGES))
def test_files_of_the_package_that_are_named_exist(page: Path) -> None:
    folders = 'benchmarks|config|dev|docs|examples|launch|models|scripts|streamo_ros|test'
    for path in re.findall(rf'`((?:{folders})/[\w./-]+)`', page.read_text()):
        # A word in capitals stands for what the user fills in.
        assert re.search('[-/][A-Z]+[./]', path) or (ROOT / path).exists(), path


@pytest.mark.parametrize('page', PAGES, ids=names(PAGES))
def test_verbs_and_their_options_exist(page: Path) -> None:
    for verb, rest in VERB.findall(code(page)):
        assert verb in VERBS, f'streamo {verb}'
        command = re.split(r'\s(?:#|&&|\|)\s', rest)[0]
        for option in re.findall(r'\s(--?[a-z][\w-]*)', command):
            assert option in options_of(verb), f'streamo {verb} {option}'


@pytest.mark.parametrize('page', PAGES, ids=names(PAGES))
def test_launch_arguments_exist(page: Path) -> None:
    for name, rest in re.findall(r'streamo_ros (\w+\.launch\.py)([^\n`]*)', code(page)):
        declared = (ROOT / 'launch' / name).read_text()
        for argument in re.findall(r'(\w+):=', rest):
            assert f"'{argument}'" in declared, f'{name} {argument}:='


@pytest.mark.parametrize('page', PAGES, ids=names(PAGES))
def test_names_that_are_imported_exist(page: Path) -> None:
    for module, listed in re.findall(r'^from (streamo_ros[\w.]*) import (.+)$', code(page), re.M):
        if module.rpartition('.')[2] in ('msg', 'srv', 'action'):
            folder = ROOT / module.rpartition('.')[2]
            known = {path.stem for path in folder.iterdir()}
        else:
            path = ROOT / Path(*module.split('.'))
            file = path / '__init__.py' if path.is_dir() else path.with_suffix('.py')
            tree = ast.parse(file.read_text())
            known = {getattr(node, 'name', '') for node in ast.walk(tree)}
        assert set(listed.split(', ')) <= known, f'{module}: {listed}'


@pytest.mark.parametrize('page', PAGES, ids=names(PAGES))
def test_tests_that_are_named_exist(page: Path) -> None:
    file = ''
    for path, name in re.findall(r'`((?:test/[\w/]+\.py)?)::(test_\w+)`', page.read_text()):
        file = path or file
        assert f'def {name}(' in (ROOT / file).read_text(), f'{file}::{name}'


def test_the_page_of_replay_names_every_row_of_the_events_that_are_kept() -> None:
    text = (ROOT / 'docs' / 'replay.md').read_text().partition('`events.jsonl`')[2][:700]
    kinds = {
        node.value.value
        for file in (ROOT / 'streamo_ros' / 'report').glob('*row*.py')
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.AnnAssign)
        and ast.unparse(node.target) == 'kind'
        and isinstance(node.value, ast.Constant)
    }
    assert {'decision', 'replay', 'delta'} <= kinds
    # A delta is shown and never kept.
    assert [kind for kind in kinds - {'delta'} if f'`{kind}`' not in text] == []
