# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# streamo_ros on a desktop: ROS 2 Jazzy, torch, TensorRT-RTX. The last step runs the tests on the CPU,
# so that an image that builds is an image that works. We have not built it yet.
#
#   docker build -f docker/desktop.Dockerfile -t streamo_ros .
#   docker run --rm -it --gpus all --network host --ipc host \
#     -v ~/.cache/streamo_ros:/root/.cache/streamo_ros streamo_ros \
#     .venv/bin/streamo doctor

ARG BASE=ros:jazzy-ros-base
FROM ${BASE}

# Tells the container toolkit which parts of the driver to mount.
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility,video

RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        build-essential git make python3-dev python3-pip python3-venv python3-opencv \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /streamo_ros
COPY . .

# torch with CUDA, although no driver is visible while the image is built.
RUN mkdir -p .venv && python3 -m venv --system-site-packages .venv \
    && .venv/bin/pip install --no-cache-dir -r requirements/torch.txt

RUN bash -c 'source /opt/ros/${ROS_DISTRO}/setup.bash \
    && apt-get update && rosdep update --rosdistro ${ROS_DISTRO} \
    && rosdep install --from-paths . --ignore-src -y \
    && make setup && rm -rf /var/lib/apt/lists/* /root/.cache/pip'

RUN bash -c 'source /opt/ros/${ROS_DISTRO}/setup.bash && make test'

CMD ["bash"]
