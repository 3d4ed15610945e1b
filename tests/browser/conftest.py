"""A real Chromium against a live hub. Missing Chromium is told with the way to get it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import AccessToken, Organization, Team, User
from accounts.services import create_key_pair, create_token
from jobs.models import Job
from repos.models import Repository
from search import services
from storage.models import StoredObject
from storage.services import delete_object, put_object
from storage.services.contents import put_content
from storage.spaces import DATA, DVC, dvc_keys
from tests.browser.charts_scene import make_board
from tests.browser.compare_scene import fill_with_comparison
from tests.browser.issues_scene import fill_with_issues
from tests.browser.ml_scene import fill_with_experiments
from tests.browser.notices_scene import fill_with_notices, fill_with_talk
from tests.browser.playground_scene import fill_with_trials
from tests.browser.pulls_scene import fill_with_pulls
from tests.browser.registry_scene import fill_with_models
from tests.browser.reports_scene import fill_with_reports
from tests.browser.reviews_scene import fill_with_review
from tests.browser.scenes import Words, connect_archive, fill_bucket, fill_with_data, fill_with_history
from tests.browser.talk_scene import fill_with_conversations
from tests.browser.tracing_scene import fill_with_traces
from tests.factories.accounts import make_organization
from tests.factories.repos import make_repo, make_webhook
from tests.factories.tracking import START, make_artifact, make_experiment, make_run
from tests.storage.s3_server import running_s3
from tests.support.chromium import visitor
from tests.support.sample_repository import bare_copy, build
from tracking.models import Action, BulkChange, BulkItem, Experiment, Run, Thing
from tracking.selectors.trash import Trash
from tracking.services.bulk import ask_change
from tracking.services.experiments import delete_experiment
from tracking.services.named_views import save_view, set_default
from tracking.services.purge_asking import ask_purge
from tracking.services.purge_work import work_on_purge
from tracking.services.tags import set_tags

Visitor = Callable[..., Page]
SHOWN_RUN = "a" * 32


@pytest.fixture
def visit(chromium: Browser, live_server: Any) -> Iterator[Visitor]:
    """`visit(user=None, scripts=True)` → a browser page of a fresh visitor, signed in as `user`; goto takes paths."""
    with ExitStack() as stack:

        def open_context(user: User | None = None, *, scripts: bool = True, **options: Any) -> Page:
            context = stack.enter_context(visitor(chromium, scripts=scripts, base_url=live_server.url, **options))
            if user is not None:
                context.add_cookies([_session_cookie(user, live_server.url)])
            return context.new_page()

        yield open_context


def _session_cookie(user: User, url: str) -> Any:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url, "httpOnly": True}


@pytest.fixture
def cast(repo: Repository, alice: User, mallory: User, root: User, bob: User, carol: User) -> dict[str, User | None]:
    """The cast by name, with alice/stones (private) and alice/open (public) in place."""
    make_repo(alice, "open", visibility="public")
    return {"": None, "alice": alice, "bob": bob, "carol": carol, "mallory": mallory, "root": root}


@pytest.fixture
def noticed(repo: Repository, alice: User, bob: User, carol: User) -> None:
    """An inbox of alice's with notices of many kinds, watches and stars."""
    fill_with_notices(repo, alice, bob, carol)


@pytest.fixture
def talked(repo: Repository, bob: User, carol: User) -> None:
    """Talk about lines of a file and a point of run `a…a`; needs `history` and `tracked`."""
    fill_with_talk(repo, bob, carol, SHOWN_RUN)


@pytest.fixture
def empty_hub(repo: Repository) -> None:
    """Nobody has made a repository."""
    Repository.objects.all().delete()


@pytest.fixture
def northwind(alice: User, bob: User) -> Organization:
    """An organisation of alice's with bob in it."""
    organization = make_organization("northwind", alice)
    organization.memberships.create(user=bob)
    return organization


@pytest.fixture
def northwind_team(northwind: Organization, bob: User) -> None:
    """Team 1 of northwind, with bob in it."""
    team = Team.objects.create(pk=1, organization=northwind, name="Curves", description="Draws what others log.")
    team.members.add(bob)


@pytest.fixture
def tokens_of_alice(alice: User, repo: Repository) -> None:
    """One token of each kind: used, bound to a repository, expired, stranded."""
    now = timezone.now()
    create_token(user=alice, name="laptop")
    bound = create_token(user=alice, name="training on the cluster", scope=Level.READ, repository_id=repo.pk)
    AccessToken.objects.filter(pk=bound.pk).update(last_used_at=now)
    old = create_token(user=alice, name="last year's continuous integration", scope=Level.ADMIN)
    AccessToken.objects.filter(pk=old.pk).update(expires_at=now - timedelta(days=3))
    create_token(user=alice, name="stranded", repository_id=987654)
    AccessToken.objects.create(pk=77, user=alice, name="notebook server")


