"""Pages of reports: reading at a commit, blocks with this repository's runs and files, writing, conflicts, strangers."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from repos.git import objects
from repos.git.commits import Put
from repos.models import Repository
from repos.paths import git_dir
from repos.services.edits import commit_changes
from repos.services.people import protect_branch
from tests.factories.repos import make_repo
from tests.factories.tracking import START, make_experiment, make_run
from tracking.models import Experiment, Run
from tracking.services.runs import delete_run
from tracking.table_state import USUAL_SIZE

HOME = "/alice/stones/reports"
BLOCK = "/alice/stones/report-block"
PART = {"HX-Request": "true"}
BrowserOf = Callable[[User | None], Client]

FINDINGS = """# Less is more

By [the guide](../docs/guide.md), see ![plot](plot.png).

## Best runs

```runs
experiment: sweep
order: metrics.loss
columns: params.lr, metrics.loss, tags.team
limit: 2
```

## Curves

```chart
experiment: sweep
metric: loss
smoothing: 0.6
```

### Data

```file
path: data/table.csv
```
"""
FILES = {
    "reports/findings.md": FINDINGS,
    "data/table.csv": "stone,mass\ngranite,12\nslate,7\n",
    "README.md": "# Stones\n",
}


def commit(repo: Repository, user: User, files: dict[str, str], message: str = "Write") -> str:
    """One commit with these files; its id."""
    changes = [Put(path.encode(), text.encode()) for path, text in files.items()]
    update = commit_changes(actor=Actor(user=user), repository=repo, branch="main", changes=changes, message=message)
    repo.refresh_from_db()
    return update.new


@pytest.fixture
def sweep(repo: Repository) -> Experiment:
    """An experiment with three runs that differ in lr and loss."""
    experiment = make_experiment(repo, "sweep")
    for number, lr in enumerate(("0.1", "0.01", "0.001")):
        make_run(
            repo, experiment, f"run-{number}", start=START + number * 86_400_000,
            params={"lr": lr, "depth": "18"}, metrics={"loss": [1.0, 0.5 - number / 10]}, tags={"team": "vision"},
        )  # fmt: skip
    return experiment


@pytest.fixture
def written(repo: Repository, alice: User, sweep: Experiment) -> str:
    """alice/stones with a report; the commit's id."""
    return commit(repo, alice, FILES)


@pytest.fixture
def carols(browser_of: BrowserOf, carol: User) -> Client:
    """The browser of somebody who may read."""
    return browser_of(carol)


@pytest.fixture
def bobs(browser_of: BrowserOf, bob: User) -> Client:
    """The browser of somebody who may write."""
    return browser_of(bob)


def text_of(client: Client, path: str, status: int = 200, **headers: str) -> str:
    """The page's HTML."""
    response = client.get(path, headers=headers or None)
    assert response.status_code == status, response.content[:500]
    return response.content.decode()


def blocks_of(page: str) -> list[str]:
    """The addresses of the blocks of a page."""
    return [html.unescape(each) for each in re.findall(r'hx-get="([^"]*report-block[^"]*)"', page)]


def block(client: Client, kind: str, source: str, at: str = "", status: int = 200) -> str:
    """A block as its part."""
    query = urlencode({"kind": kind, "text": source, "at": at, "line": 10})
    return text_of(client, f"{BLOCK}?{query}", status, **PART)


def test_reports_are_listed_with_title_author_and_the_way_there(written: str, carols: Client) -> None:
    page = text_of(carols, HOME)
    assert f'href="{HOME}/findings"' in page and "Less is more" in page and "findings.md" in page
    assert "New report" not in page


