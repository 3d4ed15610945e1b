"""What the frame on a file's page shows: HTML still, HTML whose scripts run, or a Plotly figure drawn by our script."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.safestring import mark_safe

from hub.lib.errors import NotFound
from hub.lib.http import UNTRUSTED_POLICY
from storage.viewers.figures import read_figure
from storage.viewers.source import Source, Unreadable

PLOTLY = "vendor/plotly/plotly.min.js"
SHEET = "hub/css/frames/figure.css"
PAGE_BYTES = 32 * 1024 * 1024
"""Larger HTML runs as it is: the script of Plotly that it names elsewhere is then not put in its place."""

# What `plotly` writes at the head of an HTML file by default, as mlflow.log_figure does: without it, nothing is drawn.
_plotly_elsewhere = re.compile(
    rb'<script\b[^>]{0,300}?\bsrc="https://cdn\.plot\.ly/plotly-[\w.-]{1,40}\.js"[^>]{0,300}>\s{0,9}</script>', re.I
)

# SECURITY: other people's scripts. `sandbox allow-scripts` without allow-same-origin is an origin of its own: no
# cookies, no storage, no reading of the page around or of the hub; no forms, popups, downloads, dialogs, nor leading
# the whole window elsewhere. Nothing may be fetched, so that what a script reads or computes cannot be sent away. What
# a policy of the frame cannot forbid is that it leads itself elsewhere (location = …): the `frame-src 'self'` of the
# page around it does. It is therefore never run outside of a frame of ours (frame-ancestors, Sec-Fetch-Dest).
# No policy of a browser covers WebRTC and the looking up of names: what could be told that way is what the file holds
# itself, and that somebody looks at it.
SCRIPTS_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' data: blob: {plotly}; "
    "style-src 'unsafe-inline' data:; img-src data: blob:; font-src data:; media-src data: blob:; worker-src blob:; "
    "connect-src 'none'; frame-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
# SECURITY: a figure is data, but of strangers, and Plotly is a large program: it runs in an origin of its own as well.
# Scripts run by a number used once, so that no text of the figure can become one. Plotly writes styles as it draws,
# and makes functions of its own for drawing on the graphics card: without 'unsafe-eval' such points stay away unsaid.
FIGURE_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'nonce-{nonce}' 'unsafe-eval'; "
    "style-src 'unsafe-inline' {sheet}; img-src data: blob:; connect-src 'none'; frame-src 'none'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)


def framed(request: HttpRequest, source: Source, plain: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """The file for the frame on its page; `plain` gives what untrusted() answers for it, which stands for all but HTML.

    With `?figure` the figure, with `?scripts` HTML whose scripts run. Raises NotFound for a figure that is none.
    """
    if "figure" in request.GET:
        return _figure(request, source)
    if not source.name.lower().endswith((".html", ".htm")) or "small" in request.GET:
        return plain()
    # Opened by itself it stands still. Browsers tell what they want a page for, unless the hub is reached without TLS.
    alone = request.headers.get("Sec-Fetch-Dest", "iframe") != "iframe"
    runs = "scripts" in request.GET and not alone
    response = (_with_plotly(source) if runs else None) or plain()
    # SECURITY: shown as HTML only under a policy that travels with the bytes, so that it also holds when the address
    # is opened outside of the frame, and when a browser takes the bytes from its cache (304).
    response["Content-Security-Policy"] = _scripts_policy(request) if runs else UNTRUSTED_POLICY
    response["Content-Type"] = "text/html; charset=utf-8"
    response["Content-Disposition"] = "inline"
    if "scripts" in request.GET:
        response["Cache-Control"] = "no-store"
        response["X-DNS-Prefetch-Control"] = "off"
        response["Referrer-Policy"] = "no-referrer"
    return response


def _scripts_policy(request: HttpRequest) -> str:
    return SCRIPTS_POLICY.format(plotly=request.build_absolute_uri(static(PLOTLY)))


def _with_plotly(source: Source) -> HttpResponse | None:
    """The page with the hub's own Plotly in place of the one that it would fetch; None where it names none."""
    if source.size > PAGE_BYTES:
        return None
    tag = f'<script src="{static(PLOTLY)}"></script>'.encode()
    content, count = _plotly_elsewhere.subn(tag, source.read(0, PAGE_BYTES))
    return HttpResponse(content, headers={"X-Content-Type-Options": "nosniff"}) if count else None


def _figure(request: HttpRequest, source: Source) -> HttpResponse:
    try:
        text = read_figure(source)
    except Unreadable as reason:
        raise NotFound(str(reason)) from None
    nonce = secrets.token_urlsafe(16)
    # SECURITY: in JSON these stand in strings alone; escaped, no text can end the element that carries it.
    text = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    element = mark_safe(f'<script type="application/json" id="json">{text}</script>')  # noqa: S308
    words = {"figure": element, "nonce": nonce, "plotly": PLOTLY, "sheet": SHEET, "title": source.name}
    response = HttpResponse(render_to_string("storage/frames/figure.html", words))
    response["Content-Security-Policy"] = FIGURE_POLICY.format(
        nonce=nonce, sheet=request.build_absolute_uri(static(SHEET))
    )
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Referrer-Policy"] = "no-referrer"
    return response
