"""What a commit needs of data, where it is found, and how a repository is given what a fork of it holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from accounts.actor import Actor
from accounts.models import Owner, User
from hub.lib.errors import QuotaExceeded
from repos.models import Repository
from repos.paths import git_dir
from storage.models import Bucket, Manifest, StoredObject
from storage.needs import locate, missing_of, needs_between
from storage.services.granting import Granted, grant_needs
from storage.services.manifests import index_manifest
from tests.factories.repos import make_repo
from tests.support.data_tree import IMAGES, Data, fill, pointer
from tests.support.sample_repository import Work

Keep = Callable[..., object]


@pytest.fixture
def data(repo: Repository, alice: User, tmp_path: Path) -> Data:
    return fill(repo, Actor(user=alice), tmp_path / "work")


@pytest.fixture
def fork(bob: User, data: Data) -> Data:
    """bob/stones, with nothing in its store yet."""
    return Data(make_repo(bob, "stones"), data.work, Actor(user=bob))


def test_all_that_pointers_stand_for_is_needed_and_named_by_path(data: Data, repo: Repository) -> None:
    needs = needs_between(repo, None, data.work.git("rev-parse", "HEAD"))
    assert [(need.path, need.space) for need in needs] == [
        ("a.big", "lfs"), ("b.big", "lfs"), ("data/images", "dvc"), ("data/lost.csv", "dvc"),
        ("out/deep/model.bin", "dvc"), ("table.csv", "dvc"),
    ]  # fmt: skip
    assert [each.path for each in missing_of(needs, repo, [])] == ["b.big", "data/lost.csv"]
    assert sum(each.here for each in locate(needs, repo, [])) == 8


def test_only_what_is_new_is_needed_and_not_what_git_or_another_remote_keeps(data: Data, repo: Repository) -> None:
    before = data.work.git("rev-parse", "HEAD")
    data.work.write("new.csv.dvc", pointer("c" * 32, "new.csv"))
    data.work.write("far.csv.dvc", pointer("d" * 32, "far.csv").rstrip() + "\n  remote: s3\n")
    lock = "  eval:\n    outs:\n    - path: metrics.json\n      hash: md5\n      md5: " + "e" * 32 + "\n"
    data.work.write("dvc.lock", f"schema: '2.0'\nstages:\n{lock}")
    data.work.write("metrics.json", "{}")
    after = data.push()
    needs = needs_between(repo, before, after)
    assert [(need.path, need.elsewhere) for need in needs] == [("far.csv", True), ("new.csv", False)]


def test_a_repository_is_given_what_a_fork_holds_and_pays_for_it(data: Data, fork: Data, repo: Repository) -> None:
    before = data.work.git("rev-parse", "HEAD")
    files = {**IMAGES, "emu/1.txt": b"an emu\n", "emu/2.txt": b"two emus\n"}
    data.work.write("data/images.dvc", pointer(fork.keep_folder(files), "images", size=46, files=6))
    data.work.write("c.big", fork.lfs(b"new and big\n"))
    after = data.push()
    needs = needs_between(repo, before, after)
    assert [each.path for each in missing_of(needs, repo, [])] == ["c.big", "data/images"]
    assert missing_of(needs, repo, [fork.repository]) == []
    used = Owner.objects.get(pk=repo.owner_id).used_bytes
    size = sum(map(len, (b"an emu\n", b"two emus\n", b"new and big\n"))) + _list_size(fork)
    actor = Actor(user=repo.owner.user)
    granted = grant_needs(repository=repo, sources=[fork.repository], needs=needs, actor=actor)
    assert granted == Granted(4, size)
    assert missing_of(needs, repo, []) == []
    assert Owner.objects.get(pk=repo.owner_id).used_bytes == used + size
    assert grant_needs(repository=repo, sources=[fork.repository], needs=needs, actor=actor) == Granted()
    listed = StoredObject.objects.get(bucket__repository=repo, bucket__name="dvc", size=_list_size(fork))
    manifest = Manifest.objects.get(blob=listed.blob)
    index_manifest(manifest.pk)
    assert len(list(locate(needs, repo, []))) == 8


def _list_size(fork: Data) -> int:
    return StoredObject.objects.get(bucket__repository=fork.repository, key__endswith=".dir").size


def test_without_room_nothing_is_given(data: Data, fork: Data, repo: Repository) -> None:
    before = data.work.git("rev-parse", "HEAD")
    data.work.write("data/images.dvc", pointer(fork.keep_folder({"x": b"y" * 5000}), "images", files=1))
    needs = needs_between(repo, before, data.push())
    owner = Owner.objects.get(pk=repo.owner_id)
    Owner.objects.filter(pk=owner.pk).update(quota_bytes=owner.used_bytes + 1000)
    counts = sorted(Bucket.objects.filter(repository=repo).values_list("object_count", "total_bytes"))
    with pytest.raises(QuotaExceeded):
        grant_needs(repository=repo, sources=[fork.repository], needs=needs, actor=Actor(user=repo.owner.user))
    assert sorted(Bucket.objects.filter(repository=repo).values_list("object_count", "total_bytes")) == counts
    assert [each.path for each in missing_of(needs, repo, [])] == ["data/images"]


def test_having_a_hash_gives_nothing(data: Data, repo: Repository, mallory: User, tmp_path: Path) -> None:
    """Attack: a pointer in mallory's own repository names the digest of content that only alice's holds."""
    own = Data(make_repo(mallory, "own"), Work(tmp_path / "own"), Actor(user=mallory))
    secret = data.keep(b"alice's secret\n")
    own.work.write("loot.dvc", pointer(secret, "loot"))
    needs = needs_between(own.repository, None, own.push())
    grant_needs(repository=own.repository, sources=[own.repository], needs=needs, actor=own.actor)
    assert [each.path for each in missing_of(needs, own.repository, [])] == ["loot"]
    assert git_dir(own.repository) != git_dir(repo)