def test_a_report_shows_prose_contents_and_its_blocks(written: str, carols: Client) -> None:
    page = text_of(carols, f"{HOME}/findings")
    assert re.findall(r"<h1[^>]*>([^<]*)</h1>", page) == ["Less is more"]
    assert '<a href="#user-content-best-runs">Best runs</a>' in page
    assert 'href="/alice/stones/src/main/docs/guide.md"' in page
    assert 'src="/alice/stones/raw/main/reports/plot.png"' in page
    kinds = [dict(parse_qsl(urlsplit(address).query))["kind"] for address in blocks_of(page)]
    assert kinds == ["runs", "chart", "file"]
    assert "Edit" not in page.replace("Edited", "")


def test_a_table_of_runs_is_ordered_cut_and_linked(written: str, carols: Client) -> None:
    runs = blocks_of(text_of(carols, f"{HOME}/findings"))[0]
    part = text_of(carols, runs, **PART)
    assert re.findall(r'runs/[0-9a-f]{32}">([^<]+)</a>', part) == ["run-2", "run-1"]
    assert ">0.3<" in part and ">0.001<" in part and ">vision<" in part and ">1.0<" not in part
    assert "/alice/stones/experiments/1?sort=metrics.loss&amp;cols=params.lr" in part
    assert "The first 2 are shown" in part
    assert "<html" not in part


def test_the_block_is_a_page_without_javascript(written: str, carols: Client) -> None:
    page = text_of(carols, blocks_of(text_of(carols, f"{HOME}/findings"))[0])
    assert "<html" in page and "run-2" in page


def test_a_chart_asks_for_the_series_of_its_runs(written: str, carols: Client) -> None:
    part = text_of(carols, blocks_of(text_of(carols, f"{HOME}/findings"))[1], **PART)
    source = html.unescape(re.findall(r'data-src="([^"]+)"', part)[0])
    assert 'data-smooth="0.6"' in part and "data-refresh" in part
    answer = carols.get(source).json()
    assert sorted(series["name"] for series in answer["series"]) == ["run-0", "run-1", "run-2"]
    assert answer["series"][0]["points"]


def test_a_file_is_drawn_at_the_commit_of_the_report(
    written: str, repo: Repository, alice: User, carols: Client
) -> None:
    newer = commit(repo, alice, {"data/table.csv": "stone,mass\nbasalt,3\n"})
    old = text_of(carols, blocks_of(text_of(carols, f"{HOME}/findings?at={written}"))[2], **PART)
    assert "granite" in old and "basalt" not in old and f"/src/{written}/data/table.csv" in old
    now = text_of(carols, blocks_of(text_of(carols, f"{HOME}/findings"))[2], **PART)
    assert "basalt" in now and f"/src/{newer}/" in now
    assert "granite" in block(carols, "file", f"path: data/table.csv\nat: {written}", newer)


def test_markdown_text_and_pictures_are_drawn(written: str, carols: Client) -> None:
    assert "<h1" in block(carols, "file", "path: README.md", written)
    assert "shown on its own page" not in block(carols, "file", "path: data/table.csv", written)


def test_runs_are_compared_by_what_differs(written: str, carols: Client) -> None:
    ids = list(Run.objects.order_by("name").values_list("uuid", flat=True))
    part = block(carols, "compare", f"runs: {ids[0][:12]}, {ids[2]}")
    assert ">lr <" in part and ">loss <" in part and ">depth <" not in part
    assert re.findall(r'runs/[0-9a-f]{32}">([^<]+)</a>', part) == ["run-0", "run-2"]


def test_a_pinned_block_knows_only_what_had_ended(written: str, carols: Client) -> None:
    day = "2026-09-21"  # START is the evening of that day, UTC.
    part = block(carols, "runs", f"experiment: sweep\nat: {day}")
    assert re.findall(r'runs/[0-9a-f]{32}">([^<]+)</a>', part) == ["run-0"]
    assert "none had ended" in block(carols, "runs", "experiment: sweep\nat: 2020-01-01\nfilter: metrics.loss < 9")
    assert "none had ended" not in block(carols, "runs", f"experiment: sweep\nat: {written}")


