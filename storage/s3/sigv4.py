"""AWS Signature Version 4: what a request claims, in its Authorization header or query, and what would prove it."""

from __future__ import annotations

import calendar
import hashlib
import hmac
import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import quote

from storage.s3.errors import S3Error
from storage.s3.signable import Signable

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
SKEW = 15 * 60  # seconds
LONGEST = 7 * 24 * 3600  # seconds that a presigned link may live
_IN_QUERY = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders",
             "X-Amz-Signature")  # fmt: skip
_stamp = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_hex = re.compile(r"[0-9a-f]{64}")
_header_name = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]{1,256}")


@dataclass(frozen=True, slots=True)
class Claim:
    """A signature that is not verified yet, and the text that it must be of."""

    access_key: str
    signature: str
    stamp: str
    scope: str
    text: bytes
    payload: str
    """What x-amz-content-sha256 says of the body."""
    is_link: bool
    names: tuple[str, ...]
    """Of the signed headers, as the client spells them."""

    def is_proved_by(self, secret: str) -> bool:
        """Whether this secret made the signature; compared in constant time."""
        return hmac.compare_digest(self.sign(secret, self.text), self.signature)

    def sign(self, secret: str, text: bytes) -> str:
        """The signature of a text in this request's scope: 64 hexadecimal digits."""
        key = f"AWS4{secret}".encode()
        for word in self.scope.split("/"):
            key = hmac.digest(key, word.encode(), "sha256")
        return hmac.digest(key, text, "sha256").hex()


def claim_in_header(asked: Signable, now: float) -> Claim:
    """The claim of an `Authorization: AWS4-HMAC-SHA256 …` header. Raises S3Error when it cannot be read or is old."""
    words = dict(
        part.strip().partition("=")[::2] for part in asked.headers["authorization"].partition(" ")[2].split(",")
    )
    try:
        credential, names, signature = words["Credential"], words["SignedHeaders"], words["Signature"]
    except KeyError as missing:
        raise _malformed(f"{missing.args[0]} is missing in the Authorization header") from None
    stamp = _stamp_of(asked)
    if abs(_seconds(stamp) - now) > SKEW:
        raise S3Error("RequestTimeTooSkewed", "The request was signed more than 15 minutes from the hub's time.")
    payload = asked.headers.get("x-amz-content-sha256", "")
    if not payload:
        raise S3Error("InvalidRequest", "The header x-amz-content-sha256 is missing.")
    return _claim(asked, credential, names, signature, stamp, payload, is_link=False)


def claim_in_query(asked: Signable, now: float) -> Claim:
    """The claim of a presigned link. Raises S3Error when it cannot be read, is not valid yet or any more."""
    words = asked.parameters(_IN_QUERY)
    if len(words) != len(_IN_QUERY) or words["X-Amz-Algorithm"] != ALGORITHM:
        raise _malformed("a presigned link needs " + ", ".join(_IN_QUERY))
    lifetime = words["X-Amz-Expires"]
    if not lifetime.isascii() or not lifetime.isdigit() or not 0 < int(lifetime[:10]) <= LONGEST:
        raise _malformed("X-Amz-Expires is 1 to 604800 seconds")
    stamp = words["X-Amz-Date"]
    made = _seconds(stamp)
    if made - now > SKEW:
        raise S3Error("AccessDenied", "This link is not valid yet.")
    if now > made + int(lifetime):
        raise S3Error("AccessDenied", "This link has expired.")
    payload = asked.headers.get("x-amz-content-sha256") or UNSIGNED
    return _claim(
        asked, words["X-Amz-Credential"], words["X-Amz-SignedHeaders"], words["X-Amz-Signature"], stamp, payload,
        is_link=True,
    )  # fmt: skip


def _claim(
    asked: Signable, credential: str, names: str, signature: str, stamp: str, payload: str, *, is_link: bool
) -> Claim:
    access_key, scope = _split_credential(credential)
    if scope.partition("/")[0] != stamp[:8]:
        raise _malformed("the date of the credential is not that of the request")
    if not _hex.fullmatch(signature):
        raise S3Error("SignatureDoesNotMatch", "The signature is not 64 lower-case hexadecimal digits.")
    spelled = tuple(names.split(";"))
    canonical = canonical_request(asked, spelled, payload)
    text = f"{ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(canonical).hexdigest()}".encode()
    return Claim(access_key, signature, stamp, scope, text, payload, is_link, spelled)


def _split_credential(credential: str) -> tuple[str, str]:
    """`KEY/20261120/any-region/s3/aws4_request` → the key and the rest, which is the scope."""
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or parts[3:] != ["s3", "aws4_request"] or not parts[0] or not credential.isascii():
        raise _malformed("the credential is KEY/YYYYMMDD/REGION/s3/aws4_request")
    return parts[0], "/".join(parts[1:])


def canonical_request(asked: Signable, names: tuple[str, ...], payload: str) -> bytes:
    """The request in the one form that is signed. Raises S3Error for headers that must be signed and are not."""
    if not all(_header_name.fullmatch(name) for name in names):
        raise _malformed("the names of signed headers are in lower case, separated by semicolons")
    # A header's name may hold an underscore, which a WSGI environment does not tell from a hyphen.
    signed = {name.replace("_", "-") for name in names}
    # SECURITY: what is not signed could be added to somebody's link: x-amz-copy-source would turn a put into a copy.
    loose = [name for name in asked.headers if name.startswith("x-amz-") and name not in signed]
    if "host" not in signed or loose:
        what = ", ".join(loose) or "host"
        raise S3Error("AccessDenied", f"There were headers present in the request which were not signed: {what}")
    lines = [asked.method.encode(), quote(asked.path, safe="/-_.~").encode(), canonical_query(asked)]
    lines += [name.encode() + b":" + _value(asked.headers.get(name.replace("_", "-"), "")) for name in names]
    return b"\n".join([*lines, b"", ";".join(names).encode(), payload.encode("latin-1")])


def canonical_query(asked: Signable) -> bytes:
    """All parameters but the signature itself, encoded in one way and sorted."""
    pairs = [
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in asked.query
        if name != b"X-Amz-Signature"
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs)).encode()


def _value(text: str) -> bytes:
    """A header's value with single spaces; clients sign its UTF-8, also those that send Latin-1."""
    value = b" ".join(text.encode("latin-1", "replace").split())
    try:
        value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1").encode()
    return value


def _stamp_of(asked: Signable) -> str:
    given = asked.headers.get("x-amz-date")
    if given:
        return given
    try:
        moment = parsedate_to_datetime(asked.headers.get("date", ""))
    except (ValueError, TypeError, IndexError):
        raise S3Error("AccessDenied", "The request needs a valid x-amz-date or Date header.") from None
    return moment.strftime("%Y%m%dT%H%M%SZ")


def _seconds(stamp: str) -> float:
    if _stamp.fullmatch(stamp):
        try:
            return calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))
        except (ValueError, OverflowError):
            pass
    raise S3Error("AccessDenied", "The date of the request is not of the form YYYYMMDDTHHMMSSZ.")


def _malformed(why: str) -> S3Error:
    return S3Error("InvalidArgument", f"The signature cannot be read: {why}.")
