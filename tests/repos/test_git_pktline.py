"""Packets and bands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repos.git.pktline import DATA, FLUSH, LARGEST, PacketReader, ProtocolError, packet, sideband


def test_packet_counts_itself() -> None:
    assert packet(b"hello\n") == b"000ahello\n"
    assert packet(b"") == b"0004"
    with pytest.raises(ValueError):
        packet(b"x" * (LARGEST - 3))


@given(st.lists(st.one_of(st.none(), st.binary(max_size=300)), max_size=20), st.integers(1, 50), st.binary(max_size=50))
def test_reader_finds_the_packets_however_they_are_cut(packets: list[bytes | None], step: int, rest: bytes) -> None:
    stream = b"".join(FLUSH if data is None else packet(data) for data in packets) + rest
    reader = PacketReader(stream[at : at + step] for at in range(0, len(stream), step))
    assert [reader.read() for _ in packets] == packets
    assert b"".join(reader.rest()) == rest


@pytest.mark.parametrize(
    "stream", [b"", b"00", b"0001", b"0003", b"-001", b"+004", b" 004", b"00g0", b"fff1", b"0009abcd"]
)
def test_reader_refuses_what_is_no_packet(stream: bytes) -> None:
    with pytest.raises(ProtocolError):
        PacketReader([stream]).read()


def test_sideband_cuts_to_what_the_client_takes() -> None:
    whole = sideband(DATA, b"x" * 2500, largest=1000)
    reader = PacketReader([whole])
    pieces = [reader.read() for _ in range(3)]
    assert [len(piece or b"") for piece in pieces] == [996, 996, 511]
    assert b"".join((piece or b"")[1:] for piece in pieces) == b"x" * 2500
    assert reader.at_end()
    assert sideband(DATA, b"") == b""
