"""The pages that are opened in a real browser. Each room adds its own: who looks, where, and what the answer is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PageRow:
    """A page to hold to every check. `who` is one of the cast, or "" for somebody who has not signed in.

    The `repo` fixture of tests/conftest.py (alice/stones) is there, public as alice/open; `setup` names further
    fixtures of tests/browser/conftest.py that the page needs; a dict that one returns fills the {words} of the path.
    """

    name: str
    path: str
    who: str = "alice"
    status: int = 200
    setup: tuple[str, ...] = ()


def address(row: PageRow, request: Any) -> str:
    """Call for the fixtures of a row; its path with the words they give."""
    words: dict[str, str] = {}
    for fixture in row.setup:
        given = request.getfixturevalue(fixture)
        words.update(given if isinstance(given, dict) else {})
    return row.path.format(**words)


RUN = "/alice/stones/experiments/1/runs/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
"""The run that the fixture `tracked` makes."""

COMPARED = "/alice/stones/experiments/1/compare"
"""Where the runs that the fixture `compared` makes are laid side by side; their ids are in {runs}."""

MODEL = "/alice/stones/models/iris-classifier"
"""A model that the fixture `registered` makes."""

GOVERNED = "/alice/stones/models/petal-counter"
"""A model with rules and requests that the same fixture makes."""

PAGES = [
    # web
    PageRow("welcome", "/", who=""),
    PageRow("home", "/"),
    PageRow("home-with-runs", "/", who="bob", setup=("history", "tracked")),
    PageRow("start", "/", who="mallory"),
    PageRow("start-administrator", "/", who="root", setup=("empty_hub",)),
    PageRow("explore", "/-/explore"),
    PageRow("explore-nothing", "/-/explore?q=no-such-words"),
    PageRow("search", "/-/search?q=al"),
    PageRow("api", "/-/api", who=""),
    PageRow("owner", "/alice/", who="bob"),
    PageRow("organisation", "/northwind/", setup=("northwind",)),
    PageRow("not-found", "/alice/nothing-here", status=404),
    PageRow("not-found-anonymous", "/alice/stones", who="", status=404),
    PageRow("bad-request", "/-/explore?sort=size", status=400),
    # repos: a history, and what one does with it
    PageRow("new-repository", "/-/new"),
    PageRow("repository-empty", "/alice/stones"),
    PageRow("repository-empty-reader", "/alice/stones", who="carol"),
    PageRow("overview", "/alice/stones", setup=("history", "tracked")),
    PageRow("overview-reader", "/alice/stones", who="carol", setup=("history",)),
    PageRow("files", "/alice/stones/src", setup=("history",)),
    PageRow("folder", "/alice/stones/src/main/src", setup=("history",)),
    PageRow("file-code", "/alice/stones/src/main/src/train.py", setup=("history",)),
    PageRow("file-markdown", "/alice/stones/src/main/docs/guide.md", setup=("history",)),
    PageRow("file-picture", "/alice/stones/src/main/docs/picture.png", setup=("history",)),
    PageRow("file-svg", "/alice/stones/src/main/docs/drawing.svg", setup=("history",)),
    PageRow("file-html", "/alice/stones/src/main/docs/page.html", setup=("history",)),
    PageRow("file-table", "/alice/stones/src/main/data/stones.csv", setup=("history",)),
    PageRow("file-notebook", "/alice/stones/src/main/notebooks/explore.ipynb", setup=("history",)),
    PageRow("file-notebook-source", "/alice/stones/src/main/notebooks/explore.ipynb?view=source", setup=("history",)),
    PageRow("file-notebook-drawing", "/alice/stones/rendering/main/notebooks/explore.ipynb", setup=("history",)),
    PageRow("file-binary", "/alice/stones/src/main/data/blob.bin", setup=("history",)),
    PageRow("file-missing", "/alice/stones/src/main/nowhere.py", status=404, setup=("history",)),
    # storage: data in the tree
    PageRow("bucket", "/alice/stones/data", setup=("bucket",)),
    PageRow("bucket-empty", "/alice/stones/data"),
    PageRow("bucket-folder", "/alice/stones/data/files/photos/", setup=("bucket",)),
    PageRow("bucket-object", "/alice/stones/data/files/table.csv", setup=("bucket",)),
    PageRow("bucket-upload", "/alice/stones/data/upload?folder=photos/", setup=("bucket",)),
    PageRow("bucket-deletion", "/alice/stones/data/deletion/photos/", setup=("bucket",)),
    PageRow("bucket-usage", "/alice/stones/data/usage", setup=("bucket",)),
    PageRow("bucket-collection", "/alice/stones/data/collection", setup=("unneeded",)),
    PageRow("bucket-versions", "/alice/stones/data/versions/table.csv", setup=("bucket",)),
    PageRow("data-root", "/alice/stones/src/main", setup=("data_tree",)),
    PageRow("data-folder", "/alice/stones/src/main/data/images", setup=("data_tree",)),
    PageRow("data-pictures", "/alice/stones/src/main/data/images/pictures", setup=("data_tree",)),
    PageRow("data-way", "/alice/stones/src/main/out", setup=("data_tree",)),
    PageRow("data-table", "/alice/stones/src/main/table.csv", setup=("data_tree",)),
    PageRow("data-picture", "/alice/stones/src/main/data/images/pictures/03.png", setup=("data_tree",)),
    PageRow("data-lfs", "/alice/stones/src/main/stone.big", setup=("data_tree",)),
    PageRow("data-not-pushed", "/alice/stones/src/main/data/lost.csv", setup=("data_tree",)),
    PageRow("data-commit", "/alice/stones/commit/{after}", setup=("data_tree",)),
    PageRow("data-change", "/alice/stones/changes/{before}/{after}?path=data/images.dvc", setup=("data_tree",)),
    PageRow("data-change-picture", "/alice/stones/changes/{before}/{after}?path=plot.png", setup=("data_tree",)),
    PageRow("data-change-notebook", "/alice/stones/changes/{before}/{after}?path=study.ipynb", setup=("data_tree",)),
    PageRow("data-change-table", "/alice/stones/changes/{before}/{after}?path=table.csv.dvc", setup=("data_tree",)),
    PageRow("blame", "/alice/stones/blame/main/src/train.py", setup=("history",)),
    PageRow("commits", "/alice/stones/commits/main", setup=("history",)),
    PageRow("commits-of-a-file", "/alice/stones/commits/main/src/train.py", setup=("history",)),
    PageRow("commit", "/alice/stones/commit/{sha}", setup=("history",)),
    PageRow("commit-in-columns", "/alice/stones/commit/{sha}?diff=split", setup=("history",)),
    PageRow("compare-form", "/alice/stones/compare", setup=("history",)),
    PageRow("compare", "/alice/stones/compare/old...main", setup=("history",)),
    PageRow("compare-unknown", "/alice/stones/compare/main...nowhere", status=404, setup=("history",)),
    PageRow("compare-in-columns", "/alice/stones/compare/old...main?diff=split", setup=("history",)),
    PageRow("find-file", "/alice/stones/find/main", setup=("history",)),
    PageRow("search-code", "/alice/stones/search?q=loss", setup=("history",)),
    PageRow("find-nothing", "/alice/stones/find/main?q=zzzz", setup=("history",)),
    PageRow("search-nothing", "/alice/stones/search?q=zzzz", setup=("history",)),
    PageRow("branch-deletion", "/alice/stones/branches/delete/old", setup=("history",)),
    PageRow("tag-deletion", "/alice/stones/tags/delete/v1.0", setup=("history",)),
    PageRow("branches", "/alice/stones/branches", setup=("history",)),
    PageRow("tags", "/alice/stones/tags", setup=("history",)),
    PageRow("edit", "/alice/stones/edit/main/src/train.py", setup=("history",)),
    PageRow("create-file", "/alice/stones/new/main/src", setup=("history",)),
    PageRow("upload", "/alice/stones/upload/main/src", setup=("history",)),
    # storage: buckets elsewhere, and the bytes of an owner
    PageRow("connect", "/alice/stones/data/connect"),
    PageRow("connected", "/alice/stones/data/connected/archive", setup=("archive",)),
    PageRow("connected-listed", "/alice/stones/data", setup=("archive",)),
    PageRow("connected-pictures", "/alice/stones/data/connected/archive/files/photos/", setup=("archive",)),
    PageRow("connected-table", "/alice/stones/data/connected/archive/files/table.csv", setup=("archive",)),
    PageRow("connected-settings", "/alice/stones/data/connected/archive/settings", setup=("archive",)),
    PageRow("connected-deletion", "/alice/stones/data/connected/archive/deletion", setup=("archive",)),
    PageRow("connected-fault", "/alice/stones/data/connected/gone", status=503, setup=("archive",)),
    PageRow("usage-owner", "/-/settings/usage", setup=("archive",)),
    PageRow("usage-organisation", "/-/organizations/northwind/usage", setup=("northwind",)),
    PageRow("rename-file", "/alice/stones/rename/main/data/blob.bin", setup=("history",)),
    PageRow("delete-file", "/alice/stones/delete/main/src/train.py", setup=("history",)),
    PageRow("repository-settings", "/alice/stones/settings", setup=("history",)),
    PageRow("repository-access", "/alice/stones/settings/access"),
    PageRow("repository-protection", "/alice/stones/settings/branches", setup=("history",)),
    PageRow("repository-settings-refused", "/alice/stones/settings", who="carol", status=403),
    # accounts
    PageRow("sign-in", "/-/login", who=""),
    PageRow("sign-up", "/-/signup", who=""),
    PageRow("sign-up-closed", "/-/signup", who="", setup=("sign_up_closed",)),
    PageRow("sign-out", "/-/logout"),
    PageRow("account-disabled", "/-/inactive", who=""),
    PageRow("password-reset", "/-/password/reset", who=""),
    PageRow("password-reset-old-link", "/-/password/reset/key/1-abc", who="", status=404),
    PageRow("profile", "/-/settings"),
    PageRow("password", "/-/settings/password"),
    PageRow("tokens-none", "/-/settings/tokens"),
    PageRow("tokens", "/-/settings/tokens", setup=("tokens_of_alice",)),
    PageRow("keys-none", "/-/settings/keys"),
    PageRow("keys", "/-/settings/keys", setup=("keys_of_alice",)),
    PageRow("key-revocation", "/-/settings/keys/88/revocation", setup=("keys_of_alice",)),
    PageRow("object-versions", "/alice/stones/data/versions/d/a.txt", setup=("versions_of_an_object",)),
    PageRow("token-revocation", "/-/settings/tokens/77/revocation", setup=("tokens_of_alice",)),
    PageRow("organisations-none", "/-/settings/organizations"),
    PageRow("organisations", "/-/settings/organizations", setup=("northwind",)),
    PageRow("account-deletion", "/-/settings/account"),
    PageRow("new-organisation", "/-/organizations/new"),
    PageRow("organisation-profile", "/-/organizations/northwind", setup=("northwind",)),
    PageRow("organisation-members", "/-/organizations/northwind/members", setup=("northwind",)),
    PageRow("organisation-teams", "/-/organizations/northwind/teams", setup=("northwind_team",)),
    PageRow("organisation-team", "/-/organizations/northwind/teams/1", setup=("northwind_team",)),
    PageRow("organisation-team-profile", "/-/organizations/northwind/teams/1/profile", setup=("northwind_team",)),
    PageRow("organisation-deletion", "/-/organizations/northwind/deletion", setup=("northwind",)),
    PageRow("people", "/-/admin", who="root"),
    PageRow("people-refused", "/-/admin", who="mallory", status=403),
    PageRow("new-person", "/-/admin/people/new", who="root"),
    PageRow("person", "/-/admin/people/alice", who="root"),
    PageRow("owners", "/-/admin/owners", who="root"),
    PageRow("quota", "/-/admin/owners/alice", who="root"),
    # jobs
    PageRow("jobs", "/-/admin/jobs", who="root", setup=("jobs_in_every_state",)),
    PageRow("jobs-none", "/-/admin/jobs?state=failed", who="root"),
    # tracking
    PageRow("reports-none", "/alice/stones/reports", setup=("tracked",)),
    PageRow("reports", "/alice/stones/reports", setup=("reported",)),
    PageRow("report", "/alice/stones/reports/sweep", setup=("reported",)),
    PageRow("report-at-commit", "/alice/stones/reports/sweep?at={sha}", who="carol", setup=("reported",)),
    PageRow("report-versions", "/alice/stones/reports/sweep/versions", setup=("reported",)),
    PageRow("report-edit", "/alice/stones/reports/sweep/edit", setup=("reported",)),
    PageRow("report-new", "/alice/stones/new-report", setup=("reported",)),
    PageRow("report-missing", "/alice/stones/reports/nothing", status=404, setup=("reported",)),
    PageRow("report-block", "/alice/stones/report-block?kind=runs&text=experiment:+1", setup=("reported",)),
    PageRow("report-snippet", "/alice/stones/experiments/1/report-block?cols=metrics.lr", setup=("reported",)),
    PageRow("report-file", "/alice/stones/src/main/reports/sweep.md", setup=("reported",)),
    PageRow("experiments-none", "/alice/stones/experiments"),
    PageRow("experiments", "/alice/stones/experiments", setup=("tracked",)),
    PageRow("experiment", "/alice/stones/experiments/1", setup=("tracked",)),
    PageRow("experiment-reader", "/alice/stones/experiments/1", who="carol", setup=("tracked",)),
    PageRow(
        "experiment-columns",
        "/alice/stones/experiments/1?cols=params.lr&cols=tags.team&sort=-params.lr",
        setup=("tracked",),
    ),
    PageRow(
        "experiment-filtered-to-nothing", "/alice/stones/experiments/1?q=params.lr+%3D+%270%27", setup=("tracked",)
    ),
    PageRow(
        "experiment-filter-wrong", "/alice/stones/experiments/1?q=metrics.loss+%3C", status=400, setup=("tracked",)
    ),
    PageRow("experiment-trash", "/alice/stones/experiments/1?view=deleted", setup=("tracked",)),
    PageRow("new-experiment", "/alice/stones/experiments/new", setup=("tracked",)),
    PageRow("charts", "/alice/stones/experiments/1/charts", setup=("tracked",)),
    PageRow("charts-reader", "/alice/stones/experiments/1/charts", who="carol", setup=("tracked",)),
    PageRow("charts-board", "/alice/stones/experiments/1/charts?by=params.lr", setup=("boarded",)),
    PageRow("charts-fault", "/alice/stones/experiments/1/charts?q=metrics.", status=400, setup=("tracked",)),
    PageRow("charts-panel", "/alice/stones/experiments/1/charts/panel?at=0", setup=("boarded",)),
    PageRow("charts-panel-scatter", "/alice/stones/experiments/1/charts/panel?kind=scatter", setup=("tracked",)),
    PageRow("charts-board-deletion", "/alice/stones/experiments/1/charts/boards/{board}/deletion", setup=("boarded",)),
    PageRow("experiment-name", "/alice/stones/experiments/1/name", setup=("tracked",)),
    PageRow("experiment-deletion", "/alice/stones/experiments/1/deletion", setup=("tracked",)),
    PageRow("run", RUN, setup=("tracked",)),
    PageRow("run-metrics", f"{RUN}/metrics", setup=("tracked",)),
    PageRow("run-metrics-over-time", f"{RUN}/metrics?x=time", setup=("tracked",)),
    PageRow("run-system", f"{RUN}/system", setup=("tracked",)),
    PageRow("run-artifacts", f"{RUN}/artifacts", setup=("tracked",)),
    PageRow("run-artifact-markdown", f"{RUN}/artifacts/report.md", setup=("tracked",)),
    PageRow("run-artifact-table", f"{RUN}/artifacts/table.csv", setup=("tracked",)),
    PageRow("run-artifact-code", f"{RUN}/artifacts/train.py", setup=("tracked",)),
    PageRow("run-artifact-picture", f"{RUN}/artifacts/plots/one.png", setup=("tracked",)),
    PageRow("run-artifact-page", f"{RUN}/artifacts/page.html", setup=("tracked",)),
    PageRow("run-artifact-binary", f"{RUN}/artifacts/model/model.pkl", setup=("tracked",)),
    PageRow("run-artifact-folder", f"{RUN}/artifacts/plots", setup=("tracked",)),
    PageRow("run-artifacts-found", f"{RUN}/artifacts?find=one", setup=("tracked",)),
    PageRow("run-logs", f"{RUN}/logs", setup=("tracked",)),
    PageRow("run-ending", f"{RUN}/ending", setup=("tracked",)),
    PageRow("run-name", f"{RUN}/name", setup=("tracked",)),
    PageRow("run-notes", f"{RUN}/notes", setup=("tracked",)),
    PageRow("run-deletion", f"{RUN}/deletion", setup=("tracked",)),
    PageRow(
        "run-missing",
        "/alice/stones/experiments/1/runs/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
        status=404,
        setup=("tracked",),
    ),
    PageRow("compare-nothing", "/alice/stones/experiments/1/compare", status=400, setup=("tracked",)),
    PageRow("compare-runs", f"{COMPARED}?{{runs}}&better=min&higher=val/accuracy", setup=("compared",)),
    PageRow("compare-runs-turned", f"{COMPARED}?{{runs}}&view=rows", setup=("compared",)),
    PageRow("compare-one-run", f"{COMPARED}?run={'1' * 32}&run=nobody", setup=("compared",)),
    PageRow("compare-charts", f"{COMPARED}/charts?{{runs}}", setup=("compared",)),
    PageRow("compare-images", f"{COMPARED}/images?{{runs}}&at=3", setup=("compared",)),
    PageRow("compare-files", f"{COMPARED}/files?{{runs}}", setup=("compared",)),
    PageRow("compare-file-table", f"{COMPARED}/files?{{runs}}&file=predictions.json", setup=("compared",)),
    PageRow("compare-file-text", f"{COMPARED}/files?{{runs}}&file=config.yaml", setup=("compared",)),
    PageRow("compare-code", f"{COMPARED}/code?{{runs}}", setup=("compared",)),
    PageRow("compare-environment", f"{COMPARED}/environment?{{runs}}", setup=("compared",)),
    PageRow("compare-without-files", f"{COMPARED}/files?run={'0' * 31}1", status=404, setup=("compared",)),
    PageRow("trash-none", "/alice/stones/experiments/trash"),
    PageRow("trash", "/alice/stones/experiments/trash", setup=("trashed",)),
    PageRow("trash-reader", "/alice/stones/experiments/trash", who="carol", setup=("trashed",)),
    PageRow("trash-purging", "/alice/stones/experiments/trash", setup=("purging",)),
    PageRow("trash-purge", "/alice/stones/experiments/trash/purge?all=1", setup=("trashed",)),
    PageRow("experiment-restoration", "/alice/stones/experiments/1/restoration", setup=("trashed",)),
    PageRow("experiment-trashed", "/alice/stones/experiments/1", setup=("trashed",)),
    PageRow("run-trashed", RUN, setup=("trashed",)),
    # registry
    PageRow("models-none", "/alice/stones/models"),
    PageRow("models", "/alice/stones/models", setup=("registered",)),
    PageRow("models-nothing-found", "/alice/stones/models?q=zzzz", setup=("registered",)),
    PageRow("model", MODEL, setup=("registered",)),
    PageRow("model-reader", MODEL, who="carol", setup=("registered",)),
    PageRow("model-history", f"{MODEL}/history", setup=("registered",)),
    PageRow("model-description", f"{MODEL}/description", setup=("registered",)),
    PageRow("model-deletion", f"{MODEL}/deletion", setup=("registered",)),
    PageRow("model-compare", f"{MODEL}/compare?versions=1,2,3", setup=("registered",)),
    PageRow("model-compare-nothing", f"{MODEL}/compare", status=400, setup=("registered",)),
    PageRow("model-version", f"{MODEL}/1", setup=("registered",)),
    PageRow("model-version-elsewhere", f"{MODEL}/3", setup=("registered",)),
    PageRow("model-version-files", f"{MODEL}/1/files", setup=("registered",)),
    PageRow("model-version-file", f"{MODEL}/1/files/MLmodel", setup=("registered",)),
    PageRow("model-version-files-elsewhere", f"{MODEL}/3/files", setup=("registered",)),
    PageRow("model-version-deletion", f"{MODEL}/2/deletion", setup=("registered",)),
    PageRow("model-rules", f"{GOVERNED}/rules", setup=("registered",)),
    PageRow("model-rules-reader", f"{GOVERNED}/rules", who="carol", setup=("registered",)),
    PageRow("model-requests", f"{GOVERNED}/requests?show=all", setup=("registered",)),
    PageRow("model-requests-none", f"{MODEL}/requests", setup=("registered",)),
    PageRow("model-request-waiting", f"{GOVERNED}/requests/4", setup=("registered",)),
    PageRow("model-request-mine", f"{GOVERNED}/requests/4", who="bob", setup=("registered",)),
    PageRow("model-request-refused", f"{GOVERNED}/requests/2", who="carol", setup=("registered",)),
    PageRow("model-request-done", f"{GOVERNED}/requests/3", setup=("registered",)),
    PageRow("model-ask", f"{GOVERNED}/4/promotion?alias=champion", setup=("registered",)),
    PageRow("model-governed", GOVERNED, setup=("registered",)),
    PageRow("model-governed-history", f"{GOVERNED}/history", setup=("registered",)),
    PageRow("model-governed-deletion", f"{GOVERNED}/deletion", setup=("registered",)),
    PageRow("model-governed-name", f"{GOVERNED}/name", who="bob", setup=("registered",)),
    PageRow("promotions", "/alice/stones/promotions", setup=("registered",)),
    PageRow("promotions-rules", "/alice/stones/promotions/rules", setup=("registered",)),
    PageRow("promotions-history", "/alice/stones/promotions/history", setup=("registered",)),
    PageRow("lineage-data", "/alice/stones/lineage?data=iris.csv&digest=3f9a41c2", setup=("registered",)),
    PageRow("lineage-commit", "/alice/stones/lineage?commit={sha}", setup=("history", "registered")),
    PageRow("lineage-nothing", "/alice/stones/lineage?commit=" + "0" * 40, setup=("registered",)),
    PageRow("model-missing", "/alice/stones/models/nothing", status=404),
    PageRow("prompts-none", "/alice/stones/prompts"),
    PageRow("prompts", "/alice/stones/prompts", setup=("registered",)),
    PageRow("prompt", "/alice/stones/prompts/summary", setup=("registered",)),
    PageRow("prompt-changes", "/alice/stones/prompts/summary/2?against=1", setup=("registered",)),
    PageRow("prompt-chat", "/alice/stones/prompts/chat", setup=("registered",)),
]
