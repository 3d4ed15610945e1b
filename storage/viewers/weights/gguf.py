"""The header of a GGUF file (versions 2 and 3): metadata, then the list of tensors."""

from __future__ import annotations

from typing import Any

from storage.viewers.asks import Ask
from storage.viewers.parts import fact
from storage.viewers.source import Source, Unreadable, Window
from storage.viewers.weights.view import MOST_TENSORS, Model, ModelView, Tensor, checked_shape, model_view

BUDGET = 32 * 1024 * 1024
MOST_PAIRS = 10_000
MOST_ITEMS = 2_000_000
SHOWN_ITEMS = 8
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
# ggml's types of tensors by number; those that are missing were taken out again.
_TYPES = dict(
    enumerate(
        "F32 F16 Q4_0 Q4_1 - - Q5_0 Q5_1 Q8_0 Q8_1 Q2_K Q3_K Q4_K Q5_K Q6_K Q8_K IQ2_XXS IQ2_XS IQ3_XXS IQ1_S IQ4_NL"
        " IQ3_S IQ2_S IQ4_XS I8 I16 I32 I64 F64 IQ1_M BF16 - - - TQ1_0 TQ2_0 - - - MXFP4".split()
    )
)


def draw_gguf(source: Source, ask: Ask) -> ModelView:
    """Raises Unreadable as read_gguf does."""
    return model_view(ask, read_gguf(source))


def read_gguf(source: Source) -> Model:
    """Raises Unreadable for what is no GGUF, or too large a header."""
    window = Window(source, BUDGET, block=256 * 1024)
    if window.take(4) != b"GGUF":
        raise Unreadable("It does not begin as a GGUF file does.")
    (version,) = window.unpack("<I")
    # Version 1 counted in 32 bits and was replaced within weeks; big-endian files show a version of many millions.
    if version not in (2, 3):
        raise Unreadable(f"Version {version} of GGUF cannot be read.")
    tensor_count, pair_count = window.unpack("<QQ")
    if tensor_count > MOST_TENSORS or pair_count > MOST_PAIRS:
        raise Unreadable(f"It claims {tensor_count:,} tensors and {pair_count:,} values, more than a preview reads.")
    pairs = [_pair(window) for _ in range(pair_count)]
    tensors = [_tensor(window) for _ in range(tensor_count)]
    names = dict(pairs)
    facts = [fact("Version", version)]
    for key, label in (("general.name", "Name"), ("general.architecture", "Architecture")):
        if key in names:
            facts.append(fact(label, names[key]))
    return Model("GGUF", tensors, facts, list[tuple[object, object]](pairs))


def _pair(window: Window) -> tuple[str, str]:
    key = _text(window, longest=4096)
    (kind,) = window.unpack("<I")
    return key, str(_value(window, kind))


def _text(window: Window, longest: int = 2000) -> str:
    (length,) = window.unpack("<Q")
    # Chat templates are long; their beginning is shown.
    kept = min(length, longest)
    text = window.take(kept).decode("utf-8", "replace")
    window.skip(length - kept)
    return text


def _value(window: Window, kind: int) -> Any:
    if kind in _NUMBERS:
        return window.unpack("<" + _NUMBERS[kind])[0]
    if kind == _STRING:
        return _text(window)
    if kind != _ARRAY:
        raise Unreadable(f"Its metadata holds a value of the unknown type {kind}.")
    inner, count = window.unpack("<IQ")
    return _array(window, inner, count)


def _array(window: Window, kind: int, count: int) -> str:
    """The first items; the rest is passed over."""
    if count > MOST_ITEMS:
        raise Unreadable("Its metadata holds a longer list than a preview reads.")
    shown = []
    if kind in _SIZES:
        shown = [_value(window, kind) for _ in range(min(count, SHOWN_ITEMS))]
        window.skip(_SIZES[kind] * (count - len(shown)))
    elif kind == _STRING:
        shown = [_text(window, 80) for _ in range(min(count, SHOWN_ITEMS))]
        for _ in range(count - len(shown)):
            (length,) = window.unpack("<Q")
            window.skip(length)
    else:
        raise Unreadable("Its metadata holds lists of lists.")
    more = f", … ({count:,} in all)" if count > len(shown) else ""
    return f"[{', '.join(map(repr, shown))}{more}]"


def _tensor(window: Window) -> Tensor:
    name = _text(window, 1000)
    (dimensions,) = window.unpack("<I")
    if dimensions > 8:
        raise Unreadable("A tensor has more dimensions than GGUF allows.")
    # GGUF names the innermost dimension first.
    shape = checked_shape(reversed(window.unpack(f"<{dimensions}Q")))
    kind, _ = window.unpack("<IQ")
    if shape is None:
        raise Unreadable("A tensor has a shape that none can have.")
    word = _TYPES.get(kind, "-")
    return Tensor(name, word if word != "-" else f"type {kind}", shape)