@pytest.fixture
def keys_of_alice(alice: User, repo: Repository) -> None:
    """One S3 key pair bound to a repository, and one to revoke."""
    create_key_pair(user=alice, name="backup", scope=Level.READ, repository_id=repo.pk)
    AccessToken.objects.create(pk=88, user=alice, name="laptop", kind=AccessToken.Kind.KEY_PAIR)


@pytest.fixture
def versions_of_an_object(alice: User, repo: Repository) -> None:
    """d/a.txt in the bucket of alice/stones was put twice and deleted."""
    for body in (b"first", b"second!"):
        put_object(repository=repo, space=DATA, key="d/a.txt", chunks=[body], actor=Actor(user=alice))
    delete_object(repository=repo, space=DATA, key="d/a.txt", actor=Actor(user=alice))


@pytest.fixture
def jobs_in_every_state(db: None) -> None:
    """A job in each state, one of them with an error."""
    for state in Job.State.values:
        Job.objects.create(task="repos.after_push", object_id=42, state=state, attempts=1)
    Job.objects.filter(state="failed").update(error="TimeoutError: git did not finish within 60 seconds")


@pytest.fixture
def tracked(repo: Repository) -> None:
    """Experiment 1 of alice/stones: runs in every state, the newest running; run `a…a` has files, notes, children."""
    experiment = make_experiment(repo, "resnet sweep")
    for number, status in enumerate(("FINISHED", "FAILED", "KILLED", "FINISHED", "RUNNING")):
        make_run(
            repo, experiment, f"run-{number}", status=status, start=START + number * 3_600_000,
            params={"lr": f"0.{number}1", "optimizer": "adam", "note": "long words " * 20},
            metrics={"train/loss": [1 / (step + 1) for step in range(30)], "lr": [0.1, 0.01], "once": [1.5],
                     "system/cpu_percent": [40.0, 60.0]},
            tags={"team": "vision", "mlflow.source.name": "train.py", "mlflow.source.git.commit": "f" * 40},
        )  # fmt: skip
    oldest = Run.objects.get(name="run-0")
    Run.objects.filter(pk=oldest.pk).update(uuid=SHOWN_RUN)
    oldest.refresh_from_db()
    note = {"mlflow.note.content": "## Learnt\n\n- less is **more**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"}
    set_tags(repository=repo, run_id=SHOWN_RUN, tags=list(note.items()))
    make_run(repo, experiment, "child", tags={"mlflow.parentRunId": SHOWN_RUN}, start=START - 1)
    picture = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    for path, content in (
        ("report.md", b"# Report\n\n```python\nprint(1)\n```\n"), ("table.csv", b"a,b\n1,x\n2,y\n"),
        ("plots/one.png", picture), ("train.py", b"import os\n\n\ndef f() -> int:\n    return 1  # one\n"),
        ("page.html", b"<h1>Page</h1>"), ("model/model.pkl", b"\x80\x04\x95\x00"),
    ):  # fmt: skip
        make_artifact(repo, oldest, path, content)


@pytest.fixture
def compared(history: Words, repo: Repository) -> Words:
    """Experiment 1 of alice/stones: four runs that differ in everything that is compared."""
    return fill_with_comparison(repo)


@pytest.fixture
def boarded(tracked: None, repo: Repository, alice: User) -> dict[str, str]:
    """Experiment 1 with a board of a panel of each kind; its key as `board`."""
    return {"board": str(make_board(repo, Actor(user=alice)).pk)}


@pytest.fixture
def traced(repo: Repository) -> Words:
    """Experiment 1 of alice/stones: traces of an assistant, evaluations, a dataset, a scorer."""
    return fill_with_traces(repo)


@pytest.fixture
def viewed(tracked: None, repo: Repository, alice: User) -> None:
    """Experiment 1 has a shared view that is its default, one of alice's own, and changes of many runs."""
    experiment, actor = Experiment.objects.get(repository=repo, number=1), Actor(user=alice)
    for name, shared in (("best of all", True), ("mine", False)):
        view = save_view(
            repository=repo, experiment=experiment, name=name, query=f"q={name[:4]}", shared=shared, actor=actor
        )
        if shared:
            set_default(view=view, actor=actor, default=True)
    runs = list(Run.objects.values_list("uuid", flat=True))
    for action in (Action.ARCHIVE, Action.UNARCHIVE):
        ask_change(repository=repo, experiment=experiment, action=action, chosen=runs[:2], actor=actor)
    change = BulkChange.objects.create(repository=repo, experiment=experiment, action=Action.TAG, total=900, done=300)
    BulkItem.objects.create(change=change, run_id=1)


