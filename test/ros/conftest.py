# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A graph of one test's own: the node as a process, and a peer that publishes, calls, listens."""

from __future__ import annotations

import os
import signal
import threading
import time
from array import array
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forked_process import ForkedProcess

SCRIPT = """
- instruction: A kettle was used.
  say:
  - {from: 0, to: 100000000, state: response, text: 'So I was told.'}
- instruction: kettle
  period: 10
  say:
  - {from: 3, to: 5, state: standby}
  - {from: 5, to: 6, state: response, text: It boils.}
- instruction: always
  say:
  - {from: 0, to: 100000000, state: response, text: 'Yes, here it is.'}
- instruction: Say in one sentence what happened
  say:
  - {from: 0, to: 100000000, state: silence, text: A kettle was used.}
- instruction: ''
  say: []
"""
PATIENCE = 30.0
SETTLE = 0.5


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.ros)
            # Fast DDS can lose a message to a peer that it is still discovering.
            item.add_marker(pytest.mark.flaky(reruns=2))


def wait_for(condition: Callable[[], Any], seconds: float = PATIENCE, what: str = '') -> Any:
    """The condition's value once it is true; fails the test when that takes too long."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            pytest.fail(f'not within {seconds} s: {what or condition}')
        time.sleep(0.01)
    return value


class NodeProcess:
    """`streamo_node` as a process of its own."""

    def __init__(
        self, *arguments: str, log: Path, prelude: str = '', **parameters: object
    ) -> None:
        self.log = log
        program = (
            f'{prelude}\nfrom streamo_ros.node.main import main\n'
            'from streamo_ros.program import run_program\n'
            "raise SystemExit(run_program('streamo node', main))"
        )
        given = ['--ros-args', *arguments]
        for name, value in parameters.items():
            given += ['-p', f'{name.replace("__", ".")}:={value}']
        log.touch()
        self.process = ForkedProcess(program, given, log)

    @property
    def text(self) -> str:
        return self.log.read_text()

    def stop(self, number: int = signal.SIGINT, patience: float = 5.0) -> tuple[int, float]:
        """Send a signal; exit code and seconds that it took."""
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(patience)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
        return code, time.monotonic() - began

    def memory(self) -> int:
        """Resident bytes."""
        return self._status('VmRSS') * 1024

    def threads(self) -> int:
        """Threads, those of the middleware included."""
        return self._status('Threads')

    def _status(self, field: str) -> int:
        status = Path(f'/proc/{self.process.pid}/status').read_text()
        return int(status.split(f'{field}:')[1].split()[0])

    def ended(self, patience: float = PATIENCE) -> int:
        """Wait for the end; the exit code."""
        return self.process.wait(patience)


class PageProcess:
    """`streamo live` as a process of its own."""

    def __init__(self, log: Path, *arguments: str, port: int = 0) -> None:
        self.log = log
        log.write_text('')
        given = ['live', '--port', str(port), *arguments]
        self.process = ForkedProcess.of_module('streamo_ros.cli', given, log)

    @property
    def address(self) -> str:
        """Where it is; '' while it does not listen."""
        return next(
            (line.split()[-1] for line in self.log.read_text().splitlines() if 'http://' in line),
            '',
        )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Peer:
    """The rest of the graph: a camera, a client and an ear, spinning in a thread."""

    def __init__(self, name: str = 'streamo') -> None:
        import rclpy
        from rclpy.executors import SingleThreadedExecutor
        from rclpy.node import Node

        self.context = rclpy.Context()
        rclpy.init(context=self.context)
        self.node = Node('peer', context=self.context)
        self.name = name
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self._clients: dict[str, Any] = {}
        self._spinning = True
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def _spin(self) -> None:
        while self._spinning and self.context.ok():
            self.executor.spin_once(timeout_sec=0.1)

    def do(self, action: Callable[[], Any]) -> Any:
        """Do something in the thread that spins.

        rclpy's action client loses a reply that comes before it has noted the request.
        """
        task = self.executor.create_task(action)
        wait_for(task.done, what='the spinning thread does it')
        return task.result()

    def close(self) -> None:
        self._spinning = False
        self._thread.join(5)
        self.node.destroy_node()
        self.context.try_shutdown()

    def hear(self, topic: str, kind: type, latched: bool = False) -> list[Any]:
        """A list to which messages are appended as they come."""
        from rclpy.qos import QoSDurabilityPolicy
        from rclpy.qos import QoSProfile

        durability = QoSDurabilityPolicy.TRANSIENT_LOCAL if latched else None
        qos = QoSProfile(depth=1000, **({'durability': durability} if durability else {}))
        heard: list[Any] = []
        self.node.create_subscription(kind, self.full(topic), heard.append, qos)
        return heard

    def full(self, name: str) -> str:
        return name.replace('~', f'/{self.name}')

    def client(self, name: str, kind: type) -> Any:
        name = self.full(name)
        if name not in self._clients:
            self._clients[name] = self.node.create_client(kind, name)
            wait_for(self._clients[name].service_is_ready, what=f'service {name}')
            # The server may find this client later than it is found: a reply before is lost.
            time.sleep(SETTLE)
        return self._clients[name]

    def call(self, name: str, kind: type, seconds: float = PATIENCE, **fields: object) -> Any:
        """Call a service and wait for its reply."""
        future = self.client(name, kind).call_async(kind.Request(**fields))
        wait_for(future.done, seconds, f'reply of {name}')
        return future.result()

    def state(self) -> str:
        from lifecycle_msgs.srv import GetState

        return str(self.call('~/get_state', GetState).current_state.label)

    def change(self, transition: int, seconds: float = PATIENCE) -> bool:
        from lifecycle_msgs.msg import Transition
        from lifecycle_msgs.srv import ChangeState

        request = Transition(id=transition)
        return bool(self.call('~/change_state', ChangeState, seconds, transition=request).success)

    def instruct(self, text: str, **fields: object) -> Any:
        from streamo_ros.srv import SetInstruction

        return self.call('~/set_instruction', SetInstruction, text=text, **fields)

    def diagnostics(self) -> list[Any]:
        """A list to which every status of this node's is appended."""
        from diagnostic_msgs.msg import DiagnosticArray

        heard: list[Any] = []

        def hear(message: Any) -> None:
            heard.extend(one for one in message.status if one.name.startswith(f'{self.name}: '))

        self.node.create_subscription(DiagnosticArray, '/diagnostics', hear, 10)
        return heard

    def state_waits(self, seconds: float) -> list[float]:
        """Ask for the state again and again; the seconds that each reply took."""
        from lifecycle_msgs.srv import GetState

        waits = []
        self.client('~/get_state', GetState)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            began = time.perf_counter()
            self.call('~/get_state', GetState)
            waits.append(time.perf_counter() - began)
            time.sleep(0.02)
        return sorted(waits)

    def set_parameter(self, name: str, value: object) -> Any:
        from rcl_interfaces.srv import SetParameters
        from rclpy.parameter import Parameter

        message = Parameter(name, value=value).to_parameter_msg()
        return self.call('~/set_parameters', SetParameters, parameters=[message]).results[0]

    def camera(self, topic: str = '/image', **qos: Any) -> Camera:
        return Camera(self, topic, **qos)


