"""Checksums: known values, and the tables beside a bitwise computation."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.s3.checksums import ALGORITHMS, CRC32C, CRC64NVME, _by_table

CHECK = b"123456789"


def bitwise(data: bytes, polynomial: int, bits: int) -> int:
    every = (1 << bits) - 1
    crc = every
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ polynomial if crc & 1 else crc >> 1
    return crc ^ every


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("crc32", "cbf43926"),
        ("crc32c", "e3069283"),
        ("crc64nvme", "ae8b14860a799888"),
        ("sha1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
        ("sha256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
    ],
)
def test_catalogue_values(name, value):
    checksum = ALGORITHMS[name]()
    checksum.update(CHECK[:4])
    checksum.update(CHECK[4:])
    assert base64.b64decode(checksum.text()).hex() == value


@given(st.binary(max_size=100), st.integers(0, 100))
def test_tables_compute_as_bits_do_whatever_the_pieces(data, cut):
    for polynomial, bits in ((CRC32C, 32), (CRC64NVME, 64)):
        step = _by_table(polynomial, bits)
        assert step(data[cut:], step(data[:cut], 0)) == bitwise(data, polynomial, bits)
