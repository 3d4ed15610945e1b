"""The header of a safetensors file: eight bytes of length, then JSON of that length, then the weights."""

from __future__ import annotations

from typing import Any

from storage.viewers.asks import Ask
from storage.viewers.parts import JSON_BYTES, fact, parse_json
from storage.viewers.source import Source, Unreadable, Window
from storage.viewers.weights.view import Model, ModelView, Tensor, checked_shape, model_view


def draw_safetensors(source: Source, ask: Ask) -> ModelView:
    """Raises Unreadable as read_safetensors does."""
    return model_view(ask, read_safetensors(source))


def read_safetensors(source: Source) -> Model:
    """Raises Unreadable for a header that is longer than the file, or no header."""
    window = Window(source, JSON_BYTES + 65536)
    (length,) = window.unpack("<Q")
    if length > source.size - 8:
        raise Unreadable(f"Its header claims {length:,} bytes; the file has {source.size:,}.")
    if length > JSON_BYTES:
        raise Unreadable("Its header is larger than a preview reads.")
    header = parse_json(window.take(length))
    if not isinstance(header, dict):
        raise Unreadable("Its header is no JSON object.")
    metadata = header.pop("__metadata__", None)
    tensors = [_tensor(str(name), entry) for name, entry in header.items()]
    end = max((_end(entry) for entry in header.values()), default=0)
    note = ""
    if end > source.size - 8 - length:
        note = "The file is shorter than its header says: it may have been cut."
    pairs: list[tuple[object, object]] = list(metadata.items()) if isinstance(metadata, dict) else []
    return Model("safetensors", tensors, [fact("Header", f"{length:,} bytes")], pairs, note)


def _tensor(name: str, entry: Any) -> Tensor:
    shape = checked_shape(entry["shape"]) if isinstance(entry, dict) and isinstance(entry.get("shape"), list) else None
    if shape is None:
        raise Unreadable("An entry of its header describes no tensor.")
    return Tensor(name, str(entry.get("dtype", "?")), shape)


def _end(entry: dict[str, Any]) -> int:
    offsets = entry.get("data_offsets")
    if isinstance(offsets, list) and len(offsets) == 2 and all(isinstance(offset, int) for offset in offsets):
        return int(offsets[1])
    raise Unreadable("An entry of its header does not say where its data lies.")
