"""A person's access tokens."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import places, selectors
from accounts.access import actor_on, signed_in
from accounts.authn import token_text
from accounts.forms.settings import TokenForm
from accounts.models import AccessToken
from accounts.services.tokens import create_token, revoke_token
from hub.context import public_url
from hub.lib.http import posted

FRESH = "fresh_token"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def tokens(request: HttpRequest) -> HttpResponse:
    """List and make tokens; a fresh one is shown on the next page only."""
    user, actor = signed_in(request), actor_on(request)
    form = TokenForm(posted(request), actor=actor)
    if request.method == "POST" and form.carried_out(create_token, user=user):
        request.session[FRESH] = form.result.pk
        return redirect("accounts:tokens")
    listed, number = selectors.tokens_of(user), request.session.pop(FRESH, None)
    fresh = next((row for row in listed if row.token.pk == number), None)
    context = {
        "place": "tokens",
        "form": form,
        "listed": listed,
        "fresh": _fresh(request, fresh) if fresh else None,
        "places": places.within_reach(actor),
    }
    return render(request, "accounts/tokens.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def revocation(request: HttpRequest, number: int) -> HttpResponse:
    """Ask once more, then revoke a token."""
    user = signed_in(request)
    token = get_object_or_404(AccessToken, pk=number, user=user, kind=AccessToken.Kind.TOKEN)
    if request.method != "POST":
        return render(request, "accounts/revocation.html", {"place": "tokens", "token": token})
    revoke_token(token=token)
    messages.success(request, f"“{token.name}” is revoked and opens nothing any more.")
    return redirect("accounts:tokens")


def _fresh(request: HttpRequest, row: selectors.ListedToken) -> dict[str, Any]:
    """The token's text and commands that hold it, ready to paste."""
    text, url, name = token_text(row.token), public_url(request), row.token.user.username
    parts = urlsplit(url)
    approve = (
        f"printf 'protocol={parts.scheme}\\nhost={parts.netloc}\\nusername={name}\\npassword={text}\\n\\n'"
        " | git credential approve"
    )
    tracking = [f"export MLFLOW_TRACKING_USERNAME={name}", f"export MLFLOW_TRACKING_PASSWORD={text}"]
    if row.repository:
        clone = f"{parts.scheme}://{name}:{text}@{parts.netloc}/{row.repository}.git"
        git = {"label": "Git", "text": f"git clone {clone}"}
        tracking.insert(0, f"export MLFLOW_TRACKING_URI={url}/{row.repository}.mlflow")
    else:
        note = "Hands the token to Git's credential helper, for every repository here."
        git = {"label": "Git", "text": approve, "note": note}
    return {"row": row, "text": text, "snippets": [git, {"label": "MLflow", "text": "\n".join(tracking)}]}