@pytest.mark.parametrize(
    ("kind", "source", "line", "words"),
    [
        ("runs", "experiment: nothing", 10, "no experiment called"),
        ("runs", "experiment: sweep\nfilter: metrics.loss <", 11, "of the filter"),
        ("runs", "experiment: sweep\norder: nonsense.x", 11, "nonsense"),
        ("runs", "experiment: sweep\nat: no/such/ref", 11, "no commit, tag or branch"),
        ("runs", "experiment: sweep\nat: 2026-13-45", 11, "no day or time"),
        ("chart", "experiment: sweep", 0, "which metric"),
        ("file", "path: ../../etc/passwd", 10, "no file"),
        ("file", "path: data", 10, "no file"),
        ("file", "path: data/table.csv\nat: HEAD^{tree}", 11, "no commit, tag or branch"),
    ],
)
def test_a_fault_is_told_at_its_block(
    written: str, carols: Client, kind: str, source: str, line: int, words: str
) -> None:
    part = html.unescape(block(carols, kind, source, written))
    assert words in part and "is not shown" in part
    if line:
        assert f"(line {line})" in part


def test_a_fault_leaves_the_rest_of_the_report(
    repo: Repository, alice: User, carols: Client, sweep: Experiment
) -> None:
    text = "# T\n\nBefore\n\n```runs\nexperiment: sweep\nlimit: many\n```\n\nAfter\n\n```chart\nexperiment: sweep\nmetric: loss\n```\n"
    commit(repo, alice, {"reports/a b.md": text})
    page = html.unescape(text_of(carols, f"{HOME}/a%20b"))
    assert "(line 7)" in page and "whole number from 1 to 200" in page
    assert "Before" in page and "After" in page and len(blocks_of(page)) == 1


def test_a_report_has_a_bounded_number_of_blocks(repo: Repository, alice: User, carols: Client) -> None:
    commit(repo, alice, {"reports/many.md": "```runs\nexperiment: a\n```\n\n" * 45})
    page = text_of(carols, f"{HOME}/many")
    assert len(blocks_of(page)) == 40
    assert page.count("at most 40 blocks") == 5


def test_the_first_blocks_come_with_the_page(written: str, carols: Client) -> None:
    page = text_of(carols, f"{HOME}/findings")
    assert ">run-2</a>" in page and "/series?key=loss" in page
    assert "granite" not in page and page.count("report-block__wait") == 1


def test_blocks_show_nothing_of_other_repositories(repo: Repository, alice: User, carols: Client, written: str) -> None:
    other = make_repo(alice, "secret")
    hidden = make_run(other, make_experiment(other, "hidden"), "run-hidden", metrics={"loss": [1.0]})
    assert "run-hidden" not in block(carols, "runs", f"runs: {hidden.uuid}")
    assert "run-hidden" not in block(carols, "compare", f"runs: {hidden.uuid[:8]}")
    assert "no experiment called" in block(carols, "runs", "experiment: hidden")


def test_runs_in_the_trash_are_left_out(repo: Repository, written: str, carols: Client, alice: User) -> None:
    gone = Run.objects.get(name="run-2")
    delete_run(repository=repo, run_id=gone.uuid, actor=Actor(user=alice))
    assert "run-2" not in block(carols, "runs", "experiment: sweep") + block(carols, "runs", f"runs: {gone.uuid}")


def test_filters_mean_what_they_mean_in_the_runs_table(written: str, carols: Client) -> None:
    part = block(carols, "runs", "experiment: sweep\nfilter: run_name ~ 'run-[01]' and duration > 60s\norder: run_name")
    assert re.findall(r'runs/[0-9a-f]{32}">([^<]+)</a>', part) == ["run-0", "run-1"]
    Run.objects.filter(name="run-0").update(archived_at=START)
    assert "run-0" not in block(carols, "runs", "experiment: sweep")
    assert "run-0" in block(carols, "runs", f"runs: {Run.objects.get(name='run-0').uuid}")


