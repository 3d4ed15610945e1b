"""Requests to promote a version: asking, the lists, one of them, and what people do with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.levels import Level
from hub.lib.errors import Conflict, Forbidden, HubError, Invalid
from hub.lib.http import posted
from registry.forms import BIGGEST_NUMBER
from registry.forms_promotions import AskForm, ReasonForm, SayForm
from registry.models import ModelVersion, Promotion, Target
from registry.selectors.pages import model_of, version_of
from registry.selectors.pages_promotions import SHOWN, request_lines, request_of, requests_of, shown_standing
from registry.selectors.promotions import gate_results, holder_of, rule_for, rules_in_force
from registry.services import promotions as services
from registry.views.addresses import TAB, home_of, page_of
from registry.views.models import rendered
from repos.models import Repository
from repos.views.frame import actor_of, draw, refuse, repo_page

PER_PAGE = 30


@repo_page()
def listed(request: HttpRequest, repo: Repository, model: str | None = None) -> HttpResponse:
    """The requests of a model, or of all models of the repository."""
    found = model_of(repo, model) if model is not None else None
    shown = request.GET.get("show") or "waiting"
    page = Paginator(requests_of(found or repo, shown), PER_PAGE).get_page(request.GET.get("page"))
    here = home_of(repo, "requests", model=found.name) if found else home_of(repo, "promotions")
    context = {
        "model": found,
        "home": page_of(repo, found) if found else home_of(repo),
        "page": page,
        "rows": [(line, _address(repo, line.promotion)) for line in request_lines(repo, list(page))],
        "places": [(label, f"{here}?show={key}", key == shown) for key, label in SHOWN.items()],
        "shown": shown,
    }
    return draw(request, repo, "registry/requests.html", context, active=TAB)


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def ask(request: HttpRequest, repo: Repository, model: str, number: int) -> HttpResponse:
    """Ask for a version to get an alias or stage; administrators may say that no rule counts this time."""
    version = version_of(model_of(repo, model), number)
    form = AskForm(posted(request), initial=_wanted(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = services.ask_promotion(
                repository=repo, name=model, version=str(number), override="override" in request.POST,
                actor=actor_of(request), **form.cleaned_data,
            )  # fmt: skip
        except HubError as error:
            refuse(form, error)
        else:
            _tell(request, made)
            return redirect(_address(repo, made))
    context = {
        **_preview(repo, version, form),
        "form": form,
        "version": version,
        "model": version.model,
        "home": page_of(repo, version.model),
        "back": page_of(repo, version.model, number),
        "rules": rules_in_force(version.model),
    }
    return draw(request, repo, "registry/ask.html", context, active=TAB, status=400 if form.errors else 200)


def _wanted(request: HttpRequest) -> dict[str, str]:
    """What the address asks for: `?alias=champion` or `?stage=Production`."""
    for kind in Target.values:
        if kind in request.GET:
            return {"kind": kind, "target": request.GET[kind][:300]}
    return {}


def _preview(repo: Repository, version: ModelVersion, form: AskForm) -> dict[str, Any]:
    """The rule for what is asked for, and what its gates say now."""
    kind, target = str(form["kind"].value() or ""), str(form["target"].value() or "").removeprefix("@")
    if not target or "\0" in target or kind not in Target.values:
        return {"rule": None, "place": ""}
    rule, holder = rule_for(version.model, kind, target), holder_of(version.model, kind, target)
    return {
        "place": f"@{target}" if kind == Target.ALIAS else target,
        "rule": rule,
        "holder": holder,
        "results": gate_results(repo, rule, version, holder),
    }


@repo_page()
def shown(request: HttpRequest, repo: Repository, model: str, number: int) -> HttpResponse:
    """One request: what is asked and why, what the gates say, who has said what."""
    return _draw(request, repo, request_of(model_of(repo, model), number))


def _draw(
    request: HttpRequest, repo: Repository, promotion: Promotion, *, error: HubError | None = None
) -> HttpResponse:
    standing, actor = shown_standing(repo, promotion), actor_of(request)
    mine = promotion.asked_by_id is not None and promotion.asked_by_id == actor.user_id
    context = {
        "promotion": promotion,
        "model": promotion.model,
        "home": page_of(repo, promotion.model),
        "here": _address(repo, promotion),
        "version_url": page_of(repo, promotion.model, promotion.version.number),
        "base_url": page_of(repo, promotion.model, standing.base) if standing.base else "",
        "standing": standing,
        "reason": rendered(promotion.reason),
        "closing": rendered(promotion.closing),
        "said": [(each, rendered(each.review.comment)) for each in standing.said],
        "mine": mine,
        "form": SayForm(initial={"comment": request.POST.get("comment", "")}),
        "reason_form": ReasonForm(),
        "error": error,
    }
    return draw(
        request, repo, "registry/request.html", context, active=TAB, status=error.status if error else 200
    )  # fmt: skip


@repo_page("POST", needs=Level.WRITE)
def review(request: HttpRequest, repo: Repository, model: str, number: int) -> HttpResponse:
    """Approve or refuse."""
    verdict = request.POST.get("verdict")
    if verdict not in ("approve", "refuse"):
        raise Invalid("Approve or refuse.", field="verdict")
    word = request.POST.get("seen", "")
    seen = int(word) if word.isascii() and word.isdigit() and len(word) < 11 else 0
    return _do(
        request, repo, model, number, services.review_promotion, approves=verdict == "approve",
        seen=min(seen, BIGGEST_NUMBER) or None, comment=request.POST.get("comment", ""),
    )  # fmt: skip


@repo_page("POST", needs=Level.WRITE)
def withdrawal(request: HttpRequest, repo: Repository, model: str, number: int) -> HttpResponse:
    """Take a request back."""
    return _do(
        request, repo, model, number, services.withdraw_promotion, comment=request.POST.get("comment", "")
    )  # fmt: skip


@repo_page("POST", needs=Level.WRITE)
def check(request: HttpRequest, repo: Repository, model: str, number: int) -> HttpResponse:
    """Judge a request again, since its metrics may have come."""
    return _do(request, repo, model, number, services.check_promotion)


@repo_page("POST", needs=Level.ADMIN)
def override(request: HttpRequest, repo: Repository, model: str, number: int) -> HttpResponse:
    """Apply a request against its rule."""
    return _do(request, repo, model, number, services.override_promotion, reason=request.POST.get("reason", ""))


def _do(
    request: HttpRequest, repo: Repository, model: str, number: int, verb: Callable[..., Promotion], **said: Any
) -> HttpResponse:
    """Do something with a request; what was refused is told on its page, with what was written."""
    found = request_of(model_of(repo, model), number)
    try:
        done = verb(repository=repo, name=model, number=number, actor=actor_of(request), **said)
    except (Conflict, Forbidden, Invalid) as error:
        return _draw(request, repo, request_of(found.model, number), error=error)
    _tell(request, done)
    return redirect(_address(repo, done))


def _tell(request: HttpRequest, promotion: Promotion) -> None:
    """Say how far a request has come."""
    version = f"Version {promotion.version.number}"
    words = {
        Promotion.State.DONE: f"{version} has {promotion.place} now.",
        Promotion.State.OPEN: f"Request {promotion.number} waits; {promotion.place} has not moved.",
        Promotion.State.APPROVED: f"Request {promotion.number} is approved; it is applied once its gates are passed.",
        Promotion.State.REFUSED: f"Request {promotion.number} is refused; {promotion.place} has not moved.",
        Promotion.State.WITHDRAWN: f"Request {promotion.number} is withdrawn.",
    }
    messages.success(request, words[Promotion.State(promotion.state)])


def _address(repo: Repository, promotion: Promotion) -> str:
    return home_of(repo, "request", model=promotion.model.name, number=promotion.number)
