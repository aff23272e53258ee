"""Reads the constants out of an ONNX file, without the ``onnx`` package.

ONNX is protobuf, whose wire format is a list of (field number, value) pairs. Of the schema only the
way to a constant matters here: model → graph → node → attribute → tensor, and graphs inside
attributes, since the branches of an ``If`` are graphs of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from livekit_barge.call.audio import Float32

# Field numbers, from onnx.proto.
_MODEL_GRAPH = 7
_GRAPH_NODE = 1
_NODE_ATTRIBUTE = 5
_ATTRIBUTE_NAME, _ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH = 1, 5, 6
_TENSOR_DIMS, _TENSOR_TYPE, _TENSOR_NAME, _TENSOR_RAW = 1, 2, 8, 9
_FLOAT = 1

# Wire types, from the protobuf encoding.
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def read_constants(path: Path, branch: str) -> dict[str, Float32]:
    """The named float tensors among the constants of every ``If`` branch called ``branch``."""
    tensors: dict[str, Float32] = {}
    for graph in _children(path.read_bytes(), _MODEL_GRAPH):
        for node in _children(graph, _GRAPH_NODE):
            for attribute in _children(node, _NODE_ATTRIBUTE):
                if branch.encode() in _children(attribute, _ATTRIBUTE_NAME):
                    for inner in _children(attribute, _ATTRIBUTE_GRAPH):
                        tensors |= _constants(inner)
    return tensors


def _constants(graph: bytes) -> dict[str, Float32]:
    tensors = {}
    for node in _children(graph, _GRAPH_NODE):
        for attribute in _children(node, _NODE_ATTRIBUTE):
            for tensor in _children(attribute, _ATTRIBUTE_TENSOR):
                name, values = _tensor(tensor)
                if name and values is not None:
                    tensors[name] = values
    return tensors


def _tensor(message: bytes) -> tuple[str, Float32 | None]:
    dims: list[int] = []
    name, kind, raw = "", 0, b""
    for number, value in _fields(message):
        if number == _TENSOR_DIMS and isinstance(value, int):
            dims.append(value)
        elif number == _TENSOR_TYPE and isinstance(value, int):
            kind = value
        elif number == _TENSOR_NAME and isinstance(value, bytes):
            name = value.decode()
        elif number == _TENSOR_RAW and isinstance(value, bytes):
            raw = value
    if kind != _FLOAT or not raw:
        return name, None
    return name, np.frombuffer(raw, dtype="<f4").reshape(dims)


def _children(message: bytes, wanted: int) -> list[bytes]:
    return [v for number, v in _fields(message) if number == wanted and isinstance(v, bytes)]


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        wire = key & 7
        if wire == _VARINT:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if wire == _BYTES:
            size, at = _varint(message, at)
        else:
            size = {_FIXED64: 8, _FIXED32: 4}[wire]
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at
