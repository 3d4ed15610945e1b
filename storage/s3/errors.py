"""The errors of the S3 protocol by their codes, and the hub's own errors in its words."""

from __future__ import annotations

from hub.lib.errors import (
    Conflict,
    Forbidden,
    HubError,
    NotFound,
    QuotaExceeded,
    TooLarge,
    Unauthenticated,
    Unavailable,
)

STATUS = {
    "AccessDenied": 403,
    "BadDigest": 400,
    "BucketAlreadyExists": 409,
    "ConflictingOperation": 409,
    "EntityTooLarge": 400,
    "ExpiredToken": 400,
    "IncompleteBody": 400,
    "InternalError": 500,
    "InvalidAccessKeyId": 403,
    "InvalidArgument": 400,
    "InvalidDigest": 400,
    "InvalidPart": 400,
    "InvalidPartOrder": 400,
    "InvalidRange": 416,
    "InvalidRequest": 400,
    "InvalidURI": 400,
    "KeyTooLongError": 400,
    "MalformedXML": 400,
    "MethodNotAllowed": 405,
    "MissingContentLength": 411,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
    "NoSuchUpload": 404,
    "NoSuchVersion": 404,
    "NotImplemented": 501,
    "OperationAborted": 409,
    "PreconditionFailed": 412,
    "QuotaExceeded": 507,
    "RequestTimeTooSkewed": 403,
    "ServiceUnavailable": 503,
    "SignatureDoesNotMatch": 403,
    "XAmzContentSHA256Mismatch": 400,
}


class S3Error(HubError):
    """A refusal with one of the protocol's own codes."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = STATUS[code]


def translated(error: HubError) -> S3Error:
    """The hub's error with the code that S3 has for it; an S3Error is one already."""
    if isinstance(error, S3Error):
        return error
    message = f"{error.message} {error.next_step}".strip()
    return S3Error(_code_for(error), message)


_CODES = {"wrong_part": "InvalidPart", "wrong_order": "InvalidPartOrder"}


def _code_for(error: HubError) -> str:
    if error.code in _CODES:
        return _CODES[error.code]
    if error.field == "upload_id":
        return "NoSuchUpload"
    if error.code == "wrong_digest":
        return "XAmzContentSHA256Mismatch" if error.field == "sha256" else "BadDigest"
    kinds: list[tuple[type[HubError], str]] = [
        (Unauthenticated, "AccessDenied"),
        (Forbidden, "AccessDenied"),
        (NotFound, "NoSuchKey"),
        (Conflict, "OperationAborted"),
        (TooLarge, "EntityTooLarge"),
        (QuotaExceeded, "QuotaExceeded"),
        (Unavailable, "ServiceUnavailable"),
    ]
    return next((code for kind, code in kinds if isinstance(error, kind)), "InvalidArgument")
