# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo replay` as a user sees it: files, texts and exit codes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from rosbags.highlevel import AnyReader

from streamo_ros import cli
from streamo_ros.core.protocol import State
from streamo_ros.memory.reader import EVER
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.store import Store


def main(argv):
    return cli.main(['replay', *argv])


ROOT = Path(__file__).parents[2]
RULES = """
- instruction: cup
  say:
    - {from: 2, to: 3, state: standby}
    - {from: 3, to: 4, state: response, text: 'The cup is <b>red</b> & full'}
"""


@pytest.fixture
def script(write_script):
    return write_script(RULES)


@pytest.fixture
def command(bags, script, capsys):
    def run(*arguments, source='raw_mcap'):
        sources = [source] if isinstance(source, str) else source
        code = main(
            [
                *(str(bags / source) for source in sources),
                '--model',
                str(script),
                *map(str, arguments),
            ]
        )
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def rows(folder, kind):
    lines = (folder / 'events.jsonl').read_text().splitlines()
    return [row for row in map(json.loads, lines) if row['row'] == kind]


def test_output_folder_has_events_bag_report_and_pictures(command, tmp_path):
    output = tmp_path / 'out'
    code, out, _ = command('--instruction', 'watch the cup', '--output', output)
    assert code == 0
    assert 'The cup is <b>red</b> & full' in out
    assert sorted(path.name for path in output.iterdir()) == [
        'events.jsonl',
        'pictures',
        'replay.mcap',
        'report.html',
    ]
    decisions = rows(output, 'decision')
    assert [row['state'] for row in decisions][:4] == ['SILENCE', 'SILENCE', 'STANDBY', 'RESPONSE']
    assert decisions[3]['tag'] == '<3s-4s>'
    assert sum(decisions[0]['probabilities']) == pytest.approx(1, abs=1e-4)
    assert rows(output, 'response')[0]['text'] == 'The cup is <b>red</b> & full'
    assert rows(output, 'end')[0]['sampled'] == 8
    assert (output / 'pictures' / 'response_0001.jpg').stat().st_size > 500


def test_report_is_one_file_that_escapes_what_it_is_told(command, tmp_path):
    command('--instruction', 'the cup <script>', '--output', tmp_path / 'out')
    page = (tmp_path / 'out' / 'report.html').read_text()
    assert 'The cup is &lt;b&gt;red&lt;/b&gt; &amp; full' in page
    assert '<script' not in page
    assert not re.findall(r'(?:src|href)="(?!data:image/jpeg;base64,|#)', page)
    assert page.count('<svg') >= 3
    assert 'scripted:rules' in page


def test_what_a_model_says_cannot_steer_the_terminal(command, script):
    script.write_text(RULES.replace("'The cup is <b>red</b> & full'", r'"red \e[2J\nand blue"'))
    assert '3 s  red [2J and blue\n' in command('-i', 'cup')[1]


def test_json_has_the_figures(command):
    code, out, _ = command('--instruction', 'cup', '--json')
    result = json.loads(out)
    assert code == 0
    assert result['frames']['received'] == 40
    assert result['instructions'][0]['states'] == {'SILENCE': 6, 'STANDBY': 1, 'RESPONSE': 1}
    assert result['instructions'][0]['responses'][0][:2] == [3, 'The cup is <b>red</b> & full']


def test_golden_file_is_written_compared_and_brings_its_own_instructions(command, tmp_path):
    golden = tmp_path / 'golden.jsonl'
    code, out, _ = command('-i', 'cup', '--rate', 2, '--golden', golden, '--update-golden')
    assert (code, 'golden file: written' in out) == (0, True)
    code, out, _ = command('--golden', golden)
    assert (code, 'golden file: same' in out) == (0, True)
    assert command('--golden', golden, source='zstd_mcap')[0] == 0


