"""Writing the notes of a run: with a preview, and with nothing lost when two people write at once."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString, mark_safe

from accounts.levels import Level
from hub.lib.errors import Conflict, HubError
from hub.lib.http import posted
from hub.lib.render import markdown
from repos.models import Repository
from repos.views.frame import draw, repo_page
from tracking.forms import NotesForm
from tracking.selectors.run_page import run_of, tags_of
from tracking.services.notes import NOTE, digest_of, write_notes
from tracking.views.experiments import TAB
from tracking.views.runs import run_url


def notes_html(text: str) -> SafeString | None:
    """The notes as safe HTML, None when there are none."""
    return mark_safe(markdown.render(text)) if text else None  # noqa: S308 (hub.lib.render gives safe HTML only)


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def notes(request: HttpRequest, repo: Repository, number: int, run: str) -> HttpResponse:
    """Write the notes of a run; with `preview` they are only drawn. Who was overtaken sees both texts and decides."""
    found = run_of(repo, number, run)
    held = tags_of(found).get(NOTE, "")
    form = NotesForm(posted(request), initial={"text": held, "seen": digest_of(held)})
    previews = "preview" in request.POST
    theirs, status = None, 200
    if request.method == "POST" and form.is_valid() and not previews:
        try:
            write_notes(repository=repo, run_id=run, text=form.cleaned_data["text"], seen=form.cleaned_data["seen"])
        except Conflict:
            theirs, status = held, 409
            form = NotesForm(initial={"text": form.cleaned_data["text"], "seen": digest_of(held)})
        except HubError as error:
            form.add_error("text", error.message)
        else:
            return redirect(run_url(repo, number, run) + "#notes")
    back = run_url(repo, number, run)
    context = {"run": found, "form": form, "here": back, "theirs": theirs, "previews": previews}
    context["preview"] = notes_html(form.cleaned_data.get("text", "")) if previews and form.is_valid() else None
    page, part = "tracking/run_notes.html", "tracking/_run_notes_preview.html" if previews else None
    return draw(
        request, repo, page, context, part=part, active=TAB, status=400 if form.errors and not previews else status
    )
