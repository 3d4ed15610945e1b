"""Stops mail by a link in it, also for those who are not signed in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from collab.notice_links import read_stop_token
from collab.services.subscribing import stop_mail
from hub.lib.errors import NotFound

WORDS = {
    "topic": "this conversation",
    "thread": "this conversation",
    "repository": "this repository, unless it concerns you",
    "mail": "anything: your inbox stays as it is",
}


# SECURITY: without a token of forms, since mail programs post here; the signed word in the address says who and what,
# and it can stop mail and nothing else. GET changes nothing: programs that look at links of mails do no harm.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether mail is to stop; POST, also of one click in a mail program, stops it."""
    wanted = read_stop_token(token)
    if wanted is None:
        raise NotFound("This link has ended or is not whole.", next_step="Sign in and choose under Notifications.")
    done = request.method == "POST"
    if done:
        stop_mail(user=wanted.user, what=wanted.what, number=wanted.number)
    context = {"words": WORDS[wanted.what], "done": done, "person": wanted.user.username}
    return render(request, "collab/stop.html", context)
