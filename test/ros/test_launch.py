# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The launch files.

Run by launch where that is installed (on a robot, not with the wheels); everywhere, with doubles
of launch's classes that only note what they are given.
"""

from __future__ import annotations

import ast
import os
import runpy
import signal
import subprocess
import sys
import time
import types
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / 'launch'
ARGUMENTS = {
    'streamo.launch.py': {
        'autostart',
        'enclave',
        'image',
        'image_transport',
        'instructions',
        'live',
        'live_host',
        'live_port',
        'log_level',
        'model',
        'name',
        'namespace',
        'params_file',
        'required',
        'respawn',
        'respawn_max_retries',
        'use_sim_time',
    },
    'replay.launch.py': {
        'bag',
        'instructions',
        'mode',
        'model',
        'params_file',
        'rate',
        'source_topic',
        'topic',
        'use_sim_time',
    },
}
CLASSES = {
    'launch': ('LaunchContext', 'LaunchDescription'),
    'launch.actions': (
        'DeclareLaunchArgument',
        'ExecuteProcess',
        'LogInfo',
        'OpaqueFunction',
        'RegisterEventHandler',
        'Shutdown',
        'TimerAction',
    ),
    'launch.conditions': ('IfCondition',),
    'launch.event_handlers': ('OnProcessExit',),
    'launch.substitutions': ('LaunchConfiguration', 'PathJoinSubstitution'),
    'launch_ros': (),
    'launch_ros.actions': ('Node',),
    'launch_ros.parameter_descriptions': ('ParameterValue',),
    'launch_ros.substitutions': ('FindPackageShare',),
}
RUN_BY_LAUNCH = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
path, *arguments = sys.argv[1:]
given = [argument.split(':=', 1) for argument in arguments]
included = IncludeLaunchDescription(
    PythonLaunchDescriptionSource(path), launch_arguments=[tuple(pair) for pair in given]
)
service = LaunchService()
service.include_launch_description(LaunchDescription([included]))
sys.exit(service.run())
"""


@pytest.fixture(autouse=True)
def python_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Launch files and executables find it, with nothing activated or with a PATH that has it."""
    monkeypatch.setenv('STREAMO_VENV', sys.prefix)
    folders = [str(Path(sys.executable).parent), os.environ['PATH']]
    monkeypatch.setenv('PATH', os.pathsep.join(folders))


@pytest.fixture(scope='module')
def bags(tmp_path_factory: pytest.TempPathFactory, bag_writer: Any) -> Path:
    folder = tmp_path_factory.mktemp('bags')
    bag_writer.write_bag(folder / 'raw', bag_writer.raw_messages(bag_writer.frames(12)))
    bag_writer.write_bag(folder / 'jpeg', bag_writer.jpeg_messages(bag_writer.frames(12)))
    return folder


# ---- by launch itself -------------------------------------------------------------------------


def launched(name: str, **arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a launch file to its end."""
    pytest.importorskip('launch_ros', reason='launch is not installed')
    given = [f'{argument}:={value}' for argument, value in arguments.items()]
    return subprocess.run(
        [sys.executable, '-c', RUN_BY_LAUNCH, str(FOLDER / name), *given],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize('name', sorted(ARGUMENTS))
def test_launch_itself_lists_the_arguments(name: str) -> None:
    pytest.importorskip('launch_ros', reason='launch is not installed')
    from launch.launch_description_sources import get_launch_description_from_python_launch_file

    description = get_launch_description_from_python_launch_file(str(FOLDER / name))
    arguments = {argument.name: argument for argument in description.get_launch_arguments()}
    assert ARGUMENTS[name] == set(arguments)
    assert all(argument.description for argument in arguments.values())


@pytest.mark.parametrize(
    ('kind', 'options'),
    [('raw', {'use_sim_time': 'True'}), ('jpeg', {'mode': 'rate', 'use_sim_time': 'true'})],
)
def test_replay_that_succeeds_returns_0_and_no_process_reports_an_error(
    bags: Path, script: Path, kind: str, options: dict[str, str]
) -> None:
    done = launched(
        'replay.launch.py',
        bag=str(bags / kind),
        model=str(script),
        instructions="['the kettle']",
        **options,
    )
    assert done.returncode == 0, done.stderr
    assert 'process has died' not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ('options', 'sentence'),
    [
        ({'bag': '/no/such/bag'}, '/no/such/bag does not exist'),
        ({'mode': 'rate', 'instructions': "['tea@3']"}, "'tea' begins at a second"),
        ({'use_sim_time': 'perhaps'}, 'use_sim_time:=perhaps: give true or false'),
        ({'model': '/no/model'}, 'streamo_node ended before the recording did, with exit code'),
    ],
)
def test_replay_that_fails_returns_1_and_says_why(
    bags: Path, options: dict[str, str], sentence: str
) -> None:
    done = launched('replay.launch.py', **{'bag': str(bags / 'raw'), **options})
    assert done.returncode == 1
    assert sentence in done.stdout + done.stderr


