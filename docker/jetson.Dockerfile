# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# streamo_ros on a Jetson. We have not built it yet. The base image must contain what JetPack and
# ROS 2 install: CUDA, TensorRT with its Python bindings, and /opt/ros. It must match the JetPack on
# the board; a server (SBSA) TensorRT has no kernels for Orin (docs/jetson.md, "The SM 87 pitfall").
#
#   docker build -f docker/jetson.Dockerfile -t streamo_ros \
#     --build-arg BASE=<image with JetPack's CUDA and TensorRT, and ROS 2> \
#     --build-arg TORCH=<NVIDIA's torch wheel for your JetPack, URL or file in this folder> .
#   docker run --rm -it --runtime nvidia --network host --ipc host \
#     -v ~/.cache/streamo_ros:/root/.cache/streamo_ros streamo_ros \
#     .venv/bin/streamo doctor

ARG BASE
FROM ${BASE}
ARG TORCH

RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        build-essential git make python3-dev python3-pip python3-venv \
    && rm -rf /var/lib/apt/lists/*

# Refused here rather than on the robot: without these, the image would run on torch's CPU kernels.
RUN test -d /opt/ros || { echo 'the base image has no /opt/ros: name one with ROS 2'; exit 1; } \
    && python3 -c "from importlib.util import find_spec; import sys; \
sys.exit(not find_spec('tensorrt') and 'the base image has no TensorRT for Python: \
install python3-libnvinfer in it')"

WORKDIR /streamo_ros
COPY . .

RUN test -n "${TORCH}" || { echo 'name the torch wheel of your JetPack: --build-arg TORCH=...'; exit 1; } \
    && python3 -m venv --system-site-packages .venv \
    && .venv/bin/pip install --no-cache-dir "${TORCH}"

RUN bash -c 'source $(ls -d /opt/ros/*/setup.bash | head -1) \
    && apt-get update && rosdep update --rosdistro ${ROS_DISTRO} \
    && rosdep install --from-paths . --ignore-src -y \
    && make setup && rm -rf /var/lib/apt/lists/* /root/.cache/pip'

# On the CPU: no GPU is visible while an image is built. On the board: streamo engine verify.
RUN bash -c 'source $(ls -d /opt/ros/*/setup.bash | head -1) && make test'

CMD ["bash"]
