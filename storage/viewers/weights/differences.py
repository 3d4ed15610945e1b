"""Two versions of a model's file: tensors that came, went, or changed shape or type; metadata; parameters."""

from __future__ import annotations

from dataclasses import dataclass

from storage.viewers.kinds import Kind
from storage.viewers.parts import count_text, short
from storage.viewers.source import Source, Unreadable
from storage.viewers.weights.gguf import read_gguf
from storage.viewers.weights.onnx import read_onnx
from storage.viewers.weights.safetensors import read_safetensors
from storage.viewers.weights.view import Model

SHOWN = 100
READERS = {"safetensors": read_safetensors, "gguf": read_gguf, "onnx": read_onnx}


@dataclass(frozen=True, slots=True)
class Change:
    """A tensor or an entry of the metadata: its name, and what it was and is as text ("" where it is not)."""

    name: str
    old: str
    new: str

    @property
    def status(self) -> str:
        """What happened to it."""
        return "added" if not self.old else "removed" if not self.new else "changed"


@dataclass(frozen=True, slots=True)
class ModelDiff:
    """`tensors` are the first SHOWN of `total` that differ by name, type or shape; weights are not compared."""

    old_parameters: str
    new_parameters: str
    tensors: tuple[Change, ...]
    total: int
    same: int
    metadata: tuple[Change, ...]

    @property
    def left_out(self) -> int:
        """Tensors that differ and are not shown."""
        return self.total - len(self.tensors)


def compare_models(kind: Kind, old: Source, new: Source) -> ModelDiff:
    """The difference of two headers. Raises Unreadable for what has none."""
    reader = READERS.get(kind)
    if reader is None:
        raise Unreadable("Files of this kind are not compared.")
    before, after = reader(old), reader(new)
    was, now = _tensors(before), _tensors(after)
    changes = _changes(was, now)
    return ModelDiff(
        old_parameters=count_text(before.parameters),
        new_parameters=count_text(after.parameters),
        tensors=tuple(changes[:SHOWN]),
        total=len(changes),
        same=sum(1 for name, text in was.items() if now.get(name) == text),
        metadata=tuple(_changes(_metadata(before), _metadata(after))[:SHOWN]),
    )


def _tensors(model: Model) -> dict[str, str]:
    return {short(one.name, 200): f"{short(one.type, 20)} {one.shape_text}" for one in model.tensors}


def _metadata(model: Model) -> dict[str, str]:
    return {short(key, 120): short(value, 300) or "(empty)" for key, value in model.metadata}


def _changes(old: dict[str, str], new: dict[str, str]) -> list[Change]:
    names = [*old, *(name for name in new if name not in old)]
    return [Change(name, old.get(name, ""), new.get(name, "")) for name in names if old.get(name) != new.get(name)]
