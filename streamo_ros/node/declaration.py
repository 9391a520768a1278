# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Declares the table of parameters on a ROS node, with descriptions and ranges."""

from __future__ import annotations

from rcl_interfaces.msg import FloatingPointRange
from rcl_interfaces.msg import IntegerRange
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.exceptions import InvalidParameterValueException
from rclpy.node import Node

from streamo_ros.config.parameter import Parameter
from streamo_ros.config.parameter import ParameterError
from streamo_ros.config.parameter import Value
from streamo_ros.config.parameter import When
from streamo_ros.config.parameter_table import TABLE


def declare(node: Node) -> dict[str, Value]:
    """Declare every parameter of the table; returns the values they have.

    Raises:
        ParameterError: a value given at startup is not allowed.
    """
    values = {}
    for row in TABLE:
        # Not an empty list: rclpy takes that for a list of bytes. Empty texts are left out.
        default = list(row.default) or [''] if isinstance(row.default, tuple) else row.default
        try:
            given = node.declare_parameter(row.name, default, descriptor(row)).value
        except InvalidParameterValueException as error:
            raise ParameterError(f'{row.name}: {row.allowed} is allowed; {error}') from error
        values[row.name] = row.check(given)
    return values


def descriptor(row: Parameter) -> ParameterDescriptor:
    """A row of the table for `ros2 param describe`.

    Typed dynamically, so that an integer is accepted for a number, and any other type is refused
    by the table with a helpful sentence.
    """
    limits: dict[str, object] = {}
    if row.low is not None and isinstance(row.default, int):
        limits['integer_range'] = [
            IntegerRange(from_value=int(row.low), to_value=int(row.high or 0))
        ]
    elif row.low is not None:
        limits['floating_point_range'] = [
            FloatingPointRange(from_value=float(row.low), to_value=float(row.high or 0.0))
        ]
    allowed = f'{row.allowed.replace("`", "")}; ' if row.allowed else ''
    return ParameterDescriptor(
        description=row.text,
        additional_constraints=f'{allowed}may change {row.when.value}',
        read_only=row.when is When.START,
        dynamic_typing=True,
        **limits,
    )
