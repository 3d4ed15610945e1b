"""Fills alice/stones with what the pages of code show."""

from __future__ import annotations

import shutil
from pathlib import Path

from accounts.actor import Actor
from accounts.models import User
from repos.git.refs import changes, snapshot
from repos.models import Repository
from repos.paths import git_dir
from repos.services.people import protect_branch
from repos.services.pushes import record_push

Words = dict[str, str]


def fill_with_history(repository: Repository, pusher: User, bare: Path) -> Words:
    """The sample's history, as if it had been pushed; gives the newest commit of main as {sha}."""
    folder = git_dir(repository)
    shutil.rmtree(folder)
    shutil.copytree(bare, folder)
    record_push(actor=Actor(user=pusher), repository=repository, updates=changes({}, snapshot(folder)))
    protect_branch(actor=Actor(user=pusher), repository=repository, pattern="release/*")
    return {"sha": snapshot(folder)["refs/heads/main"]}
