"""Pages that lay runs side by side: what differs first, the choice of runs, odd cases, and how many queries they take."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from repos.models import Repository
from tests.factories.tracking import START, make_artifact, make_experiment, make_run
from tests.tracking.test_views_experiments import text_of
from tracking import sql
from tracking.comparison_places import ComparisonPart, _parts, offer_comparison_part
from tracking.models import Experiment, Run
from tracking.services.inputs import DatasetGiven, log_inputs
from tracking.services.runs import delete_run

COMPARE = "/alice/stones/experiments/1/compare"
BrowserOf = Callable[[User | None], Client]


@pytest.fixture
def sweep(repo: Repository) -> Experiment:
    """Three runs that differ in lr and loss, and agree in depth and team."""
    experiment = make_experiment(repo)
    for number, lr in enumerate(("0.1", "0.01", "0.001")):
        make_run(
            repo, experiment, f"run-{number}", start=START + number * 60_000,
            params={"lr": lr, "depth": "18"}, metrics={"loss": [1.0, 0.5 - number / 10], "acc": [0.5 + number / 4]},
            tags={"team": "vision", "mlflow.source.name": "train.py"},
        )  # fmt: skip
    return experiment


@pytest.fixture
def bobs(browser_of: BrowserOf, sweep: Experiment, bob: User) -> Client:
    return browser_of(bob)


def query(*names: str, **more: str) -> str:
    """The query that names these runs, in this order."""
    ids = dict(Run.objects.values_list("name", "uuid"))
    return "&".join(
        [*(f"run={ids.get(name, name)}" for name in names), *(f"{key}={text}" for key, text in more.items())]
    )


def rows(page: str) -> dict[str, list[str]]:
    """The cells of each row as text, in the order of the page."""
    body = page[page.index("<tbody>") : page.rindex("</tbody>")]
    found = {}
    for row in re.findall(r"<tr[ >].*?</tr>", body, re.S):
        name, *cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
        words = [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in [name, *cells]]
        found[words[0]] = words[1:]
    return found


def test_what_differs_comes_first_with_the_way_from_the_baseline(bobs: Client) -> None:
    found = rows(text_of(bobs, f"{COMPARE}?{query('run-0', 'run-1')}"))
    assert list(found)[list(found).index("Metrics") :] == [
        "Metrics", "acc", "loss", "Parameters", "lr", "depth", "Tags", "team"
    ]  # fmt: skip
    assert found["loss"] == ["0.5", "0.4 −0.1 −20.0 %"]
    assert found["acc"] == ["0.5", "0.75 +0.25 +50.0 %"]
    assert found["lr"] == ["0.1", "0.01"]
    assert found["State"] == ["Finished", "Finished"]
    assert found["Duration"] == ["1 m 05 s", "1 m 05 s"]


def test_another_baseline_or_none(bobs: Client) -> None:
    ids = dict(Run.objects.values_list("name", "uuid"))
    page = text_of(bobs, f"{COMPARE}?{query('run-0', 'run-1', baseline=ids['run-1'])}")
    assert rows(page)["loss"][0].startswith("0.5 +0.1")
    assert rows(text_of(bobs, f"{COMPARE}?{query('run-0', 'run-1', baseline='none')}"))["loss"] == ["0.5", "0.4"]


def test_the_best_is_marked_once_somebody_says_which_way(bobs: Client) -> None:
    assert "is-best" not in text_of(bobs, f"{COMPARE}?{query('run-0', 'run-1')}")
    page = text_of(bobs, f"{COMPARE}?{query('run-0', 'run-1', better='min', higher='acc')}")
    assert len(re.findall("is-best", page)) == 2
    assert page.count("compared-delta--better") == 2 and "compared-delta--worse" not in page
    worse = text_of(bobs, f"{COMPARE}?{query('run-0', 'run-1', better='max')}")
    assert worse.count("compared-delta--worse") == 1


def test_rows_are_found_and_left_out(bobs: Client) -> None:
    assert list(rows(text_of(bobs, f"{COMPARE}?{query('run-0', 'run-1', only='1', q='l')}"))) == [
        "Metrics", "loss", "Parameters", "lr"
    ]  # fmt: skip
    assert "No key holds “zzz”" in text_of(bobs, f"{COMPARE}?{query('run-0', 'run-1', q='zzz')}")
    twins = text_of(bobs, f"{COMPARE}?{query('run-0', only='1')}")
    assert "These runs do not differ in anything." in twins


def test_many_runs_are_rows(bobs: Client) -> None:
    page = text_of(bobs, f"{COMPARE}?{query('run-0', 'run-1', 'run-2', view='rows', q='l')}")
    assert "compared-table--turned" in page
    found = rows(page)
    assert [name.split()[-2 if "baseline" in name else -1] for name in found] == ["run-0", "run-1", "run-2"]


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("do=remove&pick={1}", "021"[0:1] + "2"),
        ("do=only&pick={1}&pick={2}", "12"),
        ("do=front&pick={2}", "201"),
        ("do=back&pick={0}", "120"),
        ("do=left&pick={1}&pick={2}", "120"),
        ("do=right&pick={0}&pick={1}", "201"),
        ("without={0}", "12"),
        ("do=nonsense&pick={0}", "012"),
    ],
)
def test_the_choice_of_runs_changes_the_address(bobs: Client, what: str, expected: str) -> None:
    ids = [Run.objects.get(name=f"run-{number}").uuid for number in range(3)]
    answer = bobs.get(f"{COMPARE}?{query('run-0', 'run-1', 'run-2')}&page=3&only=1&{what.format(*ids)}")
    assert answer.status_code == 302
    led = parse_qs(urlsplit(answer["Location"]).query)
    assert led == {"run": [ids[int(digit)] for digit in expected], "only": ["1"]}


def test_a_metric_is_turned_to_higher_then_lower_then_back(bobs: Client) -> None:
    seen = []
    address = f"{COMPARE}?{query('run-0', 'run-1')}"
    for _ in range(3):
        address = bobs.get(f"{address}&turn=loss")["Location"]
        led = parse_qs(urlsplit(address).query)
        seen.append((led.get("higher"), led.get("lower")))
    assert seen == [(["loss"], None), (None, ["loss"]), (None, None)]


def test_runs_of_several_experiments_are_compared(bobs: Client, repo: Repository) -> None:
    make_run(repo, make_experiment(repo, "other one"), "stranger", metrics={"loss": [3.0]})
    found = rows(text_of(bobs, f"{COMPARE}?{query('run-0', 'stranger')}"))
    assert found["Experiment"] == ["sweep", "other one"]
    assert found["loss"][1].startswith("3 ")


def test_no_run_is_a_fault_with_a_way_on(bobs: Client) -> None:
    answer = bobs.get(COMPARE)
    assert answer.status_code == 400
    assert "nothing to compare" in answer.content.decode()


def test_unknown_runs_are_named_and_the_others_shown(bobs: Client) -> None:
    page = text_of(bobs, f"{COMPARE}?{query('run-0', 'run-1', 'f' * 32, 'no-such-run')}")
    assert f"<code>{'f' * 32}</code>" in page and "<code>no-such-run</code>" in page
    assert "2 runs compared" in page
    assert bobs.get(f"{COMPARE}?run={'f' * 32}").status_code == 404


def test_one_run_is_shown_alone(bobs: Client) -> None:
    page = text_of(bobs, f"{COMPARE}?{query('run-0', 'run-0')}")
    assert "One run alone has nothing to differ from." in page
    assert rows(page)["loss"] == ["0.5"]


def test_runs_in_the_trash_are_marked(bobs: Client, repo: Repository) -> None:
    delete_run(repository=repo, run_id=Run.objects.get(name="run-1").uuid)
    page = text_of(bobs, f"{COMPARE}?{query('run-0', 'run-1')}")
    assert "1 of these runs is in the trash." in " ".join(page.split())


def test_more_than_two_hundred_runs_are_cut_and_said(bobs: Client, repo: Repository, sweep: Experiment) -> None:
    Run.objects.bulk_create(
        Run(repository=repo, experiment=sweep, uuid=f"{number:032x}", name=f"r{number}") for number in range(1, 204)
    )
    page = text_of(bobs, f"{COMPARE}?{'&'.join(f'run={number:032x}' for number in range(1, 204))}")
    assert "200 runs compared" in page
    assert "3 are left out" in page
    assert "compared-table--turned" in page


def test_runs_of_another_repository_cannot_be_compared(bobs: Client, other_repo: Repository) -> None:
    # The attack: naming the id of a run of a repository that one may not read.
    secret = make_run(other_repo, make_experiment(other_repo), "secret-name", params={"p": "secret-value"})
    page = text_of(bobs, f"{COMPARE}?{query('run-0', secret.uuid)}")
    assert "secret-name" not in page and "secret-value" not in page
    answer = bobs.get(f"{COMPARE}/series?run={secret.uuid}&key=loss")
    assert answer.status_code == 404


def test_strangers_see_no_comparison(browser_of: BrowserOf, mallory: User, sweep: Experiment) -> None:
    assert browser_of(mallory).get(f"{COMPARE}?{query('run-0', 'run-1')}").status_code == 404


def test_values_of_users_are_text_not_markup(bobs: Client, repo: Repository, sweep: Experiment) -> None:
    evil = "<script>alert(1)</script>"
    make_run(
        repo, sweep, evil, params={"p": evil}, tags={"mlflow.user": evil, "mlflow.source.git.commit": evil}, user=evil
    )
    for page in ("", "/charts", "/images", "/files", "/code", "/environment"):
        assert evil not in text_of(bobs, f"{COMPARE}{page}?{query('run-0', evil)}")


@pytest.mark.parametrize("count", [1, 3])
def test_values_take_the_same_queries_for_one_and_for_three(
    repo: Repository, browser_of: BrowserOf, bob: User, sweep: Experiment, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, address = browser_of(bob), f"{COMPARE}?{query(*(f'run-{number}' for number in range(count)))}"
    client.get(address)
    below: list[str] = []
    asked = sql.rows
    monkeypatch.setattr(sql, "rows", lambda statement, values=(): below.append(statement) or asked(statement, values))
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    # Those below the ORM: which keys differ of three kinds, then the values of those shown.
    assert (len(queries), len(below)) == (12, 6)


def test_the_part_for_htmx_is_the_form_alone(bobs: Client) -> None:
    part = text_of(bobs, f"{COMPARE}?{query('run-0', 'run-1')}", headers={"HX-Request": "true"})
    assert part.startswith('<div id="compared">')


def test_datasets_are_facts(bobs: Client, repo: Repository) -> None:
    run = Run.objects.get(name="run-0")
    log_inputs(
        repository=repo, run_id=run.uuid,
        datasets=[DatasetGiven("train", "abc123", "local", "{}", tags=(("mlflow.data.context", "training"),))],
    )  # fmt: skip
    assert rows(text_of(bobs, f"{COMPARE}?{query('run-0', 'run-1')}"))["Datasets"] == ["train@abc123 (training)", "–"]


def test_a_commit_that_was_never_pushed_is_said_to_be(bobs: Client, repo: Repository, sweep: Experiment) -> None:
    make_run(repo, sweep, "lost", tags={"mlflow.source.git.commit": "e" * 40})
    found = rows(text_of(bobs, f"{COMPARE}?{query('run-0', 'lost')}"))
    assert found["Commit"] == ["–", "eeeeeeeeee (not here)"]


def test_code_to_paste_names_the_runs(bobs: Client) -> None:
    page = text_of(bobs, f"{COMPARE}?{query('run-0', 'run-1')}")
    ids = [Run.objects.get(name=name).uuid for name in ("run-0", "run-1")]
    assert f"&quot;&#x27;{ids[0]}&#x27;, &#x27;{ids[1]}&#x27;&quot;" in page
    assert "experiment_ids=[&#x27;1&#x27;]" in page


def test_curves_that_most_runs_share_come_first(bobs: Client, repo: Repository, sweep: Experiment) -> None:
    make_run(repo, sweep, "one", metrics={"aaa": [1.0, 2.0], "loss": [1.0, 2.0]})
    page = text_of(bobs, f"{COMPARE}/charts?{query('run-0', 'one')}")
    assert re.findall(r'data-key="([^"]+)"', page) == ["loss", "aaa"]
    assert "1 of 2 runs" in page
    answer = bobs.get(f"{COMPARE}/series?{query('run-0', 'one')}&key=loss").json()
    assert [(each["name"], each["points"]) for each in answer["series"]] == [
        ("run-0", [[0, 1.0], [1, 0.5]]), ("one", [[0, 1.0], [1, 2.0]])
    ]  # fmt: skip
    assert bobs.get(f"{COMPARE}/series?{query('run-0')}&key=nothing").json()["series"] == []


def test_parts_of_rooms_above_are_tabs(bobs: Client) -> None:
    def told(
        request: object, repository: Repository, runs: list[Run], baseline: Run | None
    ) -> dict[str, object] | None:
        assert baseline is not None
        return (
            {"place": type("Place", (), {"icon": "bot", "label": f"{len(runs)} and {baseline.name}"})}
            if len(runs) > 1
            else None
        )

    offer_comparison_part(ComparisonPart("answers", "Answers", "bot", "tracking/_compared_nothing.html", 1, told))
    try:
        assert f"{COMPARE}/more/answers?" in text_of(bobs, f"{COMPARE}?{query('run-0')}")
        assert "2 and run-0: nothing" in text_of(bobs, f"{COMPARE}/more/answers?{query('run-0', 'run-1')}")
        assert "Answers: nothing to compare" in text_of(bobs, f"{COMPARE}/more/answers?{query('run-0')}")
    finally:
        _parts.pop("answers")
    assert bobs.get(f"{COMPARE}/more/answers?{query('run-0')}").status_code == 404


def test_pages_without_anything_say_how_to_log_it(bobs: Client) -> None:
    pages = {
        part: text_of(bobs, f"{COMPARE}/{part}?{query('run-0', 'run-1')}")
        for part in ("images", "files", "code", "environment")
    }
    assert "mlflow.log_image(" in pages["images"]
    assert "mlflow.log_table(" in pages["files"]
    assert "No commit is known" in pages["code"] and "mlflow.log_artifact(" in pages["code"]
    assert "No environment is known" in pages["environment"]
    assert make_artifact