def test_a_stranger_learns_nothing(written: str, browser_of: BrowserOf, mallory: User) -> None:
    for who in (mallory, None):
        client = browser_of(who)
        for path in (
            HOME,
            f"{HOME}/findings",
            f"{HOME}/findings/versions",
            f"{BLOCK}?kind=runs&text=experiment:%20sweep",
        ):
            assert client.get(path).status_code == 404


def test_a_reader_cannot_write(written: str, carols: Client) -> None:
    assert carols.get(f"{HOME}/findings/edit").status_code == 403
    assert carols.post("/alice/stones/new-report", {"name": "x", "content": "y"}).status_code == 403
    assert carols.post("/alice/stones/report-preview", {"content": "y"}).status_code == 403


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "[x](javascript:alert(1))",
        '<div title="\n\n```runs\nexperiment: sweep\n```\n\n onmouseover=alert(1) x="">',
        "<form action=/-/logout method=post><button>x</button></form>",
        '```runs\nexperiment: "<script>alert(1)</script>"\n```',
        '```file\npath: "\\"><script>alert(1)</script>"\n```',
        "# <img src=x onerror=alert(1)>\n\n## <b onclick=alert(1)>two</b>\n\n## three\n\n## four\n",
        "---\ntitle: <script>alert(1)</script>\nauthor: <img onerror=alert(1)>\n---\nx",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe><section hx-get=/-/settings hx-trigger=load>x</section>",
    ],
)
def test_nothing_in_a_report_runs(repo: Repository, alice: User, carols: Client, sweep: Experiment, text: str) -> None:
    commit(repo, alice, {"reports/attack.md": f"{text}\n\nAfter\n"})
    page = text_of(carols, f"{HOME}/attack")
    pages = [page, *(text_of(carols, address, **PART) for address in blocks_of(page)), text_of(carols, HOME)]
    for each in pages:
        body = each[each.find("<main") :] if "<main" in each else each
        body = body[: body.find("</main>")] if "</main>" in body else body
        tags = re.findall(r"<[a-z][^<>]*>", body)
        assert not [tag for tag in tags if re.search(r"\son[a-z]+\s*=|javascript:|srcdoc|/-/settings", tag)]
        assert "<script" not in body and "<iframe" not in body and "/-/logout" not in body


def test_queries_do_not_grow_with_reports_and_runs(repo: Repository, alice: User, carols: Client, written: str) -> None:
    def queries(path: str) -> int:
        text_of(carols, path, **(PART if "report-block" in path else {}))
        with CaptureQueriesContext(connection) as caught:
            text_of(carols, path, **(PART if "report-block" in path else {}))
        return len(caught)

    one = f"{BLOCK}?{urlencode({'kind': 'runs', 'text': 'experiment: sweep' + chr(10) + 'limit: 1'})}"
    three = f"{BLOCK}?{urlencode({'kind': 'runs', 'text': 'experiment: sweep' + chr(10) + 'limit: 3'})}"
    assert [queries(one), queries(three)] == [10, 10]
    assert [queries(HOME), queries(f"{HOME}/findings")] == [8, 15]
    commit(repo, alice, {"reports/b.md": FINDINGS, "reports/c.md": FINDINGS})
    assert [queries(HOME), queries(f"{HOME}/findings")] == [8, 15]


def test_a_report_is_written_and_changed(repo: Repository, bobs: Client, carols: Client, written: str) -> None:
    assert "Insert a block" in text_of(bobs, "/alice/stones/new-report")
    made = bobs.post(
        "/alice/stones/new-report", {"name": "plan b", "content": "# Plan\r\n\r\ntext", "target": "branch"}
    )
    assert made.status_code == 302 and made["Location"] == f"{HOME}/plan%20b"
    assert "<h1>Plan</h1>" in text_of(carols, f"{HOME}/plan%20b")
    form = text_of(bobs, f"{HOME}/plan%20b/edit")
    seen = re.findall(r'name="seen" value="([0-9a-f]{40})"', form)[0]
    values = {"content": "# Plan C\n", "seen": seen, "target": "branch", "message": "Think again"}
    assert bobs.post(f"{HOME}/plan%20b/edit", values).status_code == 302
    history = text_of(carols, f"{HOME}/plan%20b/versions")
    assert "Think again" in history and "Add report plan b" in history
    old = html.unescape(re.findall(r'href="([^"]*\?at=[0-9a-f]{40})"[^>]*>Add report', history)[0])
    assert "<h1>Plan</h1>" in text_of(carols, old) and "as of commit" in text_of(carols, old)