def test_difference_says_second_expectation_result_and_picture(command, script, tmp_path):
    golden = tmp_path / 'golden.jsonl'
    command('-i', 'cup', '--golden', golden, '--update-golden')
    script.write_text(RULES.replace('red', 'blue').replace('to: 3', 'to: 2.5'))
    code, out, _ = command('--golden', golden, '--output', tmp_path / 'out')
    assert code == 1
    assert 'differs from the golden file in 1 of 8' in out
    assert '3 s (stamp 1700000003.000), instruction 1: cup' in out
    assert re.search(r"expected +response +\[0.007 0.007 0.987\] 'The cup is <b>red</b>", out)
    assert re.search(r"actual +response +\[0.007 0.007 0.987\] 'The cup is <b>blue</b>", out)
    picture = re.search(r'picture +(\S+\.jpg)', out)[1]
    assert Path(picture).read_bytes()[:2] == b'\xff\xd8'


def test_missing_and_additional_decisions_are_differences(command, tmp_path):
    golden = tmp_path / 'golden.jsonl'
    command('-i', 'cup', '--golden', golden, '--update-golden', source='pictures')
    code, out, _ = command('--golden', golden)
    assert code == 1
    assert out.count('expected  no decision') == 4


@pytest.mark.parametrize(
    ('change', 'tolerance', 'code'),
    [
        (0.0009, '0.001', 0),
        (0.002, '0.001', 1),
        (0.002, '0.01', 0),
    ],
)
def test_probabilities_may_differ_by_the_tolerance(command, tmp_path, change, tolerance, code):
    golden = tmp_path / 'golden.jsonl'
    command('-i', 'cup', '--golden', golden, '--update-golden')
    lines = golden.read_text().splitlines()
    line = json.loads(lines[3])
    line['p'][0] += change
    golden.write_text('\n'.join([*lines[:3], json.dumps(line), *lines[4:]]))
    assert command('--golden', golden, '--tolerance', tolerance)[0] == code


