"""The demonstration: whole when it is made, and nothing of it left when it is removed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from accounts.actor import Actor
from accounts.models import Organization, Owner, User
from hub.lib.errors import Conflict
from hub.lib.render import notebook
from jobs.models import Job
from registry.models import ModelAlias, Promotion
from registry.services.promotions import review_promotion
from repos.git import refs
from repos.models import Repository
from repos.paths import git_dir
from repos.services.repositories import create_repository
from storage.models import Blob, StoredObject
from storage.selectors import get_object, read_object
from storage.services import collect_garbage
from tests.factories.accounts import make_organization, make_user
from tracing.models import Assessment, Trace, TracePrompt
from tracing.selectors.evaluation_rows import eval_rows
from tracking.locations import SPACE
from tracking.models import Experiment, Run, RunTag
from tracking.reports.blocks import read_block
from web.demo import boards, registered, runs, selectors, services
from web.demo.birds import as_csv, birds
from web.demo.history import STEPS, history
from web.demo.questions import answer, questions
from web.demo.traces import PROMPT
from web.tasks import make_demo

pytestmark = pytest.mark.django_db(transaction=True)
BrowserOf = Callable[[User | None], Client]


def command(*words: str) -> str:
    out = StringIO()
    call_command("demo", *words, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.fixture
def made(root: User) -> Repository:
    assert command() == "http://127.0.0.1:8000/demo/penguins\n"
    return Repository.objects.get(name="penguins")


def row_counts() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


def test_command_makes_a_whole_example_quickly(root: User) -> None:
    start = time.monotonic()
    assert command("--owner", root.username) == "http://127.0.0.1:8000/demo/penguins\n"
    assert time.monotonic() - start < 60
    repo = Repository.objects.get(name="penguins")
    assert (repo.full_name, repo.visibility, repo.is_empty) == ("demo/penguins", "internal", False)
    members = Owner.objects.get(slug="demo").organization.memberships.order_by("pk")  # type: ignore[union-attr]
    assert list(members.values_list("user__username", "user__is_active", "role")) == [
        (root.username, True, "owner"), ("demo-ida", False, "member"), ("demo-tor", False, "member"),
    ]  # fmt: skip
    assert {ref for ref in refs.snapshot(git_dir(repo)) if not ref.startswith("refs/pull/")} == {
        "refs/heads/main", "refs/heads/fix/scaling", "refs/heads/dropout", "refs/tags/v0.1.0", "refs/tags/v0.2.0",
    }  # fmt: skip


def test_runs_are_those_of_the_record_and_name_real_commits(made: Repository) -> None:
    assert dict(Experiment.objects.filter(repository=made).values_list("name", "active_runs")) == {
        "Default": 0, "linear": 16, "hidden layer": 25, "field guide": 2,
    }  # fmt: skip
    statuses = list(Run.objects.filter(repository=made).values_list("status", flat=True))
    counts = {status: statuses.count(status) for status in set(statuses)}
    assert counts == {"FINISHED": 39, "FAILED": 2, "KILLED": 1, "RUNNING": 1}
    commits = set(
        RunTag.objects.filter(run__repository=made, key="mlflow.source.git.commit").values_list("value", flat=True)
    )
    known = subprocess.run(
        ["git", "-C", str(git_dir(made)), "rev-list", "--branches", "--tags"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert len(known) == len(STEPS) + 1  # and the pull request that was merged
    assert len(commits) > 5 and commits <= set(known)


def test_repository_is_sound_and_its_files_are_what_the_words_say(made: Repository, tmp_path: Path) -> None:
    subprocess.run(["git", "-C", str(git_dir(made)), "fsck", "--strict"], check=True, capture_output=True)
    tree = checked_out(made, tmp_path)
    assert (tree / "data/penguins.csv").read_text() == as_csv(birds(3))
    assert "](docs/bills.png)" in (tree / "README.md").read_text()
    assert (tree / "docs/bills.png").read_bytes().startswith(b"\x89PNG")
    drawn = notebook.draw((tree / "notebooks/explore.ipynb").read_bytes())
    assert (drawn.cells, drawn.left_out) == (7, ())
    assert "data:image/png;base64," in drawn.html and "<table>" in drawn.html


def test_record_is_what_the_repository_trains(made: Repository, tmp_path: Path) -> None:
    """The program of the repository is run as it stands after a commit, with a stand-in for the tracking client."""
    pytest.importorskip("numpy")
    record = runs.recorded()[-4]
    tree = checked_out(made, tmp_path / "tree")
    commit = RunTag.objects.filter(run__name=runs.run_name(record), key="mlflow.source.git.commit").values_list(
        "value", flat=True
    )[0]
    subprocess.run(["git", "-C", str(tree), "checkout", "-q", commit], check=True, capture_output=True)
    (tmp_path / "mlflow.py").write_text(STAND_IN)
    words = [word for name, value in record["params"].items() for word in (f"--{name.replace('_', '-')}", value)]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{tmp_path}:{tree}", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "train.py", *words], cwd=tree, env=env, check=True, capture_output=True, text=True
    )
    losses = json.loads(done.stdout.splitlines()[-1])
    assert losses == pytest.approx(record["metrics"]["val_loss"], rel=0.02)


STAND_IN = """
import atexit, contextlib, json
losses = []
atexit.register(lambda: print(json.dumps(losses)))
start_run = lambda parent_run_id=None: contextlib.nullcontext()
set_experiment = log_params = lambda given: None
log_dict = log_image = lambda given, name: None
log_metrics = lambda metrics, step: losses.append(metrics["val_loss"])
"""


def checked_out(repo: Repository, folder: Path) -> Path:
    subprocess.run(["git", "clone", "-q", str(git_dir(repo)), str(folder / "clone")], check=True, capture_output=True)
    return folder / "clone"


def test_artifacts_are_stored_with_their_runs(made: Repository) -> None:
    failed = Run.objects.get(repository=made, status="FAILED", experiment__name="linear")
    keys = StoredObject.objects.filter(bucket__repository=made, bucket__name="artifacts").values_list("key", flat=True)
    assert [key for key in keys if failed.uuid in key] == [f"1/{failed.uuid}/artifacts/log.txt"]
    names = {key.split("/artifacts/")[1] for key in keys}
    images = {name for name in names if name.startswith("images/curve+step+")}
    assert len(images) == 9 * 4
    assert names - images - MODEL == {
        "log.txt", "history.csv", "evaluation/confusion.json", "evaluation/confusion.png",
        "logs/sweep.log", "figures/losses.json",
        "evaluation/by_species.json", "evaluation/by_species.html",
    }  # fmt: skip


MODEL = {"MLmodel", "input_example.json", "requirements.txt", "network.safetensors"}


def test_sweep_stands_above_its_runs_and_says_what_came_of_it(made: Repository, root: User) -> None:
    parent = Run.objects.get(repository=made, name="sweep of widths and rates")
    children = Run.objects.filter(tags__key="mlflow.parentRunId", tags__value=parent.uuid)
    assert children.count() == 9
    assert all(parent.start_time <= run.start_time and run.end_time <= parent.end_time for run in children)
    noted = RunTag.objects.filter(run__repository=made, key="mlflow.note.content")
    assert set(noted.values_list("run__name", flat=True)) == {parent.name, "w32 lr0.1 s1"}
    log = get_object(made, SPACE, f"2/{parent.uuid}/artifacts/logs/sweep.log")
    text = b"".join(read_object(log)).decode()
    assert text.count("\x1b[32maccuracy") == 7 and "\x1b[31mWARNING" in text


def test_board_and_views_are_there_for_the_team(made: Repository, root: User, browser_of: BrowserOf) -> None:
    experiment = Experiment.objects.get(repository=made, name="hidden layer")
    assert [(board.name, len(board.panels)) for board in experiment.boards.all()] == [(boards.BOARD, 7)]
    views = experiment.views.order_by("name")
    assert list(views.values_list("name", "shared")) == [("Best first", True), ("By width", True)]
    address = f"/demo/penguins/experiments/{experiment.number}"
    shown = [browser_of(root).get(f"{address}?{view.query}").content.decode() for view in views]
    assert shown[0].index("w32 lr0.1 s1") < shown[0].index("w8 lr0.1 s1") and "lr100.0" not in shown[0]
    assert all(word in shown[1] for word in ("params.hidden", "64"))


def test_model_has_a_request_of_each_kind(made: Repository) -> None:
    asked = Promotion.objects.filter(model__repository=made).order_by("number")
    assert list(asked.values_list("version__number", "state", "asked_name", "closed_name")) == [
        (2, "done", "demo-tor", "demo-ida"), (3, "refused", "demo-tor", "demo-ida"), (4, "open", "demo-tor", ""),
    ]  # fmt: skip
    assert all(gate["passed"] for gate in asked[2].results)
    aliases = ModelAlias.objects.filter(model__repository=made).order_by("model__name", "name")
    assert list(aliases.values_list("name", "version__number")) == [("former", 2), ("live", 3), ("champion", 2)]


def test_owner_decides_about_the_open_request(made: Repository, root: User) -> None:
    words = {"repository": made, "name": registered.NAME, "number": 3, "comment": "", "seen": 2}
    assert review_promotion(**words, approves=True, actor=Actor(user=root)).state == "done"  # type: ignore[arg-type]
    holder = ModelAlias.objects.get(model__repository=made, name="champion").version
    assert (holder.number, holder.model.name) == (4, registered.NAME)


def test_traces_are_judged_and_name_their_prompt(made: Repository) -> None:
    assert Trace.objects.filter(repository=made).count() == 14 + 2 * 8
    failed = Trace.objects.get(repository=made, state="ERROR")
    assert list(failed.spans.filter(status="ERROR").values_list("type", flat=True)) == ["AGENT", "TOOL"]
    said = Assessment.objects.filter(trace__repository=made)
    assert set(said.values_list("source_type", flat=True)) == {"HUMAN", "LLM_JUDGE", "CODE"}
    used = TracePrompt.objects.filter(trace__repository=made)
    assert used.count() == 30 and set(used.values_list("name", "version")) == {(PROMPT, "2"), (PROMPT, "3")}


def test_second_evaluation_is_better_but_not_everywhere(made: Repository) -> None:
    experiment = Experiment.objects.get(repository=made, name="field guide")
    scores = []
    for name in ("prompt 2", "prompt 3"):
        rows = eval_rows(experiment, Run.objects.get(repository=made, name=name))
        scores.append({row.key: row.scores["correct"].number or 0.0 for row in rows})
    before, after = scores
    assert len(before) == 8 and before.keys() == after.keys()
    changed = [after[key] - before[key] for key in before]
    assert (changed.count(1.0), changed.count(-1.0), changed.count(0.0)) == (2, 1, 5)


def test_answers_are_those_of_the_measurements() -> None:
    weights = [bird.body_mass for bird in birds(3) if bird.species == "Tide"]
    asked = questions()[1]
    assert asked.result == {"mean": round(sum(weights) / len(weights), 1), "unit": "g", "birds": len(weights)}
    assert asked.short in answer(1, asked, 2).text and asked.short in answer(1, asked, 3).text


def test_report_draws_its_blocks(made: Repository, root: User, browser_of: BrowserOf) -> None:
    path = "reports/which-model.md"
    text = subprocess.run(
        ["git", "-C", str(git_dir(made)), "show", f"main:{path}"], check=True, capture_output=True, text=True
    ).stdout
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S)
    assert [kind for kind, _ in blocks] == ["runs", "chart", "compare", "file"]
    for kind, source in blocks:
        read_block(kind, source)
    page = browser_of(root).get("/demo/penguins/reports/which-model").content.decode()
    assert "Which model to use" in page and "not understood" not in page


def test_name_of_its_people_is_left_alone(root: User) -> None:
    make_user("demo-tor")
    with pytest.raises(CommandError, match=r"^The demonstration needs the name demo-tor, which somebody has"):
        command()
    assert User.objects.filter(username="demo-tor").exists() and not Organization.objects.exists()


def test_removal_leaves_nothing_behind(root: User) -> None:
    before = row_counts()
    command()
    folder = git_dir(Repository.objects.get(name="penguins"))
    assert folder.is_dir() and Blob.objects.count() > 100
    assert command("--remove") == ""
    collect_garbage(older_than=timedelta(0))
    Job.objects.all().delete()
    assert row_counts() == before
    assert not folder.exists()


def test_second_time_is_refused_and_changes_nothing(made: Repository) -> None:
    before = row_counts()
    with pytest.raises(CommandError, match=r"^The demonstration exists already: demo/penguins\. Remove it first\.$"):
        command()
    assert row_counts() == before


def test_removing_nothing_says_so(root: User) -> None:
    with pytest.raises(CommandError, match=r"^There is no demonstration to remove\.$"):
        command("--remove")


def test_hub_without_administrator_says_how_to_make_one(alice: User) -> None:
    with pytest.raises(CommandError, match="has no administrator yet"):
        command()
    with pytest.raises(CommandError, match=r"^alice is no administrator of this hub"):
        command("--owner", "alice")
    with pytest.raises(CommandError, match=r"^There is no user called zoe"):
        command("--owner", "zoe")


def test_name_of_others_is_left_alone(root: User, alice: User) -> None:
    make_organization("demo", alice)
    for words in ((), ("--remove",)):
        with pytest.raises(CommandError, match=r"^The name demo is taken by something that is no demonstration"):
            command(*words)
    assert Organization.objects.count() == 1


def test_repositories_of_others_under_the_name_are_kept(made: Repository, root: User) -> None:
    create_repository(actor=Actor(user=root), owner=made.owner, name="mine")
    with pytest.raises(
        CommandError, match=r"^Somebody keeps other repositories there: demo/mine\. Nothing was removed\."
    ):
        command("--remove")
    assert Repository.objects.count() == 2


def test_failure_leaves_nothing_behind(root: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> None:
        raise Conflict("The disk said no.")

    monkeypatch.setattr(runs, "create_runs", fail)
    with pytest.raises(CommandError, match="The disk said no"):
        command()
    assert not Repository.objects.exists() and not Organization.objects.exists()


def test_broken_off_attempt_is_cleared_away_first(root: User, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(runs, "create_runs", lambda **_: (_ for _ in ()).throw(KeyboardInterrupt))
        broken.setattr(services, "_clear", lambda _: None)
        with pytest.raises(KeyboardInterrupt):
            services.create_demo(owner=root)
    assert Repository.objects.count() == 1 and not selectors.demo_exists()
    services.create_demo(owner=root)
    assert Run.objects.count() == 43 and selectors.demo_exists()


def test_two_at_once_do_not_meet(root: User) -> None:
    with services._alone(), pytest.raises(Conflict, match="being made or removed right now"):
        services.create_demo(owner=root)


def test_history_lies_in_the_past_and_in_order() -> None:
    written = history(2_000_000_000)
    times = [commit.at for commit in written]
    assert times == sorted(times) and times[-1] < 2_000_000_000
    assert 20 <= len(written) <= 30


def test_page_asks_a_worker_and_leads_to_the_example(root: User, browser_of: BrowserOf) -> None:
    browser = browser_of(root)
    assert 'action="/-/demo"' in browser.get("/").content.decode()
    for _ in range(2):
        answer = browser.post("/-/demo")
        assert (answer.status_code, answer["Location"]) == (302, "/-/demo")
    job = Job.objects.get(task="web.demo")
    assert job.object_id == root.pk
    assert "Waiting for a worker" in browser.get("/-/demo").content.decode()
    part = browser.get("/-/demo", headers={"HX-Request": "true"}).content.decode()
    assert 'hx-trigger="every 2s"' in part and "<html" not in part
    make_demo(job.pk)
    make_demo(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == ("done", "")
    assert browser.get("/-/demo")["Location"] == "/demo/penguins"
    assert browser.get("/-/demo", headers={"HX-Request": "true"})["HX-Redirect"] == "/demo/penguins"
    assert browser.get("/demo/penguins").status_code == 200
    assert browser.post("/-/demo").status_code == 409


def test_page_tells_a_failure(root: User, alice: User, browser_of: BrowserOf) -> None:
    make_organization("demo", alice)
    browser = browser_of(root)
    browser.post("/-/demo")
    make_demo(Job.objects.get(task="web.demo").pk)
    page = browser.get("/-/demo").content.decode()
    assert "The name demo is taken by something that is no demonstration" in page
    assert "Make the demonstration" in page


def test_others_cannot_ask(alice: User, browser_of: BrowserOf) -> None:
    assert browser_of(alice).post("/-/demo").status_code == 403
    assert browser_of(alice).get("/-/demo").status_code == 403
    assert not Job.objects.filter(task="web.demo").exists()
