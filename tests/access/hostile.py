"""Input that no honest client sends: words of addresses, values of fields, bodies, headers, JSON."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, quote_from_bytes

DIGITS = "9" * 5000  # More than Python makes a number of.

# Already quoted for an address.
WORDS = (
    "%00", "main%00", "a%00/b", "%FF%FE", "caf%C3", "%C2%B2", "%ED%A0%80", "..", "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "a%2Fb", "a//b", "-", "--help", "--output=config", "-1", "0", "1e3", DIGITS, "9223372036854775808",
    "%0A", "a%0D%0ASet-Cookie:x=1", "%25", "%", "%zz", "*", "%3Cscript%3E", "%F0%9F%92%A9", "None", "x" * 9000,
    ".git", ".git%2Fconfig", "HEAD", "@%7Bu%7D", "main%5E%7B/x%7D", "a/" * 2000, "%E2%80%AE",
)  # fmt: skip
# Of these the converters of owners and repositories must refuse each.
NAMES = ("%00", "%FF", "..", "-", DIGITS, "%0A", "a%2Fb", "x" * 9000, "a.git", "%C2%B2")

# Values of parameters and fields, as bytes before they are quoted.
VALUES = (
    "²".encode(), DIGITS.encode(), b"a\0b", b"\xff\xfe", b"x" * 13_000, b"", b" ", b"\0", b"\xed\xa0\x80", "１２".encode(),
    b"0" * 60 + b"1", b"-1", b"1e309", b"NaN", b"9223372036854775808", b"18446744073709551616", b"../../etc/passwd",
    b"--output=config", b"a\r\nX: y", b"<script>alert(1)</script>", b"'\"`;--", b"%00", b"[]", b"{}",
    b"\x7f\x1b[31m", "\u202e\ufeff\u2028".encode(), b"https://evil.example/", b"//evil.example", b"[!-]*[", b"(" * 500,
)  # fmt: skip

QUERIES = (
    "", "&", "=", "?", "%", "%zz=%", "a" * 13_000, "&".join(f"p{n}=1" for n in range(900)), "page=1&page=-1&page=x",
    "q=%FF%FE&page=%00", "\xff=\xfe", ";" * 500, "[]=1&a[b]=2",
)  # fmt: skip

MULTIPART = "multipart/form-data; boundary=b"
FORM = "application/x-www-form-urlencoded"
BODIES: tuple[tuple[str, bytes], ...] = (
    (FORM, b""),
    (FORM, b"\xff\xfe\x00=%00&%FF=%FF"),
    (FORM, b"&".join(b"f%d=1" % n for n in range(5100))),
    (f"{FORM}; charset=no-such", b"name=a"),
    (f"{FORM}; charset=utf-16", b"name=a"),
    ("application/json", b'{"name": "a"}'),
    ("text/plain", b"name=a"),
    ("", b"name=a"),
    ("\xff/\xfe", b"name=a"),
    ("multipart/form-data", b"name=a"),
    ("multipart/form-data; boundary=\xe9", b"--\xe9--"),
    (f"multipart/form-data; boundary={'x' * 400}", b"--x--"),
    (MULTIPART, b""),
    (MULTIPART, b"--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nno end"),
    (MULTIPART, b"--b\r\nContent-Disposition: form-data; filename=\"../../x\"\r\n\r\nx\r\n--b--\r\n"),
    (MULTIPART, b'--b\r\nContent-Disposition: form-data; name="uploads"; filename="../a\0/.git"\r\n\r\nx\r\n--b--\r\n'),
    (MULTIPART, b'--b\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--b--'),
    (MULTIPART, b"--b\r\n" * 300),
)  # fmt: skip

# A field beside the hostile one is right, so that the hostile one is reached.
RIGHT = {
    "name": b"thing", "owner": b"alice", "start": b"main", "path": b"folder/file.txt", "content": b"text",
    "visibility": b"private", "user": b"bob", "username": b"bob", "level": b"10", "role": b"member", "slug": b"group",
    "pattern": b"x/*", "push_level": b"20", "email": b"a@example.org", "password": b"a long enough one",
    "password1": b"a long enough one", "password2": b"a long enough one", "scope": b"read", "days": b"30",
    "message": b"words", "confirmation": b"alice/stones", "key": b"key", "value": b"value", "theme": b"dark",
    "default_branch": b"main", "login": b"alice", "team": b"Curves", "full_name": b"A", "text": b"words",
}  # fmt: skip

# The same for pages that do little until they are asked for something.
ASKED = {"q": b"e", "key": b"loss", "base": b"main", "head": b"topic"}

VERBS = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "BREW")

HEADERS: tuple[dict[str, str], ...] = (
    {"Host": "a b"},
    {"Host": "evil.example/\\@x"},
    {"Host": ""},
    {"Host": "x" * 3000},
    {"Accept": "application/json", "Host": "<script>"},
    {"Range": f"bytes=0-{DIGITS}"},
    {"Range": "bytes=-0"},
    {"Range": f"bytes={DIGITS}-"},
    {"Range": "bytes=5-1, 7-9"},
    {"If-None-Match": "\xff", "If-Modified-Since": "yesterday"},
    {"Cookie": "sessionid=\xff\0; csrftoken=; theme=<script>; messages=x; diff=\xff"},
    {"Cookie": "sessionid=" + "a" * 5000},
    {"HX-Request": "true", "HX-Target": "\xff", "HX-Current-URL": "javascript:x"},
    {"X-Forwarded-For": "\xff, 1.2.3.4.5", "X-Forwarded-Proto": "x", "X-Forwarded-Host": "a b"},
    {"Accept-Language": "\xff" * 50, "Accept": "\xff", "Accept-Encoding": "x;q=nan"},
    {"Referer": "\xff", "Origin": "null", "User-Agent": ""},
)  # fmt: skip

CREDENTIALS = (
    "", " ", "Bearer", "Bearer ", "Bearer \xe9", "Bearer cairn_", "Bearer cairn_1_", "Bearer cairn_1_\xe9\xff",
    "Bearer cairn_\xb2_x", f"Bearer cairn_{DIGITS}_x", "Bearer cairn_999999999999999999_" + "0" * 40, "Basic", "Basic !",
    "Basic =", "Basic /w==", "Basic AAA6AAA=", "Basic OmE=", "Basic YWxpY2U6w6k=", "Basic YQBiOmMAZA==", "Negotiate \xff",
    "Digest username=alice", "\xff\xfe", "Basic " + "QQ==" * 2000, "Basic " + "Ojo6" * 3000,
)  # fmt: skip

DEEP = "[" * 20_000
RAW_JSON: tuple[bytes, ...] = (
    b"", b"\0", b"null", b"[]", b'"text"', b"1", b"NaN", b"{", b'{"a":', b"{}{}", b"\xff\xfe{}", b"\xef\xbb\xbf{}",
    b'{"\\ud800": "\\udfff"}', DEEP.encode(), b'{"a":' * 5000, b'"' + b'\\"' * 3000 + b'"',
    b'{"a": 1, "a": 2}', b"{'a': 1}", b'{"a": ' + DIGITS.encode() + b"}",
)  # fmt: skip

# Wrong for some type each; what the encoder of JSON cannot say stands as text.
JSON_VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1.5, 2**63, -(2**70), 1e300, "", " ", "a\0b", "\ud800", "²", "x" * 20_000, "../../etc/passwd",
    "NaN", [], [None], ["x"], [[[]]], [{}], {}, {"key": {}, "value": []}, [{"key": None, "value": None}],
    [{"key": "\ud800", "value": "\ud800", "timestamp": "\ud800", "step": "\ud800"}],
    [{"key": "k", "value": "NaN", "timestamp": 2**63 - 1, "step": -(2**63)}], [{"key": "k", "value": 1, "timestamp": 0}] * 3,
    "9" * 25, "name = '", "`" * 300, "(" * 600, "metrics.a > 1 AND " * 300 + "metrics.a > 1",
)  # fmt: skip
JSON = (
    b"NaN", DIGITS.encode(), b'"\\ud800"', b"1e999", b'"\\u0000"', b"[" * 3000 + b"]" * 3000,
    *(json.dumps(value).encode() for value in JSON_VALUES),
)  # fmt: skip


def pairs(values: dict[str, bytes]) -> str:
    """The values as a query or the body of a form."""
    return "&".join(f"{quote(name)}={quote_from_bytes(value, safe='')}" for name, value in values.items())
