"""NumPy files as NumPy itself writes them."""

from __future__ import annotations

import base64
import io
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image

from storage.viewers.arrays import ArrayView, draw_array
from storage.viewers.asks import Ask
from storage.viewers.source import Unreadable
from tests.storage.viewers import samples
from tests.storage.viewers.samples import npy, npz, of


def told(view: ArrayView) -> dict[str, str]:
    return {one.name: one.value for one in (*view.facts, *view.statistics)}


@pytest.mark.parametrize("kind", ["<f4", ">f8", "<f2", "i1", "<i8", ">u2", "u8", "?", "<c8", "<M8[s]"])
def test_statistics_are_those_of_numpy(kind: str) -> None:
    array = (np.arange(600).reshape(20, 30) % 97).astype(kind)
    view = draw_array(of("a.npy", npy(array)), Ask())
    numbers = array.astype("f8") if array.dtype.kind != "c" else np.abs(array).astype("f8")
    if array.dtype.kind == "M":
        numbers = array.astype("i8").astype("f8")
    found = told(view)
    assert found["Shape"] == "20 × 30" and found["Values"] == "600" and found["Taken from"] == "all values"
    assert float(found["Minimum"]) == numbers.min() and float(found["Maximum"]) == numbers.max()
    assert float(found["Mean"]) == pytest.approx(numbers.mean(), rel=1e-5)
    assert float(found["Standard deviation"]) == pytest.approx(numbers.std(), rel=1e-5)
    assert len(view.values) == 64 and view.more_values


def test_nan_and_extremes_are_told_apart() -> None:
    array = np.array([np.nan, np.inf, -np.inf, 1.7e308, -1.7e308, 0.0])
    found = told(draw_array(of("a.npy", npy(array)), Ask()))
    assert found["NaN or infinite"] == "3" and found["Zeros"] == "1" and found["Maximum"] == "1.7e+308"
    assert float(found["Standard deviation"]) == pytest.approx(1.388e308, rel=1e-3)


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_picture_shows_rows_from_the_top(order: str) -> None:
    array = np.zeros((8, 12))
    array[0, :] = 1.0
    view = draw_array(of("a.npy", npy(np.asarray(array, order=order))), Ask())
    image = Image.open(io.BytesIO(base64.b64decode(view.picture.partition(",")[2])))
    assert image.size == (12, 8) and view.picture_words == "8 × 12"
    assert image.getpixel((11, 0)) == (253, 231, 37) and image.getpixel((0, 7)) == (68, 1, 84)


def test_a_large_array_is_sampled(tmp_path: Any) -> None:
    file = tmp_path / "a.npy"
    array = np.lib.format.open_memmap(file, "w+", "f4", (3000, 3000))
    array[:] = 2.0
    array.flush()
    found = told(draw_array(samples.FileSource(file), Ask()))
    assert found["Taken from"] == "262,144 of 9,000,000 values" and found["Mean"] == "2"


def test_objects_are_not_loaded() -> None:
    view = draw_array(of("a.npy", npy(np.array([samples.Evil()], dtype=object))), Ask())
    assert "not loaded" in view.note and view.values == ()


def test_records_and_text_have_facts_only() -> None:
    for array in (
        np.zeros(3, dtype=[("a", "f4"), ("b", "i2")]),
        np.array(["ab", "c"]),
        np.zeros((0, 4)),
        np.array(b"x"),
    ):
        view = draw_array(of("a.npy", npy(array)), Ask())
        assert view.values == () and told(view)["Values"] == str(array.size)


@pytest.mark.parametrize("packed", [False, True])
def test_npz_lists_its_arrays_and_shows_one(packed: bool) -> None:
    content = npz(packed=packed, first=np.arange(6), second=np.ones((300, 200)))
    view = draw_array(of("a.npz", content), Ask(start=1))
    assert [(one.name, one.type, one.shape, one.current) for one in view.members] == [
        ("first", "<i8", "6", False),
        ("second", "<f8", "300 × 200", True),
    ]
    assert told(view)["Shape"] == "300 × 200" and told(view)["Mean"] == "1" and view.note == ""


def test_a_bomb_in_an_npz_is_not_inflated() -> None:
    content = npz(packed=True, x=np.zeros(20_000_000))
    view = draw_array(of("a.npz", content), Ask())
    assert "beginning" in view.note and told(view)["Values"] == "20,000,000"


def header(text: str, version: int = 1) -> bytes:
    size = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + size + text.encode("latin-1")


@pytest.mark.parametrize(
    "text",
    [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (True,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': [3]}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (9000000000000000000, 9000000000000000000)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,) * 3}",
        "__import__('os').system('true')",
        "(" * 9000,
        "-" * 9000 + "1",
        "{}",
        "3",
        "",
    ],
)
def test_headers_that_lie_are_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        draw_array(of("a.npy", header(text)), Ask())


def test_a_header_that_claims_to_be_long() -> None:
    with pytest.raises(Unreadable, match="larger"):
        draw_array(of("a.npy", b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**31)), Ask())


def test_a_shape_larger_than_the_file_is_noted() -> None:
    text = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 1000)}"
    view = draw_array(of("a.npy", header(text) + bytes(400)), Ask())
    assert "ends before" in view.note and told(view)["Taken from"] == "all values"
