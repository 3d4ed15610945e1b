"""A report among the files of a repository: its text, with the way to the page where its blocks are live."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.http import HttpRequest, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from repos.git import objects
from repos.git.diffs import FileChange
from repos.git.objects import Place
from repos.git.tree import Entry
from repos.models import Repository
from repos.overlays import Laid, PageKind
from repos.paths import git_dir
from repos.views.documents import markdown_html
from tracking.reports.document import LONGEST
from tracking.selectors.reports import FOLDER, SUFFIX
from tracking.views.reports import report_url


class ReportOverlay:
    """What the tracking room lays over the files of a commit: nothing but the body of reports."""

    def laid(self, repository: Repository, place: Place, entries: Sequence[Entry]) -> Iterable[Laid]:
        """Nothing."""
        return ()

    def page(
        self, request: HttpRequest, repository: Repository, place: Place, kind: PageKind
    ) -> HttpResponseBase | None:
        """Nothing."""
        return None

    def shown(self, request: HttpRequest, repository: Repository, place: Place, entry: Entry) -> SafeString | None:
        """The text of a report below the way to its page."""
        above, _, name = entry.path_text.rpartition("/")
        if above != FOLDER or not name.endswith(SUFFIX) or entry.kind != "file":
            return None
        if objects.blob_size(git_dir(repository), entry.id) > LONGEST:
            return None
        at = "" if place.kind == "branch" and place.ref == repository.default_branch else place.ref
        words = {
            "url": report_url(repository, "report", report=name.removesuffix(SUFFIX), at=at),
            "html": markdown_html(repository, place, entry, objects.read_blob(git_dir(repository), entry.id)),
        }
        return render_to_string("tracking/_report_file.html", words)

    def changed(
        self, request: HttpRequest, repository: Repository, old: str, new: str, change: FileChange
    ) -> SafeString | None:
        """Nothing."""
        return None
