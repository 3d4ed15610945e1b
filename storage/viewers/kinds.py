"""Which viewer a file gets, told from its name and its first bytes."""

from __future__ import annotations

from typing import Literal

from hub.lib.render import sniff

Kind = Literal[
    "table",
    "image",
    "audio",
    "video",
    "pdf",
    "geo",
    "array",
    "safetensors",
    "gguf",
    "onnx",
    "torch",
    "pickle",
    "archive",
    "tree",
    "figure",
    "text",
    "markdown",
    "notebook",
    "page",
    "unknown",
]

HEAD = 64 * 1024
"""Bytes from the beginning of a file that tell its kind best."""

# What the first bytes cannot be mistaken for. Order counts.
_SIGNED: tuple[tuple[bytes, int, Kind], ...] = (
    (b"PAR1", 0, "table"),
    (b"ARROW1", 0, "table"),
    (b"GGUF", 0, "gguf"),
    (b"\x93NUMPY", 0, "array"),
    (b"\x1f\x8b", 0, "archive"),
    (b"BZh", 0, "archive"),
    (b"\xfd7zXZ\x00", 0, "archive"),
    (b"ustar", 257, "archive"),
)
_ZIPPED: dict[str, Kind] = {
    "npz": "array",
    **dict.fromkeys(("pt", "pth", "ckpt", "torch", "bin", "pt2"), "torch"),
}
_NAMED_BINARY: dict[str, Kind] = {
    "safetensors": "safetensors",
    "onnx": "onnx",
    **dict.fromkeys(("pkl", "pickle", "joblib", "p", "cloudpickle"), "pickle"),
    **dict.fromkeys(("arrow", "arrows", "feather", "ipc"), "table"),
    "parquet": "table",
    "npy": "array",
}
_NAMED_TEXT: dict[str, Kind] = {
    **dict.fromkeys(("csv", "tsv", "tab", "jsonl", "ndjson"), "table"),
    **dict.fromkeys(("html", "htm"), "page"),
    "json": "tree",
    "geojson": "geo",
}
_SNIFFED: dict[str, Kind] = {
    "image": "image",
    "svg": "image",
    "audio": "audio",
    "video": "video",
    "pdf": "pdf",
    "csv": "table",
    "markdown": "markdown",
    "notebook": "notebook",
}


def pick(name: str, head: bytes) -> Kind:
    """The viewer for the file `name` that begins with `head` (HEAD bytes are best); never raises.

    Bytes beat names where they are plain: a `.csv` that holds Parquet is Parquet.
    """
    suffix = name.rsplit("/", 1)[-1].rpartition(".")[2].lower()
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _ZIPPED.get(suffix, "archive")
    for signature, offset, kind in _SIGNED:
        if head[offset : offset + len(signature)] == signature:
            return kind
    # Protocol 2 and later of pickle: whatever the file is called, nobody should load it unseen. Protocol 0 has no mark.
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05" and suffix not in ("onnx", "safetensors"):
        return "pickle"
    # Two letters are little: the reserved bytes of a bitmap are zero.
    if head[:2] == b"BM" and head[6:10] == bytes(4):
        return "image"
    found = sniff.kind(head, name)
    if found.name == "text" and suffix in _NAMED_TEXT:
        return _NAMED_TEXT[suffix]
    # Headers of safetensors and old pickles may look like text: the name decides.
    if found.name in ("text", "binary", "audio") and suffix in _NAMED_BINARY:
        return _NAMED_BINARY[suffix]
    return _SNIFFED.get(found.name) or ("text" if found.is_text else "unknown")
