# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The benchmarks by name: one row each."""

from __future__ import annotations

from streamo_ros.evaluation.benchmarks import et_bench
from streamo_ros.evaluation.benchmarks import multiple_choice
from streamo_ros.evaluation.benchmarks import omnimmi
from streamo_ros.evaluation.benchmarks import ovo_bench
from streamo_ros.evaluation.benchmarks import ovo_timing
from streamo_ros.evaluation.benchmarks import proactive_video_qa
from streamo_ros.evaluation.benchmarks import streaming_bench
from streamo_ros.evaluation.benchmarks import streaming_bench_sqa
from streamo_ros.evaluation.benchmarks import streamo_bench
from streamo_ros.evaluation.benchmarks import sw_f1
from streamo_ros.evaluation.benchmarks.benchmark import Benchmark

BENCHMARKS: dict[str, Benchmark] = {
    'ovo-bench': ovo_bench.BENCHMARK,
    'ovo-timing': ovo_timing.BENCHMARK,
    'streaming-bench': streaming_bench.REAL,
    'streaming-bench-proactive': streaming_bench.PROACTIVE,
    'streaming-bench-sqa': streaming_bench_sqa.BENCHMARK,
    'et-bench': et_bench.BENCHMARK,
    'proactive-video-qa': proactive_video_qa.BENCHMARK,
    'omnimmi-pa': omnimmi.BENCHMARK,
    'multiple-choice': multiple_choice.BENCHMARK,
    'streamo-bench': streamo_bench.BENCHMARK,
    'sw-f1': sw_f1.BENCHMARK,
}
