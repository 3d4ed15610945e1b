"""The head of a push, and the report on it."""

from __future__ import annotations

import pytest

from repos.git.pktline import DATA, FLUSH, PROGRESS, ProtocolError, packet, sideband
from repos.git.receive import Command, Refusal, Report, moved, read_push, refuse
from repos.git.refs import ZERO, RefUpdate

A, B = "a" * 40, "b" * 40
BANDS = b"report-status side-band-64k"


def head(*lines: bytes, capabilities: bytes = BANDS) -> bytes:
    first, *others = lines
    return b"".join([packet(first + b"\0" + capabilities), *map(packet, others), FLUSH])


def line(old: str, new: str, ref: str) -> bytes:
    return f"{old} {new} {ref}".encode()


def test_head_is_read_and_every_byte_kept() -> None:
    stream = head(line(ZERO, A, "refs/heads/x"), line(A, B, "refs/heads/y"), line(B, ZERO, "refs/tags/z"))
    push, rest = read_push([stream[:70], stream[70:] + b"PACK and", b" more"])
    assert push.raw == stream
    assert b"".join(rest) == b"PACK and more"
    assert push.commands == (
        Command(b"refs/heads/x", ZERO, A),
        Command(b"refs/heads/y", A, B),
        Command(b"refs/tags/z", B, ZERO),
    )
    assert push.capabilities == {b"report-status", b"side-band-64k"}
    assert push.brings_objects
    assert not push.is_atomic


def test_shallow_lines_are_passed_over_and_kept() -> None:
    stream = packet(b"shallow " + A.encode()) + head(line(ZERO, B, "refs/heads/x"))
    push, _ = read_push([stream])
    assert push.raw == stream
    assert [command.ref for command in push.commands] == [b"refs/heads/x"]
    assert push.largest_packet == 65520


def test_deletions_bring_no_objects() -> None:
    push, _ = read_push([head(line(A, ZERO, "refs/heads/x"), capabilities=b"report-status atomic side-band")])
    assert not push.brings_objects
    assert push.is_atomic
    assert push.largest_packet == 1000


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        head(line(ZERO, A, "refs/heads/x"))[:-4],
        head(b"push-cert"),
        head(line(ZERO, "A" * 40, "refs/heads/x")),
        head(line(ZERO, A, "")),
        packet(b"x"),
    ],
)
def test_what_is_no_push_is_refused(stream: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_push([stream])


def test_head_without_end_is_refused_before_it_fills_memory() -> None:
    """The attack: a list of commands that never ends."""
    block = packet(line(ZERO, A, "refs/heads/" + "x" * 60_000))

    def endless():
        while True:
            yield block

    with pytest.raises(ProtocolError, match="too many refs"):
        read_push(endless())


def test_refusal_names_every_ref() -> None:
    push, _ = read_push([head(line(ZERO, A, "refs/heads/x"), line(ZERO, A, "refs/heads/y"))])
    answer = refuse(push, {b"refs/heads/x": Refusal("no room", "There is no room.")})
    report = packet(b"unpack ok\n") + packet(b"ng refs/heads/x no room\n")
    report += packet(b"ng refs/heads/y atomic push failure\n") + FLUSH
    assert answer == sideband(PROGRESS, b"\nThere is no room.\n\n") + sideband(DATA, report) + FLUSH


def test_refusal_without_bands_is_the_bare_report() -> None:
    push, _ = read_push([head(line(ZERO, A, "refs/heads/x"), capabilities=b"report-status")])
    answer = refuse(push, {b"refs/heads/x": Refusal("no room", "There is no room.")})
    assert answer == packet(b"unpack ok\n") + packet(b"ng refs/heads/x no room\n") + FLUSH


def answer_of(*lines: bytes) -> bytes:
    report = b"".join(map(packet, lines)) + FLUSH
    return sideband(PROGRESS, b"working\r") + sideband(DATA, report) + FLUSH


def test_report_puts_reasons_in_place_of_the_hooks() -> None:
    push, _ = read_push([head(line(A, B, "refs/heads/x"), line(ZERO, A, "refs/heads/y"))])
    report = Report(push, {b"refs/heads/x": Refusal("protected", "x is protected.")})
    blocks = [
        sideband(PROGRESS, b"error: hook declined to update refs/heads/x\n"),
        answer_of(b"unpack ok\n", b"ng refs/heads/x hook declined\n", b"ok refs/heads/y\n"),
    ]
    stream = b"".join(blocks)
    relayed = b"".join(report.relay(stream[at : at + 7] for at in range(0, len(stream), 7)))
    expected = packet(b"unpack ok\n") + packet(b"ng refs/heads/x protected\n") + packet(b"ok refs/heads/y\n") + FLUSH
    said = sideband(PROGRESS, b"working\r") + sideband(PROGRESS, b"\nx is protected.\n\n")
    assert relayed == said + sideband(DATA, expected) + FLUSH
    assert report.is_complete
    assert moved(push, report, {}) == [RefUpdate("refs/heads/y", ZERO, A)]


def test_report_of_a_pack_that_was_too_large_speaks_of_the_quota() -> None:
    push, _ = read_push([head(line(A, B, "refs/heads/x"))])
    report = Report(push, {}, Refusal("quota exceeded", "No room."))
    complaint = sideband(PROGRESS, b"fatal: pack exceeds maximum allowed size (1.00 KiB)\n")
    failed = answer_of(b"unpack index-pack abnormal exit\n", b"ng refs/heads/x unpacker error\n")
    relayed = b"".join(report.relay([complaint + failed]))
    assert packet(b"ng refs/heads/x quota exceeded\n") in relayed
    assert b"\nNo room.\n" in relayed
    other = Report(push, {}, Refusal("quota exceeded", "No room."))
    assert packet(b"ng refs/heads/x unpacker error\n") in b"".join(other.relay([failed]))


def test_report_without_bands_is_reworded_too() -> None:
    push, _ = read_push([head(line(A, B, "refs/heads/x"), capabilities=b"report-status")])
    report = Report(push, {b"refs/heads/x": Refusal("protected", "x is protected.")})
    stream = packet(b"unpack ok\n") + packet(b"ng refs/heads/x hook declined\n") + FLUSH
    assert b"".join(report.relay([stream])) == packet(b"unpack ok\n") + packet(b"ng refs/heads/x protected\n") + FLUSH


def test_lost_report_is_replaced_by_a_look_at_the_refs() -> None:
    push, _ = read_push([head(line(A, B, "refs/heads/x"), line(A, B, "refs/heads/y"), line(A, ZERO, "refs/heads/z"))])
    report = Report(push, {})
    assert b"".join(report.relay([answer_of(b"unpack ok\n")[:-10]])) == sideband(PROGRESS, b"working\r")
    assert not report.is_complete
    after = {"refs/heads/x": B, "refs/heads/y": A}
    assert moved(push, report, after) == [RefUpdate("refs/heads/x", A, B), RefUpdate("refs/heads/z", A, ZERO)]


def test_client_without_report_gets_gits_bytes_as_they_are() -> None:
    push, _ = read_push([head(line(A, B, "refs/heads/x"), capabilities=b"ofs-delta")])
    assert b"".join(Report(push, {}).relay([b"any", b"thing"])) == b"anything"
