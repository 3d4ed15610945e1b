"""Answers as S3 clients read them: XML, headers alone, and errors with a code."""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from collections.abc import Mapping

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date

from storage.s3 import xml
from storage.s3.errors import S3Error

log = logging.getLogger(__name__)


def document(name: str, *children: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """An XML answer."""
    response = HttpResponse(xml.document(name, *children), content_type="application/xml", headers=headers)
    response["Content-Length"] = str(len(response.content))
    return response


def nothing(status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """An answer of headers alone."""
    response = HttpResponse(status=status, headers=headers)
    del response["Content-Type"]
    if status != 204:
        response["Content-Length"] = "0"
    return response


def refusal(request: HttpRequest, error: S3Error) -> HttpResponse:
    """The error; without a body to HEAD, which may have none."""
    number = request_id()
    if request.method == "HEAD" or error.status == 304:
        response = HttpResponse(status=error.status)
        del response["Content-Type"]
    else:
        message = error.message.encode("utf-8", "replace").decode()
        fields = [("Code", error.code), ("Message", message), ("Resource", request.path), ("RequestId", number)]
        body = xml.HEAD + xml.element("Error", *(xml.field(name, value) for name, value in fields))
        response = HttpResponse(body.encode("utf-8", "replace"), status=error.status, content_type="application/xml")
        response["Content-Length"] = str(len(response.content))
    response["x-amz-request-id"] = number
    response["Cache-Control"] = "no-store"
    return response


def own_fault(request: HttpRequest, error: Exception) -> S3Error:
    """The answer when the fault is ours: logged, and no detail told."""
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    if isinstance(error, DatabaseError):
        return S3Error("ServiceUnavailable", "The database does not answer now; nothing was changed.")
    return S3Error("InternalError", "The hub failed at this request; its log says why.")


def request_id() -> str:
    """16 random hexadecimal digits, to find a request again in a report."""
    return secrets.token_hex(8).upper()


def moment(when: dt.datetime) -> str:
    """A time as XML answers have it."""
    return when.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z"


def header_date(when: dt.datetime) -> str:
    """A time as headers have it, in whole seconds."""
    return http_date(when.timestamp())
