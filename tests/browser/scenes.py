"""Fills alice/stones with what the pages of code and of data show."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from accounts.actor import Actor
from accounts.models import Owner, User
from repos.git.refs import changes, snapshot
from repos.models import Repository
from repos.paths import git_dir
from repos.services.people import protect_branch
from repos.services.pushes import record_push
from storage.connected import Place
from storage.models import ConnectedBucket
from storage.services import put_object
from storage.services.connections import connect_bucket
from storage.spaces import DATA
from tests.storage.s3_server import RunningS3
from tests.support.data_tree import IMAGES, fill, pointer
from tests.support.sample_repository import picture

Words = dict[str, str]
TABLE = "stone,mass,kind\n" + "".join(f"s{n},{n * 1.5},{'granite' if n % 3 else 'basalt'}\n" for n in range(120))


def fill_with_history(repository: Repository, pusher: User, bare: Path) -> Words:
    """The sample's history, as if it had been pushed; gives the newest commit of main as {sha}."""
    folder = git_dir(repository)
    shutil.rmtree(folder)
    shutil.copytree(bare, folder)
    record_push(actor=Actor(user=pusher), repository=repository, updates=changes({}, snapshot(folder)))
    protect_branch(actor=Actor(user=pusher), repository=repository, pattern="release/*")
    return {"sha": snapshot(folder)["refs/heads/main"]}


def fill_with_data(repository: Repository, pusher: User, folder: Path) -> Words:
    """Data in the tree, changed by a second commit; gives the commits as {before} and {after}."""
    data = fill(repository, Actor(user=pusher), folder)

    def write(table: str, width: int, files: dict[str, bytes], source: str) -> None:
        data.work.write("table.csv.dvc", pointer(data.keep(table.encode()), "table.csv", size=len(table)))
        data.work.write("data/images.dvc", pointer(data.keep_folder(files), "images", size=2048, files=len(files)))
        data.work.write("stone.big", data.lfs(picture(width, 60)))
        data.work.write("plot.png", picture(width, 80))
        cell = {"cell_type": "code", "source": source, "outputs": [], "execution_count": 1, "metadata": {}}
        book = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        data.work.write("study.ipynb", json.dumps(book))

    pictures = {f"pictures/{n:02}.png": picture(40 + n, 30) for n in range(12)}
    write(TABLE, 120, {**IMAGES, **pictures}, "import numpy as np\nx = np.arange(3)\nprint(x)")
    before = data.push("Collect stones")
    changed = {**IMAGES, **pictures, "readme.txt": b"minerals\n", "pictures/99.png": picture(80, 30)}
    del changed["dog/1.txt"]
    write(
        TABLE.replace("s7,10.5", "s7,11.25") + "s999,3,slate\n",
        160,
        changed,
        "import numpy as np\nx = np.arange(4)\nprint(x)",
    )
    after = data.push("Weigh stones again")
    repository.refresh_from_db()
    return {"before": before, "after": after}


def connect_archive(repository: Repository, actor: User, outside: RunningS3) -> None:
    """A bucket elsewhere as `archive`, one that does not answer as `gone`, and a quota that is half used."""
    outside.objects |= {f"photos/{n:02}.png": picture(60 + 4 * n, 60) for n in range(7)}
    outside.objects |= {"table.csv": TABLE.encode(), "notes.txt": b"granite\n", "odd//name": b"x"}
    place = Place(kind="s3", bucket="field-archive", endpoint=outside.endpoint, key_id="READER", secret="hush")
    connect_bucket(repository=repository, name="archive", place=place, actor=Actor(user=actor))
    ConnectedBucket.objects.create(
        repository=repository, name="gone", kind="azure", bucket="field", account="gone", endpoint="http://127.0.0.1:1"
    )
    put_object(repository=repository, space=DATA, key="table.csv", chunks=[TABLE.encode()])
    Owner.objects.filter(pk=repository.owner_id).update(quota_bytes=6000)


def fill_bucket(repository: Repository, actor: User) -> None:
    """Pictures, a table that was replaced once, and objects of the DVC remote and of runs."""
    objects = [("table.csv", b"a,b\n1,2\n"), ("table.csv", TABLE.encode()), ("notes/read me.txt", b"granite\n")]
    objects += [(f"photos/{n:02}.png", picture(60 + 4 * n, 60)) for n in range(7)]
    for key, content in objects:
        put_object(repository=repository, space=DATA, key=key, chunks=[content], want_md5=True, actor=Actor(user=actor))
    for space, size in (("dvc", 400_000), ("lfs", 90_000), ("artifacts", 250_000)):
        put_object(repository=repository, space=space, key=f"{space}/object", chunks=[space.encode() * (size // 3)])
