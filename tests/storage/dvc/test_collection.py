"""Which DVC objects no commit needs, and that nothing which any commit needs is ever dropped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from hub.lib.errors import Conflict
from jobs.services import enqueue
from repos.models import Repository
from repos.paths import git_dir
from storage import selectors
from storage.models import Bucket, StoredObject
from storage.services import dvc_collection
from storage.services.contents import put_content
from storage.services.dvc_collection import digests, drop_unneeded, find_unneeded
from storage.spaces import dvc_keys
from storage.store import blob_store
from storage.tasks import collect_dvc
from tests.support.git_checkout import Checkout

NOW = timedelta(0)
Keep = Callable[..., str]


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


@pytest.fixture
def keep(repo: Repository) -> Keep:
    """`keep(content)` stores a DVC object; `keep(listed=[...])` the list of a folder of such. Gives the MD5."""

    def store(content: bytes = b"", listed: list[str] | None = None, legacy: bool = False) -> str:
        if listed is not None:
            content = json.dumps([{"md5": each, "relpath": f"f{at}"} for at, each in enumerate(listed)]).encode()
        key = dvc_keys(md5(content), is_dir=listed is not None)[legacy]
        put_content(repository=repo, space="dvc", key=key, chunks=[content], want_md5=True)
        return md5(content) + (".dir" if listed is not None else "")

    return store


@pytest.fixture
def work(repo: Repository, tmp_path: Path) -> Checkout:
    """A checkout that pushes straight into the repository's folder."""
    return Checkout(tmp_path / "work", str(git_dir(repo)))


def pointer(md5: str) -> str:
    return f"outs:\n- md5: {md5}\n  size: 5\n  hash: md5\n  path: data\n"


def left(repo: Repository) -> set[str]:
    """MD5s of the objects that are there."""
    keys = StoredObject.objects.filter(bucket__repository=repo, bucket__name="dvc").values_list("key", flat=True)
    return {key.removeprefix("files/md5/").replace("/", "") for key in keys}


def test_every_commit_of_every_ref_counts(repo: Repository, work: Checkout, keep: Keep) -> None:
    old, new, side, tagged, lost = (keep(word) for word in (b"old", b"new", b"side", b"tagged", b"lost"))
    folder = keep(listed=[keep(b"in a"), keep(b"in b")])
    work.commit("one", data_dvc=pointer(old))
    work.commit("two", data_dvc=pointer(new))
    work.git("checkout", "-q", "-b", "side")
    work.commit("three", data_dvc=pointer(side))
    work.git("rm", "-q", "data.dvc")
    (work.folder / "deep" / "er").mkdir(parents=True)
    (work.folder / "deep" / "er" / "dvc.lock").write_text(
        f"stages:\n  a:\n    outs:\n    - path: x\n      md5: {folder}\n"
    )
    work.git("add", ".")
    work.git("commit", "-q", "-m", "four")
    work.git("checkout", "-q", "--detach")
    work.commit("five", data_dvc=pointer(tagged))
    work.git("tag", "-a", "-m", "v1", "v1")
    work.git("push", "-q", "origin", "main", "side", "v1")
    found = find_unneeded(repository=repo, older_than=NOW)
    assert (found.count, found.size, found.kept) == (1, len(b"lost"), 7)
    assert len(left(repo)) == 8  # Looking changes nothing.
    drop_unneeded(repository=repo, older_than=NOW)
    assert left(repo) == {old, new, side, tagged, folder, md5(b"in a"), md5(b"in b")} and lost not in left(repo)


def test_a_version_that_only_a_merge_brought(repo: Repository, work: Checkout, keep: Keep) -> None:
    """The attack: a pointer made while merging, on a side that the merge's other parent seems to settle."""
    ours, theirs, merged = (keep(word) for word in (b"ours", b"theirs", b"merged"))
    work.commit("base", a_txt="a")
    work.git("checkout", "-q", "-b", "theirs")
    work.commit("theirs", data_dvc=pointer(theirs))
    work.git("checkout", "-q", "main")
    work.commit("ours", data_dvc=pointer(ours))
    work.attempt("merge", "-q", "theirs")
    work.commit("evil", data_dvc=pointer(merged))
    work.git("merge", "-q", "-s", "ours", "-m", "again", "theirs")
    work.commit("back", data_dvc=pointer(ours))  # The same as its first parent had.
    work.git("push", "-q", "origin", "main")
    assert find_unneeded(repository=repo, older_than=NOW).count == 0


def test_tips_alone_count_when_told_so(repo: Repository, work: Checkout, keep: Keep) -> None:
    old, new = keep(b"old"), keep(b"new")
    work.commit("one", data_dvc=pointer(old))
    work.commit("two", data_dvc=pointer(new))
    work.git("push", "-q", "origin", "main")
    drop_unneeded(repository=repo, older_than=NOW, history=False)
    assert left(repo) == {new}