def test_a_report_changed_meanwhile_is_not_overwritten(
    repo: Repository, alice: User, bobs: Client, written: str
) -> None:
    seen = re.findall(r'name="seen" value="([0-9a-f]{40})"', text_of(bobs, f"{HOME}/findings/edit"))[0]
    commit(repo, alice, {"reports/findings.md": "# Alice's\n"})
    mine = {"content": "# Bob's words", "seen": seen, "target": "branch"}
    refused = bobs.post(f"{HOME}/findings/edit", mine)
    page = html.unescape(refused.content.decode())
    assert refused.status_code == 409 and "# Bob's words" in page and "Committing once more replaces it" in page
    again = re.findall(r'name="seen" value="([0-9a-f]{40})"', page)[0]
    assert bobs.post(f"{HOME}/findings/edit", {**mine, "seen": again}).status_code == 302


def test_a_report_deleted_meanwhile_is_not_lost(repo: Repository, alice: User, bobs: Client, written: str) -> None:
    from repos.git.commits import Remove

    seen = re.findall(r'name="seen" value="([0-9a-f]{40})"', text_of(bobs, f"{HOME}/findings/edit"))[0]
    remove = Remove(b"reports/findings.md")
    commit_changes(actor=Actor(user=alice), repository=repo, branch="main", changes=[remove], message="Away")
    mine = {"content": "# Bob's words", "seen": seen, "target": "branch"}
    refused = bobs.post(f"{HOME}/findings/edit", mine)
    assert refused.status_code == 409 and "# Bob&#x27;s words" in refused.content.decode()
    assert bobs.post(f"{HOME}/findings/edit", {**mine, "seen": ""}).status_code == 302
    assert bobs.get(f"{HOME}/findings/edit").status_code == 200


@pytest.mark.parametrize("name", ["", "a/b", "../x", ".hidden", "x" * 200, "a\0b"])
def test_a_name_that_is_none_is_refused_and_the_text_kept(written: str, bobs: Client, name: str) -> None:
    answer = bobs.post("/alice/stones/new-report", {"name": name, "content": "# Kept words", "target": "branch"})
    assert answer.status_code == 400 and "# Kept words" in answer.content.decode()


def test_a_name_that_is_taken_is_refused(written: str, bobs: Client) -> None:
    answer = bobs.post("/alice/stones/new-report", {"name": "findings", "content": "# Kept", "target": "branch"})
    assert answer.status_code == 409 and "# Kept" in answer.content.decode()


def test_a_protected_branch_takes_a_report_on_a_new_branch(
    repo: Repository, alice: User, bobs: Client, written: str
) -> None:
    protect_branch(actor=Actor(user=alice), repository=repo, pattern="main", push_level=Level.ADMIN)
    assert "is protected" in text_of(bobs, f"{HOME}/findings/edit")
    values = {"content": "# Branched\n", "target": "new", "new_branch": "bob-report-1"}
    answer = bobs.post(f"{HOME}/findings/edit", values)
    assert answer.status_code == 302 and answer["Location"] == f"{HOME}/findings?at=bob-report-1"
    page = text_of(bobs, answer["Location"])
    assert "<h1>Branched</h1>" in page and "on the branch" in page and "/edit?at=bob-report-1" in page


