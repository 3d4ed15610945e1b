"""Signatures, with botocore's signers as the oracle: what it signs is right, and nothing else is."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlencode, urlsplit

import pytest
from botocore.auth import HmacV1QueryAuth, S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.s3 import sigv2, sigv4
from storage.s3.errors import S3Error
from storage.s3.signable import Signable, signable

KEY, SECRET, PREFIX = "cairnkey_12", "f" * 40, "/alice/stones.s3"
paths = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)
names = st.text("abcXYZ09-_.~ +%/&=éñ漢", min_size=1, max_size=8)
values = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
header_values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
queries = st.lists(st.tuples(names, values), max_size=5, unique_by=lambda pair: pair[0])
headers = st.dictionaries(
    st.sampled_from(["x-amz-meta-a", "x-amz-meta-b-c", "x-amz-acl", "content-type"]), header_values
)


def signed(
    method: str, path: str, query: Any = (), given: Any = None, signer: Any = None, region: str = "eu-north-9"
) -> AWSRequest:
    """A request as botocore signs it."""
    url = f"http://hub.example:8000{PREFIX}/dvc/{quote(path, safe='/-_.~')}"
    if query:
        url += "?" + urlencode(query, quote_via=quote, safe="-_.~")
    request = AWSRequest(method, url, headers=dict(given or {}), data=b"")
    signer = signer or S3SigV4Auth(Credentials(KEY, SECRET), "s3", region)
    signer.add_auth(request)
    return request


def received(request: AWSRequest) -> Signable:
    """The same request as a server has it."""
    parts = urlsplit(request.url)
    environ = {"REQUEST_METHOD": request.method, "QUERY_STRING": parts.query, "HTTP_HOST": "hub.example:8000"}
    for name, value in request.headers.items():
        word = name.upper().replace("-", "_")
        text = value.decode() if isinstance(value, bytes) else str(value)
        environ[word if word == "CONTENT_TYPE" else f"HTTP_{word}"] = text.encode().decode("latin-1").strip()
    return signable(environ, unquote_to_bytes(parts.path).decode(), PREFIX)


def changed(asked: Signable, **other: Any) -> Signable:
    fields = {name: getattr(asked, name) for name in ("method", "path", "resource", "query", "headers")}
    return Signable(**{**fields, **other})


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["GET", "PUT", "HEAD", "DELETE", "POST"]), paths, queries, headers)
def test_what_botocore_signs_in_a_header_is_right(method, path, query, given):
    asked = received(signed(method, path, query, given))
    claim = sigv4.claim_in_header(asked, time.time())
    assert (claim.access_key, claim.is_link) == (KEY, False)
    assert claim.is_proved_by(SECRET)
    assert not claim.is_proved_by("0" * 40)


@settings(max_examples=80, deadline=None)
@given(paths, queries)
def test_what_botocore_signs_in_a_link_is_right(path, query):
    signer = S3SigV4QueryAuth(Credentials(KEY, SECRET), "s3", "us-west-1", expires=60)
    claim = sigv4.claim_in_query(received(signed("GET", path, query, signer=signer)), time.time())
    assert claim.is_proved_by(SECRET) and claim.is_link
    assert not claim.is_proved_by(SECRET[:-1])


@settings(max_examples=80, deadline=None)
@given(
    paths,
    st.dictionaries(st.sampled_from(["versionId", "response-content-type", "partNumber", "uploads", "other"]), values),
)
def test_what_botocore_signs_the_old_way_is_right(path, query):
    """SigV2 signs /bucket/key, whatever path the endpoint has before it."""
    request = AWSRequest("GET", f"http://hub.example:8000{PREFIX}/dvc/{quote(path, safe='/-_.~')}",
                         auth_path=f"/dvc/{quote(path, safe='/-_.~')}")  # fmt: skip
    if query:
        request.url += "?" + urlencode(query, quote_via=quote, safe="-_.~")
    HmacV1QueryAuth(Credentials(KEY, SECRET), expires=60).add_auth(request)
    claim = sigv2.claim_in_link(received(request), time.time())
    assert claim.is_proved_by(SECRET)
    assert not claim.is_proved_by(SECRET[:-1])


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_change_makes_a_signature_wrong(data):
    """The attack: a request is changed on its way, and still passes."""
    asked = received(signed("GET", "a/b c.txt", [("prefix", "x"), ("max-keys", "3")], {"x-amz-meta-a": "1"}))
    part = data.draw(st.sampled_from(["method", "path", "query", "header", "signature", "host"]))
    if part == "method":
        other = changed(asked, method="DELETE")
    elif part == "path":
        at = data.draw(st.integers(0, len(asked.path) - 1))
        letter = data.draw(st.binary(min_size=1, max_size=2).filter(lambda b: b != asked.path[at : at + 1]))
        other = changed(asked, path=asked.path[:at] + letter + asked.path[at + 1 :])
    elif part == "query":
        other = changed(asked, query=(*asked.query, (data.draw(st.binary(min_size=1, max_size=3)), b"1")))
    elif part == "header":
        other = changed(
            asked,
            headers={**asked.headers, "x-amz-meta-a": data.draw(header_values.filter(lambda v: v.strip() != "1"))},
        )
    elif part == "host":
        other = changed(asked, headers={**asked.headers, "host": "elsewhere.example"})
    else:
        line = asked.headers["authorization"]
        at = data.draw(st.integers(len(line) - 64, len(line) - 1))
        digit = data.draw(st.sampled_from("0123456789abcdef").filter(lambda d: d != line[at]))
        other = changed(asked, headers={**asked.headers, "authorization": line[:at] + digit + line[at + 1 :]})
    assert not sigv4.claim_in_header(other, time.time()).is_proved_by(SECRET)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=200),
        st.builds(
            lambda a, b, c: f"AWS4-HMAC-SHA256 Credential={a}, SignedHeaders={b}, Signature={c}", values, values, values
        ),
    ),
    st.text(max_size=20),
)
def test_headers_that_are_no_signature_are_refused_plainly(line, stamp):
    """The attack: a header that makes the reader fail rather than refuse."""
    line, stamp = (word.encode("utf-8", "replace").decode("latin-1") for word in (line, stamp))
    fields = {"authorization": line, "x-amz-date": stamp, "host": "h", "x-amz-content-sha256": "x"}
    with pytest.raises(S3Error):
        sigv4.claim_in_header(Signable("GET", b"/", b"/", (), fields), time.time())


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted({*sigv4._IN_QUERY, *sigv2._IN_QUERY})), st.binary(max_size=30)))
def test_links_that_are_none_are_refused_plainly(query):
    asked = Signable("GET", b"/", b"/", tuple((name.encode(), value) for name, value in query.items()), {"host": "h"})
    for read in (sigv4.claim_in_query, sigv2.claim_in_link):
        try:
            assert not read(asked, time.time()).is_proved_by(SECRET)
        except S3Error as error:
            assert error.status < 500


def test_clocks_may_differ_by_fifteen_minutes():
    asked, now = received(signed("GET", "a")), time.time()
    for seconds in (-890, 890):
        assert sigv4.claim_in_header(asked, now + seconds).is_proved_by(SECRET)
    for seconds in (-910, 910):
        with pytest.raises(S3Error) as refusal:
            sigv4.claim_in_header(asked, now + seconds)
        assert refusal.value.code == "RequestTimeTooSkewed"


@pytest.mark.parametrize("version", [4, 2])
def test_links_end(version):
    if version == 4:
        signer: Any = S3SigV4QueryAuth(Credentials(KEY, SECRET), "s3", "x", expires=60)
        read: Any = sigv4.claim_in_query
    else:
        signer, read = HmacV1QueryAuth(Credentials(KEY, SECRET), expires=60), sigv2.claim_in_link
    asked, now = received(signed("GET", "a", signer=signer)), time.time()
    read(asked, now + 58)
    for late in (62, 1e6):
        with pytest.raises(S3Error, match="expired"):
            read(asked, now + late)


def test_links_live_seven_days_at_most():
    now = time.time()
    for signer, read in (
        (S3SigV4QueryAuth(Credentials(KEY, SECRET), "s3", "x", expires=604801), sigv4.claim_in_query),
        (HmacV1QueryAuth(Credentials(KEY, SECRET), expires=604900), sigv2.claim_in_link),
    ):
        with pytest.raises(S3Error):
            read(received(signed("GET", "a", signer=signer)), now)


def test_headers_that_are_not_signed_may_not_steer():
    """The attack: somebody who has a link to put an object adds x-amz-copy-source, and copies what they like."""
    link = received(signed("PUT", "a", signer=S3SigV4QueryAuth(Credentials(KEY, SECRET), "s3", "x", expires=60)))
    for name in ("x-amz-copy-source", "x-amz-acl", "x-amz-meta-a"):
        with pytest.raises(S3Error, match=name):
            sigv4.claim_in_query(changed(link, headers={**link.headers, name: "other/secret"}), time.time())
    plain = received(signed("PUT", "a"))
    with pytest.raises(S3Error, match="not signed"):
        sigv4.claim_in_header(changed(plain, headers={**plain.headers, "x-amz-copy-source": "b/c"}), time.time())


def test_the_old_way_signs_headers_too():
    request = AWSRequest("PUT", f"http://hub.example:8000{PREFIX}/dvc/a", auth_path="/dvc/a")
    HmacV1QueryAuth(Credentials(KEY, SECRET), expires=60).add_auth(request)
    asked = received(request)
    other = changed(asked, headers={**asked.headers, "x-amz-copy-source": "b/c"})
    assert sigv2.claim_in_link(asked, time.time()).is_proved_by(SECRET)
    assert not sigv2.claim_in_link(other, time.time()).is_proved_by(SECRET)


def test_host_must_be_signed():
    asked = received(signed("GET", "a"))
    line = asked.headers["authorization"].replace("SignedHeaders=host;", "SignedHeaders=")
    with pytest.raises(S3Error, match="host"):
        sigv4.claim_in_header(changed(asked, headers={**asked.headers, "authorization": line}), time.time())


def test_metadata_may_have_underscores_and_letters_of_utf8():
    asked = received(signed("PUT", "a", given={"x-amz-meta-run_id": "7", "x-amz-meta-name": "käse"}))
    claim = sigv4.claim_in_header(asked, time.time())
    assert claim.is_proved_by(SECRET)
    assert "x-amz-meta-run_id" in claim.names


def test_a_date_header_stands_in():
    now = dt.datetime.now(dt.UTC)
    asked = received(signed("GET", "a"))
    fields = {name: value for name, value in asked.headers.items() if name != "x-amz-date"}
    line = asked.headers["authorization"].replace(";x-amz-date", ";date")
    fields |= {"date": now.strftime("%a, %d %b %Y %H:%M:%S GMT"), "authorization": line}
    claim = sigv4.claim_in_header(changed(asked, headers=fields), now.timestamp())
    assert claim.stamp == now.strftime("%Y%m%dT%H%M%SZ")
