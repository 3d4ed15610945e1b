"""Pages are packed for who can unpack them; files of other people never are."""

from __future__ import annotations

import gzip

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.test import Client

from hub.lib.http import untrusted
from hub.middleware import PackedPages

LONG = b"<p>stone</p>" * 1000


def test_a_page_is_packed_for_a_browser_that_asks(client: Client, db: None) -> None:
    plain = client.get("/-/login")
    packed = client.get("/-/login", headers={"accept-encoding": "gzip, deflate, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert packed.headers["Content-Security-Policy"] == plain.headers["Content-Security-Policy"]
    assert len(packed.content) < len(plain.content) / 2
    assert b"<title>" in gzip.decompress(packed.content)
    assert "Content-Encoding" not in plain.headers


@pytest.mark.parametrize(
    "answer",
    [
        HttpResponse(LONG, content_type="text/plain"),
        StreamingHttpResponse([LONG], content_type="text/html"),
        HttpResponse(LONG, content_type="text/html", headers={"Content-Security-Policy": "sandbox"}),
    ],
)
def test_what_is_no_page_of_ours_stays_as_it_is(answer: HttpResponseBase) -> None:
    request = HttpRequest()
    request.META["HTTP_ACCEPT_ENCODING"] = "gzip"
    assert PackedPages(lambda _: answer)(request) is answer
    assert "Content-Encoding" not in answer.headers


def test_a_file_of_other_people_keeps_its_length() -> None:
    request = HttpRequest()
    request.method = "GET"
    request.META["HTTP_ACCEPT_ENCODING"] = "gzip"
    file = untrusted(
        request, filename="a.html", size=len(LONG), open_range=lambda at, length: iter([LONG[at : at + length]]),
        content_type="text/html",
    )  # fmt: skip
    assert PackedPages(lambda _: file)(request) is file
    assert file.headers["Content-Length"] == str(len(LONG))
    assert "Content-Encoding" not in file.headers