@pytest.mark.parametrize(
    ('arguments', 'source', 'sentence'),
    [
        ([], 'raw_mcap', 'there is nothing to watch for: add --instruction TEXT'),
        (['-i', 'x'], 'nowhere', 'does not exist'),
        (['-i', 'x'], 'truncated.mcap', 'add --salvage'),
        (['-i', ' '], 'raw_mcap', 'the instruction is empty'),
        (['-i', 'x', '--rate', '-1'], 'raw_mcap', 'sampling.rate is -1.0: 0 to 60 is allowed'),
        (['-i', 'x', '--workers', '0'], 'raw_mcap', '--workers must be at least 1'),
        (['-i', 'x', '--topic', 'y'], 'raw_mcap', 'topic /y does not exist'),
        (['--golden', 'nowhere.jsonl'], 'raw_mcap', 'write it with --update-golden'),
        (['-i', 'x', '--update-golden'], 'raw_mcap', 'add --golden FILE'),
        (['-i', 'x', '--model', 'nowhere.yaml'], 'raw_mcap', 'nowhere.yaml'),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(command, arguments, source, sentence):
    code, out, err = command(*arguments, source=source)
    assert (code, out) == (2, '')
    assert sentence in err
    assert len(err.strip().splitlines()) == 1


def test_parameter_file_of_the_robot_is_followed(command, tmp_path):
    file = tmp_path / 'robot.yaml'
    file.write_text(
        '/**: {ros__parameters: {sampling.rate: 2.0, instructions: [watch the cup]}}\n'
        'streamo: {ros__parameters: {thresholds: {response: 0.999}}}\n'
    )
    code, out, _ = command('--params-file', file, '--json')
    assert code == 0
    (instruction,) = json.loads(out)['instructions']
    assert instruction['text'] == 'watch the cup'
    # Twice as many frames, and no response: 0.987 does not reach the threshold.
    assert instruction['states'] == {'SILENCE': 14, 'STANDBY': 2}
    code, out, _ = command('--params-file', file, '--rate', 1, '-i', 'cup', '--json')
    assert sum(json.loads(out)['instructions'][0]['states'].values()) == 8


@pytest.mark.parametrize('kind', ['raw', 'video'])
def test_frames_without_stamps_count_from_their_recording_if_so_asked(
    bag_writer, dev_script, command, tmp_path, kind
):
    frames = list(bag_writer.frames(30))
    video = dev_script('make_test_videos').packets(30)
    if kind == 'raw':
        messages = [
            ('/camera/image_raw', bag_writer.IMAGE, at, bag_writer.raw(0, rgb))
            for at, rgb in frames
        ]
    else:
        messages = [
            ('/v', bag_writer.FFMPEG_PACKET, at, bag_writer.ffmpeg_packet(0, data))
            for (at, _), data in zip(frames, video, strict=True)
        ]
    bag = str(bag_writer.write_bag(tmp_path / kind, messages))
    code, _, err = command('-i', 'cup', source=[bag])
    assert code == 2
    assert 'set sampling.stamp to receive in --params-file' in err
    parameters = tmp_path / 'robot.yaml'
    parameters.write_text('/**: {ros__parameters: {sampling: {rate: 1.0, stamp: receive}}}')
    code, out, _ = command('-i', 'cup', '--params-file', parameters, '--json', source=[bag])
    assert code == 0
    assert json.loads(out)['frames']['sampled'] == 6


@pytest.mark.parametrize(
    ('text', 'sentence'),
    [
        ('/**: {ros__parameters: {sampling.rat: 2.0}}', 'did you mean sampling.rate?'),
        ('/**: {ros__parameters: {thresholds.response: 7.0}}', '0 to 1 is allowed'),
        ('nonsense', 'is not a parameter file'),
        ('other: {ros__parameters: {}}', 'has no parameters for the node streamo'),
    ],
)
def test_wrong_parameter_is_refused(command, tmp_path, text, sentence):
    (tmp_path / 'robot.yaml').write_text(text)
    code, _, err = command('-i', 'cup', '--params-file', tmp_path / 'robot.yaml')
    assert code == 2
    assert sentence in err


def test_golden_of_other_instructions_is_refused(command, tmp_path):
    golden = tmp_path / 'golden.jsonl'
    command('-i', 'cup', '--golden', golden, '--update-golden')
    code, _, err = command('-i', 'something else', '--golden', golden)
    assert code == 2
    assert 'was made with other instructions or another rate' in err


def test_salvaged_source_is_replayed_with_a_note(command):
    code, out, _ = command('-i', 'cup', '--salvage', source='truncated.mcap')
    assert code == 0
    assert 'note: ' in out
    assert 'is damaged or was cut off' in out


def test_many_bags_give_one_report_and_the_failed_one_is_listed(command, tmp_path):
    output = tmp_path / 'out'
    sources = ['raw_mcap', 'truncated.mcap', 'jpeg_mcap']
    code, out, err = command('-i', 'cup', '--output', output, '--workers', 2, source=sources)
    assert code == 2
    assert err.count(' of 3: ') == 3
    assert re.search(r'truncated.mcap: .*add --salvage', out)
    page = (output / 'report.html').read_text()
    assert 'truncated.mcap failed: ' in page
    assert page.count('The cup is &lt;b&gt;red') == 4
    assert (output / 'raw_mcap' / 'replay.mcap').exists()
    assert (output / 'jpeg_mcap' / 'replay.mcap').exists()


def test_an_error_on_the_way_keeps_what_was_done(bag_maker, script, tmp_path, capsys):
    damaged = bag_maker.write_damaged_on_the_way(tmp_path / 'damaged.mcap')
    output = tmp_path / 'out'
    code = main([str(damaged), '-i', 'cup', '--model', str(script), '-o', str(output)])
    assert code == 2
    told = capsys.readouterr().err.splitlines()
    assert told[0] == f'what was decided until then is in {output}'
    assert re.match('streamo replay: .*damaged.mcap is damaged', told[1])
    assert len(rows(output, 'decision')) >= 4
    assert 'The replay failed: ' in (output / 'report.html').read_text()
    assert (output / 'replay.mcap').exists()
    # Another try that cannot even begin has kept nothing.
    assert main([str(tmp_path / 'none'), '-i', 'cup', '-o', str(output)]) == 2
    assert 'what was decided' not in capsys.readouterr().err


def test_a_report_of_many_has_the_part_of_one_that_failed(bag_maker, command, tmp_path):
    damaged = bag_maker.write_damaged_on_the_way(tmp_path / 'damaged.mcap')
    output = tmp_path / 'out'
    code, out, _ = command('-i', 'cup', '-o', output, source=['raw_mcap', damaged])
    assert code == 2
    assert f'what was decided until then is in {output / "damaged"}' in out
    page = (output / 'report.html').read_text()
    assert 'damaged.mcap failed: ' in page
    assert page.count('The cup is &lt;b&gt;red') == 4


def test_batch_is_resumed_where_it_stopped(command, tmp_path):
    output = tmp_path / 'out'
    arguments = ['-i', 'cup', '--output', output, '--json']
    command(*arguments, source=['raw_mcap', 'jpeg_mcap'])
    report = output / 'raw_mcap' / 'report.html'
    before = report.stat().st_mtime_ns
    code, out, _ = command(*arguments, source=['raw_mcap', 'jpeg_mcap'])
    assert code == 0
    assert [load['frames']['sampled'] for load in json.loads(out)] == [8, 8]
    assert report.stat().st_mtime_ns == before
    command('-i', 'cup', '-i', 'other', '--output', output, source=['raw_mcap', 'jpeg_mcap'])
    assert report.stat().st_mtime_ns > before


def test_ctrl_c_leaves_whole_files(bag_writer, tmp_path):
    frames = bag_writer.frames(400, 1)
    bag = bag_writer.write_bag(tmp_path / 'long', bag_writer.jpeg_messages(frames))
    (tmp_path / 'rules.yaml').write_text(RULES)
    slow = (
        'import sys, time; from streamo_ros.replay import command; '
        'from streamo_ros.backbone.scripted import ScriptedBackbone as B; look = B.encode; '
        'B.encode = lambda self, image: (time.sleep(0.02), look(self, image))[1]; '
        'sys.exit(command.main(sys.argv[1:]))'
    )
    process = subprocess.Popen(
        [sys.executable, '-c', slow, str(bag), '-i', 'cup', '--model', 'rules.yaml', '-o', 'out'],
        cwd=tmp_path,
        env={**os.environ, 'PYTHONPATH': str(ROOT)},
        stdout=subprocess.PIPE,
    )
    events = tmp_path / 'out' / 'events.jsonl'
    deadline = time.monotonic() + 300
    while not (events.exists() and events.read_text().count('decision') > 5):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out = process.communicate(timeout=300)[0].decode()
    assert process.returncode == 130
    assert 'stopped before the end of the source' in out
    decided = len(rows(tmp_path / 'out', 'decision'))
    assert 5 < decided < 400
    assert rows(tmp_path / 'out', 'end')[0]['stopped'] is True
    assert 'was stopped before the end' in (tmp_path / 'out' / 'report.html').read_text()
    with AnyReader([tmp_path / 'out' / 'replay.mcap']) as reader:
        assert (
            len(
                list(
                    reader.messages(
                        [
                            connection
                            for connection in reader.connections
                            if connection.topic == '/streamo/frame_state'
                        ]
                    )
                )
            )
            == decided
        )


UNDECIDABLE = """
- instruction: ''
  say:
    - {from: 0, to: 1000, state: unknown}
"""


def test_a_recording_of_which_nothing_is_decided_is_an_error(bags, write_script, tmp_path, capsys):
    script, golden = write_script(UNDECIDABLE), tmp_path / 'golden.jsonl'
    arguments = [str(bags / 'raw_mcap'), '--model', str(script), '-i', 'cup']
    assert main(arguments) == 2
    assert 'error: nothing was decided: ' in capsys.readouterr().out
    assert main([*arguments, '--golden', str(golden), '--update-golden']) == 2
    assert 'was not written: nothing was decided' in capsys.readouterr().err
    assert not golden.exists()


def test_the_reason_why_nothing_was_decided_is_said_once(tmp_path, script, capsys):
    (tmp_path / 'images').mkdir()
    for second in range(3):
        (tmp_path / 'images' / f'{second}.5.jpg').write_bytes(b'\x01no image')
    assert main([str(tmp_path / 'images'), '--model', str(script), '-i', 'cup']) == 2
    assert capsys.readouterr().out.count('its data are corrupt') == 1


@pytest.mark.parametrize(
    ('text', 'sentence'),
    [
        ('a: b', 'it must be a list of rules'),
        ('- instruction: [1]\n  say: 3', 'it must be a list of rules'),
        ('- say: []', 'instruction is missing'),
        (
            '- {instruction: a, say: [{from: 0, to: 1, state: shout}]}',
            'SHOUT is missing, or',
        ),
    ],
)
def test_a_broken_script_is_refused_without_words_of_python(
    bags, tmp_path, capsys, text, sentence
):
    (tmp_path / 'script.yaml').write_text(text)
    arguments = [str(bags / 'raw_mcap'), '-i', 'cup', '--model', str(tmp_path / 'script.yaml')]
    assert main(arguments) == 2
    assert f'is not a valid script ({sentence}' in capsys.readouterr().err


def test_a_golden_file_without_a_decision_is_refused(command, tmp_path):
    golden = tmp_path / 'golden.jsonl'
    command('-i', 'cup', '--golden', golden, '--update-golden')
    header, *rows = golden.read_text().splitlines()
    unknown = [json.dumps({**json.loads(row), 'state': 'UNKNOWN', 'p': []}) for row in rows]
    golden.write_text('\n'.join([header, *unknown]) + '\n')
    code, _, errors = command('--golden', golden)
    assert code == 2
    assert 'holds no decision' in errors


def test_an_instruction_that_was_never_asked_is_named(command):
    _, output, _ = command('-i', 'cup', '-i', 'late@500')
    assert "'late' was never asked" in output


def test_frames_before_the_first_instruction_are_no_fault(command):
    code, out, _ = command('--instruction', 'cup@3')
    assert code == 0
    assert '0  (no instruction): 3 no instruction\n' in out
    assert 'unknown' not in out


LIMITED = """
import resource, sys
from streamo_ros.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)), resource.RLIM_INFINITY))
sys.exit(main())
"""


@pytest.mark.parametrize('room', [0, 700, 9000])
def test_a_full_disk_is_one_sentence_and_leaves_no_stump(bags, script, tmp_path, room):
    output = tmp_path / 'out'
    arguments = ['replay', bags / 'raw_mcap', '-i', 'cup', '--model', script, '--output', output]
    done = subprocess.run(
        [sys.executable, '-c', LIMITED, str(room), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    told = done.stderr.removeprefix(f'what was decided until then is in {output}\n')
    assert re.fullmatch(r'streamo replay: \S+ cannot be written: File too large\n', told)
    assert str(output) in told
    left = [file for file in output.rglob('*') if file.is_file()]
    assert all(0 < file.stat().st_size <= room for file in left)
    assert not [file for file in output.rglob('*') if file.name.startswith('.')]
    assert not (output / 'replay.mcap').exists()
    for file in left:
        if file.suffix == '.jsonl':
            assert all(json.loads(line) for line in file.read_text().splitlines())


@pytest.mark.parametrize('moment', [0.2, 1.0])
def test_ctrl_c_while_workers_start_is_no_traceback(bags, script, moment):
    """A terminal sends it to all processes, also to those that are still importing."""
    start = (
        'import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); '
        'from streamo_ros import cli; from streamo_ros.replay import command; '
        "print('up', flush=True); cli.leave(cli.main(['replay', *sys.argv[1:]]))"
    )
    sources = [str(bags / name) for name in ('raw_mcap', 'jpeg_mcap')]
    process = subprocess.Popen(
        [sys.executable, '-c', start, *sources, '-i', 'cup', '--model', script, '--workers', '2'],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout.readline() == 'up\n'
    time.sleep(moment)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert 'Traceback' not in out + err
    # 0 where all was done before it came; a shell shows 130 for a process that the signal ended.
    assert process.returncode in (0, 130, -signal.SIGINT), out + err


def test_ctrl_c_to_the_parent_alone_ends_its_workers_in_good_order(bag_writer, tmp_path):
    for name in ('left', 'right'):
        bag_writer.write_bag(tmp_path / name, bag_writer.jpeg_messages(bag_writer.frames(400, 1)))
    (tmp_path / 'rules.yaml').write_text(RULES)
    # Workers import the main program too.
    (tmp_path / 'slow.py').write_text(
        'import sys, time\n'
        'from streamo_ros.backbone.scripted import ScriptedBackbone as B\n'
        'look = B.encode\n'
        'B.encode = lambda self, image: (time.sleep(0.05), look(self, image))[1]\n'
        "if __name__ == '__main__':\n"
        '    from streamo_ros.replay import command\n'
        '    sys.exit(command.main(sys.argv[1:]))\n'
    )
    options = ['-i', 'cup', '--model', 'rules.yaml', '-o', 'out', '--workers', '2']
    process = subprocess.Popen(
        [sys.executable, 'slow.py', 'left', 'right', *options],
        cwd=tmp_path,
        env={**os.environ, 'PYTHONPATH': str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    events = tmp_path / 'out' / 'left' / 'events.jsonl'
    deadline = time.monotonic() + 300
    while not (events.exists() and events.read_text().count('decision') > 5):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out = process.communicate(timeout=300)[0]
    assert process.returncode == 130, out
    assert 'Traceback' not in out
    assert len(rows(tmp_path / 'out' / 'left', 'decision')) < 400


def test_memory_remembers_pictures_states_and_answers(command, tmp_path):
    memory = tmp_path / 'memory'
    code, _, _ = command('--instruction', 'watch the cup', '--memory', memory)
    assert code == 0
    with closing(StoreReader(memory)) as reader:
        assert len(reader.frames(EVER)) == 8
        (answer,) = reader.answers(EVER)
        assert (answer.text, answer.about) == ('The cup is <b>red</b> & full', 'watch the cup')
        assert [fact.frames for fact in reader.states(EVER, State.STANDBY)] == [1]


def test_several_sources_have_a_memory_each(command, tmp_path):
    memory = tmp_path / 'memory'
    code, _, _ = command('-i', 'cup', '--memory', memory, source=['raw_mcap', 'jpeg_mcap'])
    assert code == 0
    assert sorted(path.name for path in memory.iterdir()) == ['jpeg_mcap', 'raw_mcap']


def test_a_memory_in_use_is_refused_before_anything_is_written(command, tmp_path):
    store = Store(tmp_path / 'memory')
    code, _, told = command('-i', 'cup', '--memory', tmp_path / 'memory', '-o', tmp_path / 'out')
    store.close()
    assert code == 2
    assert 'in use by another process' in told
    assert not (tmp_path / 'out').exists()


def test_a_file_name_that_is_no_text_is_escaped_in_every_output(command, bags, tmp_path):
    name = os.fsdecode(b'bad\xff\x1b[2J.mcap')
    shutil.copy(bags / 'raw_mcap' / 'raw_mcap.mcap', tmp_path / name)
    code, out, err = command('-i', 'cup', '-o', tmp_path / 'out', source=str(tmp_path / name))
    assert (code, err) == (0, '')
    assert r'bad\udcff\x1b[2J.mcap: 7 s of capture time' in out
    report = (tmp_path / 'out' / 'report.html').read_bytes()
    assert rb'bad\udcff' in report


def test_a_window_that_was_sized_to_memory_is_said(command, tmp_path, monkeypatch):
    """Of a model that was not trained on a window; as many lanes as instructions, fewer frames."""
    model = shutil.copytree(ROOT / 'models' / 'streamo-tiny', tmp_path / 'model')
    settings = json.loads((model / 'streamo.json').read_text())
    del settings['max_frames']
    (model / 'streamo.json').write_text(json.dumps(settings))
    monkeypatch.setattr('streamo_ros.backbone.build.free_bytes', lambda device: 12_000_000)
    arguments = ('--model', model, '--instruction', 'a red ball', '--device', 'cpu')
    code, out, err = command(*arguments)
    assert code == 0, err
    said = r'1 lane of 120 frames would need.*room for 1 lane of (\d+) frames'
    (kept,) = re.findall(said, out + err)
    assert 8 <= int(kept) < 120
    given = tmp_path / 'given.yaml'
    given.write_text('/**: {ros__parameters: {context.max_frames: 120}}')
    code, out, err = command(*arguments, '--params-file', given)
    assert code == 2
    assert 'would fit' in err