@pytest.fixture
def trashed(tracked: None, repo: Repository) -> None:
    """Experiment 1 with all its runs in the trash."""
    delete_experiment(repository=repo, number=1)


@pytest.fixture
def purging(trashed: None, repo: Repository, alice: User) -> None:
    """A purge that has ended, and one of experiment 1 that waits for a worker."""
    make_experiment(repo, "first try")
    delete_experiment(repository=repo, number=2)
    trash = Trash(repo).things(Thing.EXPERIMENT)
    for number in (2, 1):
        keys = list(trash.filter(number=number).values_list("pk", flat=True))
        purge = ask_purge(repository=repo, chosen={Thing.EXPERIMENT: keys}, actor=Actor(user=alice))
        if number == 2:
            work_on_purge(purge_id=purge.pk)


@pytest.fixture
def sign_up_closed(settings: Any) -> None:
    """Only administrators add people."""
    settings.SIGNUP_OPEN = False


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample repository, bare, for copying."""
    folder = tmp_path_factory.mktemp("sample")
    return bare_copy(build(folder / "work"), folder / "stones.git")


@pytest.fixture
def history(repo: Repository, alice: User, bare: Path) -> Words:
    """alice/stones with a history."""
    return fill_with_history(repo, alice, bare)


@pytest.fixture
def bucket(repo: Repository, alice: User) -> None:
    """Objects in the bucket of alice/stones, one of them replaced."""
    fill_bucket(repo, alice)


@pytest.fixture
def unneeded(repo: Repository) -> None:
    """Objects in the DVC remote of alice/stones that no commit names, and that are old."""
    for content in (b"granite", b"basalt"):
        key = dvc_keys(hashlib.md5(content).hexdigest())[0]
        put_content(repository=repo, space=DVC, key=key, chunks=[content], want_md5=True)
    StoredObject.objects.update(updated_at=timezone.now() - timedelta(days=30))


@pytest.fixture
def data_tree(repo: Repository, alice: User, tmp_path: Path) -> Words:
    """alice/stones with data in its tree."""
    return fill_with_data(repo, alice, tmp_path / "work")


@pytest.fixture
def archive(repo: Repository, alice: User, settings: Any) -> Iterator[None]:
    """alice/stones with buckets elsewhere: `archive` answers, `gone` does not."""
    settings.ALLOW_PRIVATE_TARGETS = True
    with running_s3() as outside:
        connect_archive(repo, alice, outside)
        yield


@pytest.fixture
def registered(repo: Repository, alice: User, history: Words) -> None:
    """alice/stones with models and prompts."""
    fill_with_models(repo, alice, history["sha"])


@pytest.fixture
def tried(registered: None, repo: Repository, alice: User, bob: User) -> None:
    """A prompt of alice/stones that was tried, and is being tried again."""
    fill_with_trials(repo, Actor(user=bob))


@pytest.fixture
def reported(history: Words, tracked: None, repo: Repository, alice: User) -> Words:
    """alice/stones with a report that has a block of each kind, and one block that is not understood."""
    return fill_with_reports(repo, alice)


@pytest.fixture
def webhook(repo: Repository) -> Words:
    """A webhook of alice/stones and a delivery that failed."""
    hook, delivery = make_webhook(repo)
    return {"hook": str(hook.pk), "delivery": str(delivery.pk)}


@pytest.fixture
def issues(history: Words, repo: Repository, alice: User, bob: User, carol: User) -> Words:
    """alice/stones with issues, labels, milestones, a board and a form for new issues."""
    return fill_with_issues(repo, alice, bob, carol)


@pytest.fixture
def proposed(repo: Repository, alice: User, bob: User, carol: User) -> Words:
    """alice/stones with pull requests in every state, a fork, rules and checks."""
    return fill_with_pulls(repo, alice, bob, carol)


@pytest.fixture
def reviewed(repo: Repository, alice: User, bob: User, carol: User) -> Words:
    """alice/stones with a pull request in the middle of its review."""
    return fill_with_review(repo, alice, bob, carol)


@pytest.fixture
def experimented(repo: Repository, alice: User, bob: User, tmp_path: Path) -> Words:
    """alice/stones with a pull request that changes data and has experiments, gates and talk about parts of data."""
    return fill_with_experiments(repo, alice, bob, tmp_path / "work")


@pytest.fixture
def indexed(history: None, tracked: None, repo: Repository) -> None:
    """What the index holds of alice/stones once everything was read."""
    services.catch_up()
    services.index_code(repo.pk)


@pytest.fixture
def conversed(history: Words, repo: Repository, alice: User, bob: User, carol: User) -> Words:
    """alice/stones with talk on issues, discussions of every format, and a thread on a file."""
    repo.refresh_from_db()
    return {**history, **fill_with_conversations(repo, alice, bob, carol)}
