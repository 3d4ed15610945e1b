"""Pages of reports: the list, one report with its blocks, and its versions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from hub.lib.errors import NotFound
from hub.lib.render import markdown
from repos.git import objects
from repos.git.objects import Missing, Place
from repos.models import Repository
from repos.paths import git_dir
from repos.selectors import trees
from repos.views.frame import base_url, draw, repo_page
from tracking.reports.blocks import BlockFault, read_block
from tracking.reports.document import LONGEST, MOST_BLOCKS, Embed, Report, read_report
from tracking.selectors.reports import FOLDER, ReportFile, report_at, reports_at, versions_of
from tracking.views.report_blocks import block_context
from tracking.views.report_samples import samples

TAB = "experiments"
# SECURITY: read out of HTML that hub.lib.render has cleaned; only these letters get into the table of contents.
_heading = re.compile(r'<h([23]) id="(user-content-[\w-]{1,140})"[^<>]{0,200}>(.{1,2000}?)</h\1>', re.S)
_tag = re.compile(r"<a class=\"md-anchor\".*?</a>|<[^<>]*>", re.S)
AT_ONCE = 2
"""Blocks that come with the page, so that its first screen stands still; the others are fetched when they are near."""
_TALL = {"chart": "report-block--chart", "file": "report-block--file"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece of a report as its page draws it: HTML, a block that is fetched from `url`, or what is wrong with one."""

    html: SafeString | str = ""
    embed: Embed | None = None
    url: str = ""
    fault: str = ""
    fault_line: int = 0
    height: str = ""
    drawn: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """A line of the table of contents."""

    level: int
    anchor: str
    words: SafeString


def report_url(repo: Repository, page: str = "reports", **rest: Any) -> str:
    """The address of a page of reports; `at` goes into its query."""
    ref = rest.pop("at", "")
    address = reverse(f"tracking:{page}", kwargs={"owner": repo.owner.slug, "name": repo.name, **rest})
    return f"{address}?{urlencode({'at': ref})}" if ref else address


@repo_page()
def reports(request: HttpRequest, repo: Repository) -> HttpResponse:
    """The reports of a branch, a tag or a commit; of the default branch unless `at` names another."""
    ref = request.GET.get("at", "")
    place = None
    if not repo.is_empty:
        place = objects.resolve(git_dir(repo), ref or repo.default_branch)
        if place.path:
            raise Missing(ref)
    rows = reports_at(repo, place) if place else []
    context = {
        "place": place,
        "rows": [(row, report_url(repo, "report", report=row.name, at=ref)) for row in rows],
        "is_default": place is None or (place.kind == "branch" and place.ref == repo.default_branch),
        "new_url": report_url(repo, "new_report", at="" if place is None or place.kind != "branch" else ref),
        "samples": samples(repo) if place is None or not rows else [],
    }
    return draw(request, repo, "tracking/reports.html", context, active=TAB)


@repo_page()
def report(request: HttpRequest, repo: Repository, report: str) -> HttpResponse:
    """One report, its blocks loaded as they come into view."""
    found = _found(request, repo, report)
    parsed = read_report(found.text)
    context = {
        **report_context(repo, found),
        **body_context(repo, found.place, parsed),
        "title": parsed.title or found.name,
        "parsed": parsed,
        "latest": trees.latest(repo, found.place, found.entry.path),
    }
    return draw(request, repo, "tracking/report.html", context, active=TAB)


@repo_page()
def versions(request: HttpRequest, repo: Repository, report: str) -> HttpResponse:
    """The commits that touched a report, each with the report as it was."""
    found = _found(request, repo, report)
    context = {
        **report_context(repo, found),
        "title": read_report(found.text).title or found.name,
        "versions": [
            (commit, report_url(repo, "report", report=found.name, at=commit.id)) for commit in versions_of(repo, found)
        ],
    }
    return draw(request, repo, "tracking/report_versions.html", context, active=TAB)


def _found(request: HttpRequest, repo: Repository, name: str) -> ReportFile:
    try:
        return report_at(repo, request.GET.get("at", ""), name)
    except Missing:
        raise NotFound(
            "There is no such report here.", next_step="Look at the list of reports, or at another branch or commit."
        ) from None


def report_context(repo: Repository, found: ReportFile) -> dict[str, Any]:
    """What every page of a report shows: where it is, and where it can be changed."""
    place = found.place
    is_default = place.kind == "branch" and place.ref == repo.default_branch
    at = "" if is_default else place.ref
    return {
        "report": found,
        "place": place,
        "is_default": is_default,
        "here": report_url(repo, "report", report=found.name, at=at),
        "now_url": report_url(repo, "report", report=found.name),
        "list_url": report_url(repo, at=at),
        "edit_url": report_url(repo, "edit_report", report=found.name, at=at) if place.kind == "branch" else "",
        "versions_url": report_url(repo, "report_versions", report=found.name, at=at),
    }


def body_context(repo: Repository, place: Place | None, parsed: Report) -> dict[str, Any]:
    """The pieces of a report and its table of contents, its links leading to files of the same ref."""
    pieces = [_shown(repo, place, piece) for piece in parsed.pieces]
    return {"pieces": pieces, "contents": list(_contents(pieces)), "longest": LONGEST}


def _shown(repo: Repository, place: Place | None, piece: Any) -> Shown:
    if isinstance(piece, Embed):
        return _placeholder(repo, place, piece)
    bases = (base_url(repo, "src", place.ref), base_url(repo, "raw", place.ref)) if place else ("", "")
    html = markdown.render(piece.text, link_base=bases[0], image_base=bases[1], directory=FOLDER)
    return Shown(html=mark_safe(html))  # noqa: S308 (hub.lib.render gives safe HTML only)


def _placeholder(repo: Repository, place: Place | None, embed: Embed) -> Shown:
    """The first blocks are drawn, the others are fetched when they are near; one that makes no sense says why."""
    if embed.number > MOST_BLOCKS:
        return Shown(embed=embed, fault=f"A report has at most {MOST_BLOCKS} blocks; this is number {embed.number}.")
    try:
        read_block(embed.kind, embed.source)
    except BlockFault as fault:
        return Shown(embed=embed, fault=fault.message, fault_line=embed.line_of(fault.line_in(embed.source)))
    at = place.commit if place else ""
    query = {"kind": embed.kind, "line": embed.line, "at": at, "text": embed.source}
    url = f"{report_url(repo, 'report_block')}?{urlencode(query)}"
    drawn = block_context(repo, embed, at) if embed.number <= AT_ONCE and embed.kind != "file" else None
    return Shown(embed=embed, url=url, height=_TALL.get(embed.kind, "report-block--table"), drawn=drawn)


def _contents(pieces: list[Shown]) -> Iterator[Heading]:
    for piece in pieces:
        for level, anchor, words in _heading.findall(piece.html):
            text = " ".join(_tag.sub("", words).split())
            if text:
                # What is left of cleaned HTML without its tags is text with its entities.
                yield Heading(int(level), anchor, mark_safe(text))  # noqa: S308