def test_the_first_report_makes_the_first_commit(repo: Repository, bobs: Client, carols: Client) -> None:
    assert "No reports yet" in text_of(carols, HOME) and "Write a report" in text_of(bobs, HOME)
    made = bobs.post("/alice/stones/new-report", {"name": "first", "content": "# First\n", "target": "branch"})
    assert made.status_code == 302
    assert "<h1>First</h1>" in text_of(carols, f"{HOME}/first")


def test_samples_name_what_is_here(repo: Repository, written: str, bobs: Client) -> None:
    page = html.unescape(text_of(bobs, "/alice/stones/new-report"))
    for source in re.findall(r"<code>```(\w+)\n(.*?)```", page, re.S):
        part = block(bobs, source[0], source[1], written)
        assert "is not shown" not in part, part
    assert "experiment: sweep" in page and "path: data/table.csv" in page


def test_a_preview_keeps_nothing(repo: Repository, written: str, bobs: Client) -> None:
    before = objects.resolve(git_dir(repo), "main").commit
    answer = bobs.post("/alice/stones/report-preview", {"content": FINDINGS}, headers=PART)
    page = answer.content.decode()
    assert len(blocks_of(page)) == 3 and "<html" not in page
    assert "<html" in bobs.post("/alice/stones/report-preview", {"content": FINDINGS}).content.decode()
    assert objects.resolve(git_dir(repo), "main").commit == before
    assert bobs.post("/alice/stones/report-preview", {"content": "x" * 300_000}).status_code == 413


def test_a_runs_table_becomes_a_block(written: str, carols: Client, bobs: Client) -> None:
    query = urlencode(
        [("q", "metrics.loss < 0.45"), ("sort", "-metrics.loss"), ("cols", "metrics.loss"), ("cols", "user_id")]
    )
    address = f"/alice/stones/experiments/1/report-block?{query}"
    page = html.unescape(text_of(carols, address))
    kind, source = re.findall(r"<code>```(\w+)\n(.*?)```", page, re.S)[0]
    assert source == (
        "experiment: sweep\nfilter: metrics.loss < 0.45\norder: -metrics.loss\ncolumns: metrics.loss\n"
        f"limit: {USUAL_SIZE}\n"
    )
    assert re.findall(r'runs/[0-9a-f]{32}">([^<]+)</a>', block(carols, kind, source)) == ["run-1", "run-2"]
    add = html.unescape(re.findall(rf'href="({HOME}/findings/edit[^"]*)"', text_of(bobs, address))[0])
    form = html.unescape(text_of(bobs, add))
    assert "path: data/table.csv" in form and "filter: metrics.loss < 0.45" in form


def test_a_table_as_it_comes_offers_its_metric(written: str, carols: Client) -> None:
    page = html.unescape(text_of(carols, "/alice/stones/experiments/1/report-block"))
    chart = dict(re.findall(r"<code>```(\w+)\n(.*?)```", page, re.S))["chart"]
    assert chart == "experiment: sweep\nmetric: loss\n"
    assert "/series?key=loss" in block(carols, "chart", chart)
    assert "/report-block?" in text_of(carols, "/alice/stones/experiments/1")


def test_the_file_of_a_report_leads_to_it(written: str, carols: Client) -> None:
    page = text_of(carols, "/alice/stones/src/main/reports/findings.md")
    assert f'href="{HOME}/findings"' in page and "Less is more" in page
    old = text_of(carols, f"/alice/stones/src/{written}/reports/findings.md")
    assert f'href="{HOME}/findings?at={written}"' in old


@pytest.mark.parametrize(
    "path",
    [
        f"{HOME}/nothing", f"{HOME}?at=nowhere", f"{HOME}/findings?at=nowhere", f"{HOME}/findings?at=main/reports",
        f"{HOME}/findings?at=--output=x", f"{HOME}/findings?at=%00", f"{HOME}/%00", f"{HOME}/nothing/edit",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(written: str, bobs: Client, path: str) -> None:
    assert bobs.get(path).status_code == 404