def test_young_objects_and_foreign_keys_stay(repo: Repository, keep: Keep) -> None:
    young = keep(b"pushed before its commit")
    put_content(repository=repo, space="dvc", key="runs/ab/cd", chunks=[b"stage cache"])
    found = drop_unneeded(repository=repo)
    assert (found.count, found.young, found.kept) == (0, 1, 1)
    assert young in left(repo)
    drop_unneeded(repository=repo, older_than=NOW)
    assert left(repo) == {"runsabcd"}
    bucket = Bucket.objects.get(repository=repo)
    assert (bucket.object_count, bucket.total_bytes) == (1, len(b"stage cache"))


def test_old_layout(repo: Repository, work: Checkout, keep: Keep) -> None:
    needed, lost = keep(b"needed", legacy=True), keep(b"lost", legacy=True)
    work.commit("one", data_dvc=f"outs:\n- md5: {needed}\n  path: data\n")
    work.git("push", "-q", "origin", "main")
    drop_unneeded(repository=repo, older_than=NOW)
    assert left(repo) == {needed} and lost != needed


def test_lists_go_before_what_they_list(repo: Repository, keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attack: the hub dies in the middle, and a list that is still there promises files that are gone."""
    keep(listed=[keep(b"one"), keep(b"two")])
    calls: list[Any] = []

    def die_at_the_second(*words: Any) -> None:
        calls.append(words)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(*words)

    real = dvc_collection._drop
    monkeypatch.setattr(dvc_collection, "_drop", die_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        drop_unneeded(repository=repo, older_than=NOW)
    assert left(repo) == {md5(b"one"), md5(b"two")}


def test_a_push_meanwhile(repo: Repository, work: Checkout, keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attack: what was unneeded a moment ago is named by a commit that arrives while it is looked for."""
    named = keep(b"named at last")
    work.commit("one", data_dvc=pointer(named))
    real = dvc_collection.find_unneeded

    def pushed_meanwhile(**words: Any) -> Any:
        found = real(**words)
        work.git("push", "-q", "origin", "main")
        return found

    monkeypatch.setattr(dvc_collection, "find_unneeded", pushed_meanwhile)
    with pytest.raises(Conflict):
        drop_unneeded(repository=repo, older_than=NOW)
    assert left(repo) == {named}


def test_a_list_that_cannot_be_read_stops_everything(repo: Repository, work: Checkout, keep: Keep) -> None:
    """The attack: a lost disk makes a folder's list unreadable, and its files would count as unneeded."""
    folder = keep(listed=[keep(b"one")])
    work.commit("one", data_dvc=pointer(folder))
    work.git("push", "-q", "origin", "main")
    stored = selectors.get_object(repo, "dvc", f"files/md5/{folder[:2]}/{folder[2:]}")
    blob_store().delete(stored.blob.sha256)
    with pytest.raises(CommandError):
        command("alice/stones", "--delete", "--grace-days=0")
    assert len(left(repo)) == 2


def command(*words: str) -> str:
    """What `storage gc-dvc` prints."""
    out = StringIO()
    call_command("storage", "gc-dvc", *words, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_command_only_counts_unless_told(repo: Repository, keep: Keep) -> None:
    keep(b"lost")
    assert command("alice/stones", "--grace-days=0") == (
        "alice/stones: 1 objects of 4 bytes to drop with --delete, 0 needed, 0 too young.\n"
    )
    assert left(repo)
    assert "1 objects of 4 bytes dropped" in command("--all", "--delete", "--grace-days=0")
    assert not left(repo)


@pytest.mark.parametrize("words", [[], ["alice/stones", "--all"], ["alice/nonesuch"], ["nonsense"]])
def test_the_command_wants_a_repository(repo: Repository, words: list[str]) -> None:
    with pytest.raises(CommandError):
        command(*words)


@pytest.mark.parametrize("step", [1, 7, 40, 1000])
def test_digests_in_a_text(step: int) -> None:
    wanted = [hashlib.md5(bytes([number])).hexdigest() for number in range(20)]
    text = (
        "oid blob 12\n" + "".join(f"- md5: {each}{'.dir' if at % 3 else ''}\n" for at, each in enumerate(wanted))
    ).encode()
    found = set(digests(text[at : at + step] for at in range(0, len(text), step)))
    assert found >= {bytes.fromhex(each) for each in wanted}
    assert set(digests([b"a" * 40 + b" " + b"0" * 31])) == set()


def test_the_job_drops_what_is_old_enough(repo: Repository, keep: Keep) -> None:
    old, _young = keep(b"old"), keep(b"young")
    month = timezone.now() - timedelta(days=30)
    StoredObject.objects.filter(key__endswith=old[2:]).update(updated_at=month)
    job = enqueue("storage.collect_dvc", repo.pk)
    collect_dvc(job.pk)
    job.refresh_from_db()
    assert (job.state, left(repo)) == ("done", {md5(b"young")})
