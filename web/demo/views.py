"""Where an administrator has the demonstration made, and waits for it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from accounts.access import administrator
from hub.lib.http import render_page, wants_part
from web.demo.selectors import NAME, SLUG, demo_exists, latest_job
from web.demo.services import ask_for_demo

ADDRESS = f"/{SLUG}/{NAME}"


@require_http_methods(["GET", "HEAD", "POST"])
def demo(request: HttpRequest) -> HttpResponse:
    """POST asks for it; GET tells how far it is and leads to it when it is there."""
    actor = administrator(request)
    if request.method == "POST":
        ask_for_demo(actor=actor)
        return redirect("web:demo")
    if demo_exists():
        # HTMX would put a redirect's page into the waiting one; this header makes it go there instead.
        return HttpResponse(headers={"HX-Redirect": ADDRESS}) if wants_part(request) else redirect(ADDRESS)
    return render_page(request, "web/demo.html", "web/_demo.html", {"job": latest_job()})