class Camera:
    """Publishes small grey images with the stamps it is told."""

    def __init__(self, peer: Peer, topic: str, compressed: bool = False, **qos: Any) -> None:
        from rclpy.qos import QoSProfile
        from sensor_msgs.msg import CompressedImage
        from sensor_msgs.msg import Image

        self._kind = CompressedImage if compressed else Image
        self.publisher = peer.node.create_publisher(
            self._kind, topic, QoSProfile(**{'depth': 10, **qos})
        )

    def matched(self) -> Camera:
        wait_for(self.publisher.get_subscription_count, what='the node subscribes to the camera')
        return self

    def show(self, second: float, **fields: Any) -> None:
        """One image of this capture time, seconds; fields override those of a good image."""
        from builtin_interfaces.msg import Time
        from std_msgs.msg import Header

        width, height = fields.pop('width', 8), fields.pop('height', 6)
        whole = int(second // 1)
        header = Header(
            stamp=Time(sec=whole, nanosec=round((second - whole) * 1e9)), frame_id='optical'
        )
        data = array('B')
        data.frombytes(fields.pop('data', b'\x80' * (width * height * 3)))
        if 'format' in fields:
            message = self._kind(header=header, data=data, **fields)
        else:
            message = self._kind(
                header=header,
                data=data,
                **{
                    'width': width,
                    'height': height,
                    'step': width * 3,
                    'encoding': 'rgb8',
                    **fields,
                },
            )
        self.publisher.publish(message)

    def until(self, condition: Callable[[], Any], second: float, **fields: Any) -> None:
        """One image again and again until it has been seen; a repeated stamp is ignored.

        Best effort loses the first ones, while the two sides do not know each other yet.
        """
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, 'the image was not seen'
            self.show(second, **fields)
            time.sleep(0.1)

    def film(self, first: float, last: float, step: float = 1.0, wait: float = 0.02) -> None:
        """Images from `first` up to and with `last`."""
        second = first
        while second <= last:
            self.show(second)
            time.sleep(wait)
            second += step


@pytest.fixture(autouse=True)
def own_graph(ros_domain: Callable[[], str]) -> Iterator[None]:
    """A domain of the test's own, this machine only; another one for a demo."""
    kept = dict(os.environ)
    os.environ['ROS_DOMAIN_ID'] = ros_domain()
    os.environ['STREAMO_DEMO_DOMAIN'] = ros_domain()
    os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
    # Not over shared memory: nodes that are killed leave their segments behind, and others trip.
    os.environ['FASTDDS_BUILTIN_TRANSPORTS'] = 'UDPv4'
    yield
    os.environ.clear()
    os.environ.update(kept)


@pytest.fixture(scope='module')
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp('script') / 'kettle.yaml'
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def meet(own_graph: None) -> Iterator[Callable[[], Peer]]:
    """Makes peers: a fresh one does not take a killed node for a living one."""
    met: list[Peer] = []

    def meet() -> Peer:
        met.append(Peer())
        return met[-1]

    yield meet
    for peer in met:
        if peer.context.ok():
            peer.close()


@pytest.fixture
def peer(meet: Callable[[], Peer]) -> Peer:
    return meet()


@pytest.fixture
def start(own_graph: None, script: Path, tmp_path: Path) -> Iterator[Callable[..., NodeProcess]]:
    """Starts nodes with the scripted model; ends them after the test."""
    started: list[NodeProcess] = []

    def start(*arguments: str, **parameters: object) -> NodeProcess:
        parameters.setdefault('model__path', script)
        log = tmp_path / f'node_{len(started)}.log'
        started.append(NodeProcess(*arguments, log=log, **parameters))
        return started[-1]

    yield start
    for node in started:
        if node.process.poll() is None:
            node.process.kill()
        node.process.wait()
        print(node.text)


@pytest.fixture
def store(start: Callable[..., NodeProcess], peer: Peer, tmp_path: Path) -> Path:
    """The memory of a node that saw the kettle boil; what starts later has no picture of it."""
    folder = tmp_path / 'memory'
    start(memory__path=folder, memory__answers='record')
    wait_for(lambda: peer.state() == 'active')
    peer.instruct('Tell me when the kettle boils.')
    peer.camera().matched().film(1000, 1010, wait=0.1)
    return folder


@pytest.fixture
def start_page(own_graph: None, tmp_path: Path) -> Iterator[Callable[..., PageProcess]]:
    """Starts `streamo live`, and waits until it listens."""
    started: list[PageProcess] = []

    def start_page(*arguments: str, port: int = 0) -> PageProcess:
        log = tmp_path / f'page_{len(started)}.log'
        started.append(PageProcess(log, *arguments, port=port))
        wait_for(lambda: started[-1].address, 60, 'the page listens')
        return started[-1]

    yield start_page
    for page in started:
        page.kill()
        print(page.log.read_text())


@pytest.fixture
def page(start_page: Callable[..., PageProcess]) -> PageProcess:
    return start_page()


@pytest.fixture(name='wait_for')
def wait_for_fixture() -> Callable[..., Any]:
    return wait_for
