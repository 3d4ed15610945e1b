"""The scripting contract: results alone on standard output, one clear line and status 1 for what is wrong."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.authn import actor_for_token
from accounts.levels import Level
from accounts.models import AccessToken, User
from accounts.services import create_organization
from repos.models import Repository
from tests.factories.accounts import PASSWORD

ROOT = Path(__file__).resolve().parent.parent.parent


def run(*words: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command(*words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_user_create_prints_a_random_password_alone(db):
    out, err = run("user", "create", "ada", "--email", "ada@example.org", "--admin")
    ada = User.objects.get()
    assert ada.check_password(out.strip())
    assert (ada.username, ada.email, ada.is_superuser) == ("ada", "ada@example.org", True)
    assert "administrator ada" in err
    assert out.strip() not in err


def test_user_create_reads_a_password_and_prints_nothing(db, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\nsecond line\n"))
    out, _ = run("user", "create", "ada", "--password-stdin")
    assert out == ""
    assert User.objects.get().check_password(PASSWORD)
    assert not User.objects.get().is_superuser


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["create", "alice"], "The name alice is taken. Choose another name."),
        (["create", "a b"], "Use 1 to 39 letters"),
        (["create", "dora", "--email", "x"], "not an e-mail address"),
        (["create", "dora", "--password-stdin"], "no password on standard input"),
    ],
)
def test_user_create_says_in_one_line_what_is_wrong(alice, monkeypatch, words, said):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(CommandError, match=said) as refused:
        run("user", *words)
    assert "\n" not in str(refused.value)
    assert User.objects.count() == 1


def test_user_list_is_tab_separated(alice, root):
    lines = [line.split("\t") for line in run("user", "list")[0].splitlines()]
    assert lines == [
        ["alice", "alice@example.org", "user", "active", "never"],
        ["rootadmin", "rootadmin@example.org", "admin", "active", "never"],
    ]


def test_token_create_prints_the_token_alone(alice, repo):
    out, _ = run("token", "create", "Alice", "--name", "ci", "--scope", "read", "--repo", "alice/stones", "--days", "3")
    actor = actor_for_token(out.removesuffix("\n"))
    assert (actor.user, actor.ceiling(repo.pk), actor.ceiling(None)) == (alice, Level.READ, Level.NONE)
    assert actor.token.name == "ci"
    assert actor.token.expires_at is not None


def test_token_create_has_plain_defaults(alice):
    token = actor_for_token(run("token", "create", "alice")[0].strip()).token
    assert (token.scope, token.repository_id, token.expires_at) == (Level.WRITE, None, None)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ghost"], "no user called ghost"),
        (["alice", "--repo", "alice/none"], "no repository alice/none"),
        (["mallory", "--repo", "alice/stones"], "no repository alice/stones"),
        (["alice", "--scope", "root"], "invalid choice"),
        (["alice", "--days", "0"], "between 1 and 3650 days"),
        (["alice", "--name", " "], "a name of at most 100"),
    ],
)
def test_token_create_says_what_is_wrong(repo, mallory, words, said):
    with pytest.raises(CommandError, match=said):
        run("token", "create", *words)
    assert not AccessToken.objects.exists()


def test_repo_create_prints_the_clone_url_alone(alice, settings):
    settings.HUB_HOST, settings.HUB_PORT, settings.HUB_URL = "127.0.0.1", 8123, ""
    assert (
        run("repo", "create", "alice/stones", "--description", "Piles.")[0]
        == "http://127.0.0.1:8123/alice/stones.git\n"
    )
    repo = Repository.objects.get()
    assert (repo.visibility, repo.description, repo.is_empty) == ("private", "Piles.", True)


@pytest.mark.parametrize("word", ["private", "internal", "public"])
def test_repo_create_takes_each_visibility(alice, word):
    run("repo", "create", "alice/stones", f"--{word}")
    assert Repository.objects.get().visibility == word


@pytest.mark.parametrize(
    ("host", "url", "shown"),
    [
        ("0.0.0.0", "", "http://127.0.0.1:8000"),
        ("::1", "", "http://[::1]:8000"),
        ("::", "", "http://[::1]:8000"),
        ("127.0.0.1", "https://hub.example/", "https://hub.example"),
    ],
)
def test_clone_url_is_one_that_can_be_reached(alice, settings, host, url, shown):
    settings.HUB_HOST, settings.HUB_PORT, settings.HUB_URL = host, 8000, url
    assert run("repo", "create", "alice/stones")[0] == f"{shown}/alice/stones.git\n"


def test_repo_create_works_for_organisations(alice):
    create_organization(creator=alice, slug="northwind")
    assert run("repo", "create", "northwind/sails")[0].endswith("/northwind/sails.git\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["stones"], "as OWNER/NAME"),
        (["ghost/stones"], "no user or organisation called ghost"),
        (["alice/stones"], "alice/stones exists already"),
        (["alice/x.git"], "do not end in"),
        (["alice/a/b"], "Use 1 to 100"),
        (["alice/new", "--private", "--public"], "not allowed with"),
    ],
)
def test_repo_create_says_what_is_wrong(repo, words, said):
    with pytest.raises(CommandError, match=said):
        run("repo", "create", *words)
    assert Repository.objects.count() == 1


def test_commands_work_on_a_fresh_home(tmp_path):
    """As a script does it, before the hub was ever started."""
    home = tmp_path / "new home"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("HUB_", "DJANGO_"))}

    def manage(*words: str, status: int = 0, text: str | None = None) -> tuple[str, str]:
        command = [sys.executable, "manage.py", *words, "--home", str(home)]
        done = subprocess.run(command, cwd=ROOT, env=environment, input=text, capture_output=True, text=True)
        assert done.returncode == status, done.stderr
        return done.stdout, done.stderr

    assert manage("user", "create", "ada", "--password-stdin", text=PASSWORD) == ("", "Created user ada.\n")
    assert re.fullmatch(r"cairn_1_[0-9a-f]{40}\n", manage("token", "create", "ada")[0])
    assert manage("repo", "create", "ada/notes")[0] == "http://127.0.0.1:8000/ada/notes.git\n"
    assert (home / "hub.sqlite3").is_file()
    out, err = manage("user", "create", "ada", status=1)
    assert (out, err) == ("", "CommandError: The name ada is taken. Choose another name.\n")
