"""The outline of an ONNX model: inputs, outputs, operators, initialisers, read from protobuf without the weights.

A minimal reader of protobuf's wire format: fields are read by number, and what is not asked for is passed over by seek.
The numbers are those of onnx.proto3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from storage.viewers.asks import Ask
from storage.viewers.parts import Fact, fact
from storage.viewers.source import Source, Unreadable, Window
from storage.viewers.weights.view import MOST_TENSORS, Model, ModelView, Tensor, checked_shape, model_view

BUDGET = 48 * 1024 * 1024
BLOCK = 16 * 1024
MOST_FIELDS = 1_000_000
MOST_NODES = 100_000
_TYPES = dict(
    enumerate(
        "undefined float32 uint8 int8 uint16 int16 int32 int64 string bool float16 float64 uint32 uint64 complex64"
        " complex128 bfloat16 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz uint4 int4 float4e2m1".split()
    )
)
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

Part = tuple[int, int, int]
"""A field: its number, its value (varint) or where its bytes begin, and where they end (-1 for a number)."""


@dataclass(slots=True)
class _Reader:
    """Walks messages; counts fields, so that a file of a million empty ones ends."""

    window: Window
    fields: int = 0

    def parts(self, start: int, end: int) -> Iterator[Part]:
        """The fields of the message that lies from `start` to `end`."""
        at = start
        while at < end:
            self.fields += 1
            if self.fields > MOST_FIELDS:
                raise Unreadable("It has more parts than a preview reads.")
            self.window.seek(at)
            key = self._varint()
            number, wire = key >> 3, key & 7
            if wire == _VARINT:
                value, stop = self._varint(), -1
                at = self.window.tell()
            elif wire == _BYTES:
                length = self._varint()
                value = self.window.tell()
                at = stop = value + length
            elif wire in (_FIXED64, _FIXED32):
                value, stop = 0, -1
                at = self.window.tell() + (8 if wire == _FIXED64 else 4)
            else:
                raise Unreadable("It is no ONNX model: its fields cannot be told apart.")
            if at > end:
                raise Unreadable("A part of it is longer than what it lies in: it may have been cut.")
            yield number, value, stop

    def text(self, part: Part, longest: int = 400) -> str:
        """The bytes of a field as text."""
        _, start, stop = part
        if stop < 0:
            raise Unreadable("It holds a number where a text is expected.")
        self.window.seek(start)
        return self.window.take(min(stop - start, longest)).decode("utf-8", "replace")

    def inside(self, part: Part) -> Iterator[Part]:
        """The fields of a field that is a message."""
        _, start, stop = part
        if stop < 0:
            raise Unreadable("It holds a number where a part is expected.")
        return self.parts(start, stop)

    def numbers(self, part: Part) -> list[int]:
        """A repeated number, packed or single."""
        _, value, stop = part
        if stop < 0:
            return [value]
        self.window.seek(value)
        found: list[int] = []
        while self.window.tell() < stop and len(found) < 65:
            found.append(self._varint())
        return found

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self.window.take(1)[0]
            value |= (byte & 127) << shift
            if byte < 128:
                return value & (2**64 - 1)
        raise Unreadable("It is no ONNX model: a number does not end.")


@dataclass(slots=True)
class _Model:
    facts: list[Fact] = field(default_factory=list)
    metadata: list[tuple[str, str]] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)
    operators: Counter[str] = field(default_factory=Counter)
    inputs: list[tuple[str, str]] = field(default_factory=list)
    outputs: list[tuple[str, str]] = field(default_factory=list)
    graphs: int = 0


def draw_onnx(source: Source, ask: Ask) -> ModelView:
    """Raises Unreadable as read_onnx does."""
    return model_view(ask, read_onnx(source))


def read_onnx(source: Source) -> Model:
    """Raises Unreadable for what is no ONNX model."""
    reader, model = _Reader(Window(source, BUDGET, block=BLOCK)), _Model()
    labels = {1: "IR version", 2: "Producer", 3: "Producer version", 4: "Domain", 5: "Model version"}
    for part in reader.parts(0, source.size):
        number, value, stop = part
        if number in labels and len(model.facts) < 20:
            model.facts.append(fact(labels[number], value if stop < 0 else reader.text(part)))
        elif number == 7:
            model.graphs += 1
            _graph(reader, part, model)
        elif number == 8 and len(model.facts) < 20:
            model.facts.append(_opset(reader, part))
        elif number == 14 and len(model.metadata) < 100:
            model.metadata.append(_pair(reader, part))
    if model.graphs != 1:
        raise Unreadable("It is no ONNX model: it has no graph.")
    inputs = _without_weights(model)
    facts = [
        *model.facts,
        *(fact("Input", f"{name}: {kind}") for name, kind in inputs[:20]),
        *(fact("Output", f"{name}: {kind}") for name, kind in model.outputs[:20]),
        fact("Operators", f"{model.operators.total():,}"),
        *(fact(name, f"× {count:,}") for name, count in model.operators.most_common(12)),
    ]
    shown = [one for one in facts if one.value]
    return Model("ONNX", model.tensors, shown, list[tuple[object, object]](model.metadata))


def _without_weights(model: _Model) -> list[tuple[str, str]]:
    """Older models list their weights among the inputs too."""
    weights = {tensor.name for tensor in model.tensors}
    return [(name, kind) for name, kind in model.inputs if name not in weights]


def _graph(reader: _Reader, graph: Part, model: _Model) -> None:
    for part in reader.inside(graph):
        number = part[0]
        if number == 1:
            if model.operators.total() >= MOST_NODES:
                raise Unreadable("It has more operators than a preview reads.")
            model.operators[_operator(reader, part)] += 1
        elif number == 2:
            model.facts.append(fact("Graph", reader.text(part)))
        elif number == 5:
            if len(model.tensors) >= MOST_TENSORS:
                raise Unreadable("It has more tensors than a preview reads.")
            model.tensors.append(_initialiser(reader, part))
        elif number in (11, 12):
            ports = model.inputs if number == 11 else model.outputs
            if len(ports) < MOST_TENSORS:
                ports.append(_port(reader, part))


def _operator(reader: _Reader, node: Part) -> str:
    for part in reader.inside(node):
        if part[0] == 4:
            return reader.text(part, 60)
    return "?"


def _initialiser(reader: _Reader, tensor: Part) -> Tensor:
    dims: list[int] = []
    name, kind = "", 0
    for part in reader.inside(tensor):
        if part[0] == 1:
            dims += reader.numbers(part)
        elif part[0] == 2:
            kind = part[1]
        elif part[0] == 8:
            name = reader.text(part)
        if len(dims) > 64:
            break
    shape = checked_shape(dims)
    if shape is None:
        raise Unreadable("A tensor has a shape that none can have.")
    return Tensor(name, _TYPES.get(kind, f"type {kind}"), shape)


def _opset(reader: _Reader, opset: Part) -> Fact:
    domain, version = "ai.onnx", 0
    for part in reader.inside(opset):
        if part[0] == 1:
            domain = reader.text(part) or domain
        elif part[0] == 2:
            version = part[1]
    return fact(f"Opset {domain}", version)


def _pair(reader: _Reader, entry: Part) -> tuple[str, str]:
    found = {part[0]: reader.text(part) for part in reader.inside(entry) if part[0] in (1, 2)}
    return found.get(1, ""), found.get(2, "")


def _port(reader: _Reader, value_info: Part) -> tuple[str, str]:
    """ValueInfoProto: a name, and TypeProto → tensor type → element type and shape."""
    name, kind = "", ""
    for part in reader.inside(value_info):
        if part[0] == 1:
            name = reader.text(part)
        elif part[0] == 2:
            for inner in reader.inside(part):
                kind = _tensor_type(reader, inner) if inner[0] == 1 else kind or "no tensor"
    return name, kind or "?"


def _tensor_type(reader: _Reader, tensor_type: Part) -> str:
    element, sizes = 0, ""
    for part in reader.inside(tensor_type):
        if part[0] == 1:
            element = part[1]
        elif part[0] == 2:
            dims: list[str] = []
            for dim in reader.inside(part):
                if dim[0] == 1 and len(dims) < 16:
                    dims.append(_dimension(reader, dim))
            sizes = " × ".join(dims)
    return f"{_TYPES.get(element, '?')} {sizes}".strip()


def _dimension(reader: _Reader, dim: Part) -> str:
    for part in reader.inside(dim):
        if part[0] == 1 and part[2] < 0:
            return str(part[1])
        if part[0] == 2:
            return reader.text(part, 40)
    return "?"