def test_required_node_that_fails_ends_the_launch_with_1_and_is_not_restarted() -> None:
    done = launched('streamo.launch.py', model='/no/model', required='true', respawn='True')
    assert done.returncode == 1
    assert (done.stdout + done.stderr).count('process started') == 1


# ---- with doubles of its classes --------------------------------------------------------------


class Noted:
    """What a class of launch was given."""

    def __init__(self, *given: Any, **named: Any) -> None:
        self.given, self.named = given, named

    def perform(self, context: Any) -> str:
        """As LaunchConfiguration does."""
        return context.launch_configurations[self.given[0]]

    def evaluate(self, context: Any) -> bool:
        """As IfCondition does."""
        return {'true': True, 'false': False}[self.given[0].perform(context).lower()]


@pytest.fixture
def doubles(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, classes in CLASSES.items():
        module = types.ModuleType(name)
        for class_name in classes:
            setattr(module, class_name, type(class_name, (Noted,), {}))
        monkeypatch.setitem(sys.modules, name, module)


def context_of(name: str, **given: str) -> tuple[Any, list[Any]]:
    """A launch context with these arguments, and the actions that the file starts with them."""
    (entities,) = runpy.run_path(str(FOLDER / name))['generate_launch_description']().given
    arguments = [item for item in entities if type(item).__name__ == 'DeclareLaunchArgument']
    (opaque,) = [item for item in entities if type(item).__name__ == 'OpaqueFunction']
    defaults = {item.given[0]: item.named['default_value'] for item in arguments}
    if name == 'streamo.launch.py':
        defaults['params_file'] = str(ROOT / 'config' / 'streamo.yaml')
    context = types.SimpleNamespace(launch_configurations={**defaults, **given}, is_shutdown=False)
    return context, opaque.named['function'](context)


def text_of(value: Any, context: Any) -> Any:
    return value.perform(context) if isinstance(value, Noted) else value


class Launch:
    """A launch file's actions, by the names of their classes or of their processes."""

    def __init__(self, name: str, **given: str) -> None:
        self.context, actions = context_of(name, **given)
        self.processes: dict[str, Any] = {}
        self.handlers: dict[int, Any] = {}
        self.add(actions)

    def add(self, actions: list[Any]) -> None:
        for action in actions:
            if type(action).__name__ == 'RegisterEventHandler':
                (handler,) = action.given
                self.handlers[id(handler.named['target_action'])] = handler.named['on_exit']
            else:
                kind = type(action).__name__
                executable = action.named.get('executable', '').removeprefix('streamo_')
                self.processes[executable if kind == 'Node' else action.named.get('name')] = action

    @property
    def node(self) -> Any:
        return self.processes['node']

    @property
    def parameters(self) -> dict[str, Any]:
        """Those of the last entry of the node's list, as plain values."""
        entries = self.node.named['parameters'][-1]
        return {
            name: text_of(value.given[0], self.context) if isinstance(value, Noted) else value
            for name, value in entries.items()
        }

    def command(self, name: str) -> list[str]:
        return [text_of(part, self.context) for part in self.processes[name].named['cmd']]

    def ends(self, name: str, code: int) -> Any:
        """What is done when a process ends with this code."""
        event = types.SimpleNamespace(returncode=code, cmd=['streamo_node'], cwd=None, env=None)
        return self.handlers[id(self.processes[name])](event, self.context)


@pytest.mark.parametrize('name', sorted(ARGUMENTS))
def test_arguments_explain_themselves(name: str, doubles: None) -> None:
    (entities,) = runpy.run_path(str(FOLDER / name))['generate_launch_description']().given
    arguments = {
        item.given[0]: item.named
        for item in entities
        if type(item).__name__ == 'DeclareLaunchArgument'
    }
    assert ARGUMENTS[name] == set(arguments)
    assert all(named['description'] for named in arguments.values())
    needed = [key for key, named in arguments.items() if named['default_value'] is None]
    assert needed == (['bag'] if name == 'replay.launch.py' else [])


@pytest.mark.parametrize('name', sorted(ARGUMENTS))
def test_launch_files_import_only_what_the_python_of_ros2_has(name: str) -> None:
    """It is the system's, whatever virtual environment is active."""
    imported = set()
    for node in ast.walk(ast.parse((FOLDER / name).read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or '')
    tops = {module.partition('.')[0] for module in imported}
    assert tops <= {*sys.stdlib_module_names, 'launch', 'launch_ros'}


def test_arguments_left_empty_leave_their_parameters_to_the_file(doubles: None) -> None:
    launch = Launch('streamo.launch.py')
    assert launch.parameters == {}
    assert launch.node.named['ros_arguments'][0] == '--log-level'
    assert '--enclave' not in launch.node.named['ros_arguments']


def test_empty_list_of_instructions_overrides_those_of_the_file(doubles: None) -> None:
    """ROS has no empty list to override with; the node ignores empty texts."""
    assert Launch('streamo.launch.py', instructions='[]').parameters == {'instructions': ['']}


@pytest.mark.parametrize(
    ('given', 'meant'),
    [('imge', 'image'), ('instruction', 'instructions'), ('namespaces', 'namespace')],
)
def test_argument_that_is_misspelled_is_named(given: str, meant: str, doubles: None) -> None:
    """launch itself takes any argument, and ignores what no file declares."""
    said = Launch('streamo.launch.py', **{given: 'x'}).processes[None].named['msg']
    assert said == f'there is no argument {given}: did you mean {meant}?'


def test_argument_of_a_replay_that_is_misspelled_is_named(bags: Path, doubles: None) -> None:
    launch = Launch('replay.launch.py', bag=str(bags / 'raw'), instruction="['the kettle']")
    said = launch.processes[None].named['msg']
    assert said == 'there is no argument instruction: did you mean instructions?'


@pytest.mark.parametrize(
    ('name', 'value', 'sentence'),
    [
        ('use_sim_time', 'perhaps', 'give true or false'),
        ('autostart', '2', 'give true or false'),
        ('respawn', 'on failure', 'give true or false'),
        ('respawn_max_retries', 'many', 'give a whole number'),
        ('live_port', '-1', 'give a whole number'),
        ('params_file', '/none.yaml', 'there is no such file'),
        ('instructions', 'tell me more', r"give a list, such as \"\['tell me when"),
    ],
)
def test_value_that_cannot_be_is_refused_with_the_name_of_its_argument(
    name: str, value: str, sentence: str, doubles: None
) -> None:
    with pytest.raises(RuntimeError, match=f'{name}:={value}: {sentence}'):
        Launch('streamo.launch.py', **{name: value})


@pytest.mark.parametrize(
    ('name', 'value', 'sentence'),
    [
        ('use_sim_time', 'perhaps', 'give true or false'),
        ('rate', 'fast', 'give a multiple'),
        ('rate', '0', 'give a multiple'),
        ('params_file', '/none.yaml', 'there is no such file'),
    ],
)
def test_value_of_a_replay_that_cannot_be_is_refused_with_the_name_of_its_argument(
    name: str, value: str, sentence: str, bags: Path, doubles: None
) -> None:
    with pytest.raises(RuntimeError, match=f'{name}:={value}: {sentence}'):
        Launch('replay.launch.py', bag=str(bags / 'raw'), **{name: value})


def test_arguments_of_a_file_that_includes_this_one_are_its_own(doubles: None) -> None:
    assert [*Launch('streamo.launch.py', robot='r1', world='lab').processes] == ['node']


def test_page_is_started_only_when_asked_for_and_shows_this_node(doubles: None) -> None:
    assert [*Launch('streamo.launch.py').processes] == ['node']
    launch = Launch('streamo.launch.py', live='true', live_port='8000', namespace='/robot')
    (given,) = launch.processes['live'].named['parameters']
    assert given['live.node'] == '/robot/streamo'
    assert text_of(given['live.port'].given[0], launch.context) == '8000'
    assert 'live.host' not in given


def test_arguments_that_are_given_override_the_file(doubles: None) -> None:
    launch = Launch(
        'streamo.launch.py',
        model='/models/2b',
        instructions="['tea: 5']",
        use_sim_time='True',
        autostart='false',
        image_transport='compressed',
        enclave='/streamo',
    )
    assert launch.parameters == {
        'model.path': '/models/2b',
        'image_transport': 'compressed',
        'instructions': "['tea: 5']",
        'use_sim_time': 'True',
        'autostart': 'false',
    }
    kinds = {
        name: value.named['value_type']
        for name, value in launch.node.named['parameters'][1].items()
    }
    assert kinds['model.path'] is str
    assert kinds['instructions'] == list[str]
    assert kinds['use_sim_time'] is bool
    assert '--enclave' in launch.node.named['ros_arguments']


@pytest.mark.parametrize('code', [0, 1, 2, -signal.SIGINT, -signal.SIGTERM])
def test_clean_end_or_bad_parameter_is_never_followed_by_a_restart(
    doubles: None, code: int
) -> None:
    assert Launch('streamo.launch.py', respawn='True').ends('node', code) is None


@pytest.mark.parametrize('code', [3, -signal.SIGKILL, -signal.SIGSEGV])
def test_crash_or_hung_model_is_restarted_only_when_asked_for_and_so_often(
    doubles: None, code: int
) -> None:
    assert Launch('streamo.launch.py').ends('node', code) is None
    launch = Launch('streamo.launch.py', respawn='true', respawn_max_retries='2')
    _, timer = launch.ends('node', code)
    for _ in range(2):
        launch.add(timer.named['actions'])
        # The very command that was started before.
        assert launch.processes['streamo_node'].named['cmd'] == ['streamo_node']
        answer = launch.ends('streamo_node', code)
        timer = answer[1] if answer else None
    assert timer is None


def test_run_of_over_a_minute_resets_the_count_of_restarts(
    doubles: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch = Launch('streamo.launch.py', respawn='true', respawn_max_retries='1')
    _, timer = launch.ends('node', -signal.SIGKILL)
    launch.add(timer.named['actions'])
    now = time.monotonic()
    monkeypatch.setattr('time.monotonic', lambda: now + 61)
    assert launch.ends('streamo_node', -signal.SIGKILL)


def test_required_node_takes_the_launch_with_it(doubles: None) -> None:
    launch = Launch('streamo.launch.py', required='true')
    assert type(launch.ends('node', 0)).__name__ == 'Shutdown'
    with pytest.raises(RuntimeError, match='exit code 1'):
        launch.ends('node', 1)
    launch.context.is_shutdown = True
    assert launch.ends('node', 1) is None


def test_lock_step_starts_a_paused_player_and_a_client_that_keeps_the_seconds(
    bags: Path, doubles: None
) -> None:
    pytest.importorskip('rclpy', reason='ROS 2 is not installed')
    from streamo_ros.node import lockstep
    from streamo_ros.node import player

    launch = Launch(
        'replay.launch.py',
        bag=str(bags / 'raw'),
        instructions="['the kettle', 'mail a@b.org: x@1.5']",
    )
    python = str(Path(sys.prefix, 'bin', 'python3'))
    interpreter, arguments = launch.command('player')[:3], launch.command('player')[3:]
    assert interpreter == [python, '-m', 'streamo_ros.node.player']
    options = player._parser().parse_args(arguments)
    assert (options.source, options.start_paused) == (str(bags / 'raw'), True)
    interpreter, arguments = launch.command('lockstep')[:3], launch.command('lockstep')[3:]
    assert interpreter == [python, '-m', 'streamo_ros.node.lockstep']
    options = lockstep._parser().parse_args(arguments)
    assert options.instruction == ['the kettle', 'mail a@b.org: x@1.5']
    assert 'instructions' not in launch.parameters
    assert launch.parameters['image_transport'] == 'raw'
    assert (
        launch.parameters['qos_overrides./camera/image_raw.subscription.reliability'] == 'reliable'
    )


def test_at_a_rate_the_instructions_are_parameters_and_cannot_begin_later(
    bags: Path, doubles: None
) -> None:
    launch = Launch(
        'replay.launch.py',
        bag=str(bags / 'jpeg'),
        mode='rate',
        rate='5',
        instructions="['mail a@b.org: 5']",
        model='/m',
    )
    assert set(launch.processes) == {'node', 'player'}
    assert launch.command('player')[-2:] == ['--rate', '5']
    parameters = launch.parameters
    assert parameters['instructions'] == ['mail a@b.org: 5']
    assert (parameters['image_transport'], parameters['model.path']) == ('compressed', '/m')
    with pytest.raises(RuntimeError, match=r"'tea' begins at a second"):
        Launch('replay.launch.py', bag=str(bags / 'raw'), mode='rate', instructions="['tea@3']")


def test_lock_step_is_over_when_both_have_ended(bags: Path, doubles: None) -> None:
    """A player that is interrupted at its end reports an error."""
    launch = Launch('replay.launch.py', bag=str(bags / 'raw'))
    assert launch.ends('player', 0) is None
    assert type(launch.ends('lockstep', 0)).__name__ == 'Shutdown'
    launch = Launch('replay.launch.py', bag=str(bags / 'raw'))
    assert type(launch.ends('lockstep', 0)).__name__ == 'TimerAction'
    assert type(launch.ends('player', 0)).__name__ == 'Shutdown'


@pytest.mark.parametrize('name', ['node', 'player', 'lockstep'])
def test_process_of_a_replay_that_fails_fails_the_launch(
    bags: Path, doubles: None, name: str
) -> None:
    launch = Launch('replay.launch.py', bag=str(bags / 'raw'))
    with pytest.raises(RuntimeError, match='exit code 1'):
        launch.ends(name, 1)
    launch.context.is_shutdown = True
    launch.ends('node', 1)


def test_bag_that_is_not_there_is_refused_before_anything_starts(doubles: None) -> None:
    with pytest.raises(RuntimeError, match=r'^replay: /no/such/bag does not exist'):
        Launch('replay.launch.py', bag='/no/such/bag')


def test_python_without_the_package_is_answered_with_what_to_do(
    bags: Path, doubles: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / 'bin' / 'python3'
    other.parent.mkdir()
    other.write_text(
        '#!/bin/sh\necho "ModuleNotFoundError: No module named rosbags" >&2\nexit 1\n'
    )
    other.chmod(0o755)
    monkeypatch.setenv('STREAMO_VENV', str(tmp_path))
    with pytest.raises(RuntimeError, match='rosbags: set STREAMO_VENV to the virtual environ'):
        Launch('replay.launch.py', bag=str(bags / 'raw'))
    monkeypatch.setenv('STREAMO_VENV', '/no/where')
    with pytest.raises(
        RuntimeError, match='STREAMO_VENV is /no/where, and /no/where/bin/python3 '
    ):
        Launch('replay.launch.py', bag=str(bags / 'raw'))
    # With nothing known, what `env` finds.
    monkeypatch.delenv('STREAMO_VENV')
    monkeypatch.setenv('PATH', f'{other.parent}:{os.environ["PATH"]}')
    with pytest.raises(RuntimeError, match='No module named rosbags'):
        Launch('replay.launch.py', bag=str(bags / 'raw'))
