"""A person's S3 key pairs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import places, selectors
from accounts.access import actor_on, signed_in
from accounts.forms.settings import TokenForm
from accounts.keys import access_key_of, secret_of
from accounts.models import AccessToken
from accounts.services.tokens import create_key_pair, revoke_token
from hub.context import public_url
from hub.lib.http import posted

FRESH = "fresh_key_pair"
KEY_PAIR = AccessToken.Kind.KEY_PAIR


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def key_pairs(request: HttpRequest) -> HttpResponse:
    """List and make key pairs; a fresh secret is shown on the next page only."""
    user, actor = signed_in(request), actor_on(request)
    form = TokenForm(posted(request), actor=actor)
    if request.method == "POST" and form.carried_out(create_key_pair, user=user):
        request.session[FRESH] = form.result.pk
        return redirect("accounts:keys")
    listed, number = selectors.tokens_of(user, KEY_PAIR), request.session.pop(FRESH, None)
    fresh = next((row for row in listed if row.token.pk == number), None)
    context = {
        "place": "keys",
        "form": form,
        "listed": [(row, access_key_of(row.token)) for row in listed],
        "fresh": _fresh(request, fresh) if fresh else None,
        "places": places.within_reach(actor),
    }
    return render(request, "accounts/keys.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def revocation(request: HttpRequest, number: int) -> HttpResponse:
    """Ask once more, then revoke a key pair."""
    user = signed_in(request)
    pair = get_object_or_404(AccessToken, pk=number, user=user, kind=KEY_PAIR)
    if request.method != "POST":
        return render(request, "accounts/key_revocation.html", {"place": "keys", "token": pair})
    revoke_token(token=pair)
    messages.success(request, f"“{pair.name}” is revoked and opens nothing any more.")
    return redirect("accounts:keys")


def _fresh(request: HttpRequest, row: selectors.ListedToken) -> dict[str, Any]:
    """The pair's two halves and settings that hold them, ready to paste."""
    key, secret, url = access_key_of(row.token), secret_of(row.token), public_url(request)
    owner, _, name = row.repository.partition("/")
    owner, name = owner or row.token.user.username, name or "REPOSITORY"
    endpoint = f"{url}/api/v1/repo-buckets/s3/{owner}"
    aws = [
        f"export AWS_ACCESS_KEY_ID={key}",
        f"export AWS_SECRET_ACCESS_KEY={secret}",
        "export AWS_DEFAULT_REGION=us-east-1",
        f"aws s3 ls s3://{name}/ --endpoint-url {endpoint}",
    ]
    dvc = [
        "dvc remote add -d hub s3://dvc",
        f"dvc remote modify hub endpointurl {url}/{owner}/{name}.s3",
        f"dvc remote modify --local hub access_key_id {key}",
        f"dvc remote modify --local hub secret_access_key {secret}",
    ]
    python = [
        "import boto3",
        f's3 = boto3.client("s3", endpoint_url="{endpoint}",',
        f'    aws_access_key_id="{key}", aws_secret_access_key="{secret}", region_name="us-east-1")',
    ]
    snippets = [
        {"label": "AWS command line", "text": "\n".join(aws)},
        {"label": "Python", "text": "\n".join(python)},
        {"label": "DVC", "text": "\n".join(dvc)},
    ]
    return {"row": row, "key": key, "secret": secret, "snippets": snippets}
