"""The one view of this door: what is asked, by whom, whether the signature is right, may they, call, answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from accounts import keys
from accounts.actor import ANONYMOUS, Actor
from accounts.keys import SigningKey
from accounts.levels import Level
from hub.lib.errors import HubError, Unauthenticated
from hub.lib.http import stream_body
from storage.s3 import routes, sigv2, sigv4, wire
from storage.s3.body import Body, body_of
from storage.s3.call import Call, Endpoint, open_bucket
from storage.s3.errors import S3Error, translated
from storage.s3.framing import ChunkChain
from storage.s3.labels import META
from storage.s3.signable import Signable, signable, text_of

log = logging.getLogger(__name__)
MOST_DRAINED = 1024 * 1024  # bytes
AnyClaim = sigv4.Claim | sigv2.LinkClaim


@csrf_exempt  # Programs sign each request; no cookie is looked at.
def door(request: HttpRequest, owner: str, rest: str, name: str = "") -> HttpResponseBase:
    """Answer one request of the S3 protocol: on the repository `owner/name`, or on all repositories of `owner`."""
    response: HttpResponseBase
    try:
        prefix = request.path_info[: len(request.path_info) - len(rest)]
        response = _answer(request, Endpoint(owner, name), signable(request.META, request.path_info, prefix))
        response["x-amz-request-id"] = wire.request_id()
    except HubError as error:
        response = wire.refusal(request, translated(error))
    except Exception as error:
        response = wire.refusal(request, wire.own_fault(request, error))
    if "HTTP_EXPECT" in request.META and request.META.get("CONTENT_LENGTH") == "0":
        # An empty body is never asked for with "100 Continue". botocore then takes the status of this answer for that
        # of the next one on the same connection, and loses its headers: the connection ends here.
        response["Connection"] = "close"
    return response


def _answer(request: HttpRequest, endpoint: Endpoint, asked: Signable) -> HttpResponseBase:
    bucket, _, key = text_of(asked.resource.removeprefix(b"/")).partition("/")
    query = {text_of(name): text_of(value) for name, value in reversed(asked.query)}
    shape = (routes.KEY if key else routes.BUCKET) if bucket else ""
    words = frozenset(query) - {routes.COPY}
    if "x-amz-copy-source" in asked.headers:
        words |= {routes.COPY}
    route = routes.find(asked.method, shape, words)
    actor, claim, signing = identify(asked, time.time())
    if route is None:
        raise S3Error("MethodNotAllowed", f"This address takes {', '.join(routes.methods(shape))}.")
    blocks = stream_body(request)
    try:
        place = open_bucket(actor, endpoint, bucket, Level(route.needs)) if bucket else None
        body = partial(_body, asked, blocks, claim, signing)
        is_program = claim is not None and not claim.is_link
        call = Call(request, endpoint, actor, bucket, key, query, _spelled(asked, claim), body, place, is_program)
        answer: HttpResponseBase = route.handler(call)
    finally:
        if not actor.is_anonymous:
            _drain(asked, blocks)
    return answer


def _drain(asked: Signable, blocks: Iterator[bytes]) -> None:
    """Read what is left of a small body that was refused.

    With bytes still on their way the server hangs up, and the client's next request on that connection fails.
    """
    said = asked.headers.get("x-amz-decoded-content-length") or asked.headers.get("content-length", "")
    if not said.isascii() or not said.isdigit() or len(said) > 7 or int(said) > MOST_DRAINED:
        return
    seen = 0
    with suppress(HubError):
        for block in blocks:
            seen += len(block)
            if seen > 2 * MOST_DRAINED:
                return


def identify(asked: Signable, now: float) -> tuple[Actor, AnyClaim | None, SigningKey | None]:
    """Who signed the request; ANONYMOUS for one without a signature. Raises S3Error for one that is not right."""
    claim = _claim(asked, now)
    if claim is None:
        return ANONYMOUS, None, None
    try:
        signing = keys.signing_key(claim.access_key)
    except Unauthenticated as error:
        raise S3Error("InvalidAccessKeyId", f"{error.message} {error.next_step}".strip()) from None
    if not claim.is_proved_by(signing.secret):
        raise S3Error("SignatureDoesNotMatch", "The signature is not that of this request with the key's secret.")
    if claim.is_link and signing.is_token:
        # SECURITY: the link holds the token in clear; whoever gets it could do all that the token may.
        raise S3Error(
            "AccessDenied",
            "This link was signed with an access token and gives the token away: revoke the token. "
            "Sign links with a key pair, made in settings under S3 keys.",
        )
    keys.remember_use(signing)
    return signing.actor, claim, signing


def _claim(asked: Signable, now: float) -> AnyClaim | None:
    names = {name for name, _ in asked.query}
    header = asked.headers.get("authorization", "")
    ways: list[Callable[[], AnyClaim]] = []
    if header:
        if not header.startswith(sigv4.ALGORITHM + " "):
            raise S3Error("InvalidRequest", f"The hub knows signatures by {sigv4.ALGORITHM} here, and no other header.")
        ways.append(partial(sigv4.claim_in_header, asked, now))
    if names & {b"X-Amz-Signature", b"X-Amz-Algorithm", b"X-Amz-Credential"}:
        ways.append(partial(sigv4.claim_in_query, asked, now))
    if names & {b"AWSAccessKeyId", b"Signature"}:
        ways.append(partial(sigv2.claim_in_link, asked, now))
    if len(ways) > 1:
        raise S3Error("InvalidArgument", "Only one signature is allowed: in the header or in the address.")
    return ways[0]() if ways else None


def _spelled(asked: Signable, claim: AnyClaim | None) -> dict[str, str]:
    """The headers, and for links the x-amz- parameters that stand for some; metadata as the client spells it."""
    headers = dict(asked.headers)
    if claim is None:
        return headers
    if claim.is_link:
        for raw, value in asked.query:
            word = raw.decode("latin-1").lower()
            if word.startswith("x-amz-") and word not in headers:
                headers[word] = value.decode("latin-1")
    for name in claim.names:
        if name.startswith(META) and "_" in name:
            headers[name] = headers.pop(name.replace("_", "-"), "")
    return headers


def _body(asked: Signable, blocks: Iterator[bytes], claim: AnyClaim | None, signing: SigningKey | None) -> Body:
    """The body, to be verified as its headers say; without a signature nothing can be."""
    chain = None
    if isinstance(claim, sigv4.Claim) and signing is not None:
        sign, proved = partial(claim.sign, signing.secret), claim
        chain = partial(ChunkChain, sign, proved.signature, proved.stamp, proved.scope)
    return body_of(asked.headers, blocks, claim.payload if claim else sigv4.UNSIGNED, chain)
