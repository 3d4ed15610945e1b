"""Bodies are streamed and checked; other people's files run nothing."""

from __future__ import annotations

import io

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from hub.lib.errors import Invalid, TooLarge
from hub.lib.http import attachment, byte_range, read_body, untrusted


def request_with(body: bytes, *, length: int | None):
    request = RequestFactory().post("/", data=b"", content_type="application/octet-stream")
    request.environ["wsgi.input"] = io.BytesIO(body)
    request.META["CONTENT_LENGTH"] = "" if length is None else str(length)
    return request


def test_sized_and_chunked_bodies_arrive_whole():
    assert read_body(request_with(b"abc", length=3), limit=10) == b"abc"
    assert read_body(request_with(b"abc", length=None), limit=10) == b"abc"


def test_cut_body_is_refused():
    """The attack: a client announces 5 bytes, sends 3 and closes; the rest must not count as an upload."""
    with pytest.raises(Invalid):
        read_body(request_with(b"abc", length=5), limit=10)


@pytest.mark.parametrize("length", [11, None])
def test_too_large_body_is_refused(length):
    with pytest.raises(TooLarge):
        read_body(request_with(b"x" * 11, length=length), limit=10)


@pytest.mark.parametrize(
    ("header", "span"),
    [(None, None), ("bytes=0-3", (0, 3)), ("bytes=4-", (4, 9)), ("bytes=-2", (8, 9)), ("bytes=2-99", (2, 9)),
     ("bytes=-", None), ("lines=1-2", None), ("bytes=0-1,3-4", None)],
)  # fmt: skip
def test_ranges(header, span):
    assert byte_range(header, 10) == span


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=5-2", "bytes=-0"])
def test_ranges_outside_are_refused(header):
    with pytest.raises(Invalid):
        byte_range(header, 10)


@given(st.text(min_size=1))
def test_any_file_name_makes_a_valid_header(name):
    value = attachment(name)
    assert value.isascii()
    assert value.isprintable()
    assert value.count('"') == 2


def serve(name: str, data: bytes, **headers: str):
    request = RequestFactory().get("/", headers=headers)
    return untrusted(
        request, filename=name, size=len(data), open_range=lambda offset, length: iter([data[offset : offset + length]])
    )


@pytest.mark.parametrize("name", ["x.html", "x.svg", "x.xhtml", "x.xml", "x.js", "x.pdf.html", "x"])
def test_active_files_never_run_in_our_origin(name):
    """The attack: a file pushed to a repository runs script with the reader's session when they open it raw."""
    response = serve(name, b"<script>alert(1)</script>")
    assert "sandbox" in response["Content-Security-Policy"]
    assert "script-src" not in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    if response["Content-Disposition"].startswith("inline"):
        assert response["Content-Type"].startswith("text/plain")


def test_part_of_a_file():
    response = serve("x.png", b"0123456789", range="bytes=2-4")
    assert response.status_code == 206
    assert b"".join(response.streaming_content) == b"234"
    assert response["Content-Range"] == "bytes 2-4/10"
    assert serve("x.png", b"0123", range="bytes=9-").status_code == 416
    assert serve("x.png", b"").status_code == 200
