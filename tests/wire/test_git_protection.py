"""Protected branches and quotas, as the pusher's terminal tells them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.git_checkout import Checkout, folder_of, published
from tests.support.live import LiveHub

pytestmark = pytest.mark.wire


def protect(hub: LiveHub, name: str, pattern: str, **rule: object) -> None:
    hub.run_code(
        "from accounts.actor import Actor\nfrom repos.access import find_repo\n"
        "from repos.services.people import protect_branch, set_collaborator\nfrom accounts.models import User\n"
        f"repo = find_repo('alice', {name!r})\nalice = Actor(user=repo.owner.user)\n"
        f"protect_branch(actor=alice, repository=repo, pattern={pattern!r}, **{rule!r})\n"
        "set_collaborator(actor=alice, repository=repo, user=User.objects.get(username='bob'), level=20)"
    )


@pytest.fixture(scope="module")
def writer(hub: LiveHub, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout of bob, who may write to alice/guarded: main is protected, release/* is for administrators."""
    folder = tmp_path_factory.mktemp("guarded")
    published(hub, folder / "owner", "guarded").git("push", "--quiet", "origin", "main:other", "main:kept")
    protect(hub, "guarded", "main")
    protect(hub, "guarded", "kept")
    protect(hub, "guarded", "release/*", push_level=30)
    protect(hub, "guarded", "frozen", push_level=100)
    return Checkout.clone(hub.git_url("alice/guarded", "bob"), folder / "bob")


@pytest.fixture(autouse=True)
def _fresh(writer: Checkout) -> None:
    """Stand where the hub stands."""
    writer.git("fetch", "--quiet", "--prune", "origin")
    writer.git("switch", "--quiet", "main")
    writer.git("reset", "--quiet", "--hard", "origin/main")


def test_ordinary_push_to_a_protected_branch_is_welcome(writer: Checkout) -> None:
    new = writer.commit("ordinary", ordinary_txt="o")
    writer.git("push", "--quiet", "origin", "main")
    assert writer.remote_refs()["refs/heads/main"] == new


def test_force_push_is_refused_with_reason_and_way_out(writer: Checkout) -> None:
    before = writer.remote_refs()["refs/heads/main"]
    writer.git("commit", "--quiet", "--amend", "--message", "rewritten")
    refused = writer.attempt("push", "--force", "origin", "main")
    assert refused.returncode == 1
    assert "! [remote rejected] main -> main (protected branch: no force push)" in refused.stderr
    assert "remote: main is protected: a push may add to its history, not replace it." in refused.stderr
    assert "remote: Fetch, then merge or rebase your work onto it" in refused.stderr
    assert "hook" not in refused.stderr
    assert writer.remote_refs()["refs/heads/main"] == before


def test_rule_holds_whatever_the_case_of_the_name(writer: Checkout) -> None:
    """The attack: `MAIN` and `main` are one file on some disks."""
    refused = writer.attempt("push", "origin", "main:RELEASE/1")
    assert "(protected branch: administrators may push)" in refused.stderr


def test_force_push_through_a_second_name_is_refused(writer: Checkout) -> None:
    """The attack: deleting the branch and making it anew in one push, or claiming that it was never there."""
    writer.git("commit", "--quiet", "--amend", "--message", "rewritten")
    refused = writer.attempt("push", "--force", "origin", ":kept", "main:main")
    assert "! [remote rejected] kept (protected branch: no deletion)" in refused.stderr
    assert "! [remote rejected] main -> main (protected branch: no force push)" in refused.stderr


def test_deletion_is_refused(writer: Checkout) -> None:
    refused = writer.attempt("push", "origin", "--delete", "kept")
    assert refused.returncode == 1
    assert "! [remote rejected] kept (protected branch: no deletion)" in refused.stderr
    assert "remote: kept is protected and cannot be deleted. It stays as it was." in refused.stderr
    assert "refs/heads/kept" in writer.remote_refs()


def test_default_branch_is_not_deleted(hub: LiveHub, tmp_path: Path) -> None:
    here = published(hub, tmp_path / "w", "lastbranch")
    refused = here.attempt("push", "origin", "--delete", "main")
    assert "! [remote rejected] main (default branch: no deletion)" in refused.stderr
    assert "remote: main is the default branch. Choose another one in the settings" in refused.stderr


def test_only_administrators_push_where_the_rule_says_so(hub: LiveHub, writer: Checkout) -> None:
    refused = writer.attempt("push", "origin", "main:release/1")
    assert "(protected branch: administrators may push)" in refused.stderr
    assert "remote: release/1 is protected: administrators may push to it." in refused.stderr
    writer.git("push", "--quiet", hub.git_url("alice/guarded", "alice"), "main:release/1")
    assert "refs/heads/release/1" in writer.remote_refs()


def test_frozen_branch_takes_nobodys_push(hub: LiveHub, writer: Checkout) -> None:
    refused = writer.attempt("push", hub.git_url("alice/guarded", "alice"), "main:frozen")
    assert "(protected branch: nobody may push)" in refused.stderr


def test_other_refs_of_the_same_push_go_on(writer: Checkout) -> None:
    writer.git("commit", "--quiet", "--amend", "--message", "rewritten")
    new = writer.git("rev-parse", "main")
    refused = writer.attempt("push", "--force", "origin", "main", "main:release/2", "main:other", "main:fresh", ":kept")
    assert refused.returncode == 1
    there = writer.remote_refs()
    assert there["refs/heads/other"] == there["refs/heads/fresh"] == new
    assert there["refs/heads/main"] != new
    assert "refs/heads/release/2" not in there
    assert "refs/heads/kept" in there
    assert refused.stderr.count("[remote rejected]") == 3


def test_atomic_push_with_one_refused_ref_moves_nothing(writer: Checkout) -> None:
    before = writer.remote_refs()
    new = writer.commit("atomic", atomic_txt="a")
    early = writer.attempt("push", "--atomic", "origin", "main:release/3", "main:atomic1")
    assert "release/3 (protected branch: administrators may push)" in early.stderr
    assert "main -> atomic1 (atomic push failure)" in early.stderr
    writer.git("commit", "--quiet", "--amend", "--message", "rewritten")
    writer.git("reset", "--quiet", "--hard", "HEAD~1")
    writer.git("commit", "--quiet", "--amend", "--message", "rewritten too")
    late = writer.attempt("push", "--atomic", "--force", "origin", "main", f"{new}:refs/heads/atomic2")
    assert "main -> main (protected branch: no force push)" in late.stderr
    assert "atomic push failure" in late.stderr
    assert writer.remote_refs() == before


def set_quota(hub: LiveHub, owner: str, more: int | None) -> None:
    """Let the owner add `more` bytes from now on; None lifts the limit."""
    value = "None" if more is None else f"F('used_bytes') + {more}"
    hub.run_code(
        "from django.db.models import F; from accounts.models import Owner\n"
        f"Owner.objects.filter(slug={owner!r}).update(quota_bytes={value})"
    )


@pytest.fixture
def limited(hub: LiveHub, tmp_path: Path) -> Checkout:
    """A checkout of mallory's own repository."""
    here = Checkout(tmp_path / "w", hub.git_url(f"mallory/{tmp_path.name.replace('_', '')}", "mallory"))
    here.commit("small", a_txt="a")
    here.git("push", "--quiet", "origin", "main")
    return here


def test_push_over_the_quota_is_refused_and_leaves_nothing(hub: LiveHub, limited: Checkout) -> None:
    before = limited.remote_refs()
    name = f"mallory/{limited.folder.parent.name.replace('_', '')}"
    folder = folder_of(hub, name)
    held = {path for path in folder.rglob("*") if path.is_file()}
    set_quota(hub, "mallory", 100_000)
    limited.commit("too big", big_bin=random_bytes(3_000_000))
    refused = limited.attempt("-c", "http.postBuffer=65536", "push", "origin", "main")
    assert refused.returncode == 1, refused.stderr
    assert "! [remote rejected] main -> main (quota exceeded)" in refused.stderr
    assert "remote: This push does not fit into the owner's quota: 0.1 MB are left. Nothing was kept." in refused.stderr
    assert limited.remote_refs() == before
    assert {path for path in folder.rglob("*") if path.is_file()} == held
    set_quota(hub, "mallory", None)
    limited.git("push", "--quiet", "origin", "main")


def test_push_without_any_room_is_refused_at_once(hub: LiveHub, limited: Checkout) -> None:
    limited.git("push", "--quiet", "origin", "main:doomed")
    set_quota(hub, "mallory", 0)
    limited.commit("one more", big_bin=random_bytes(3_000_000))
    refused = limited.attempt("-c", "http.postBuffer=65536", "push", "origin", "main")
    assert refused.returncode == 1, refused.stderr
    assert "! [remote rejected] main -> main (quota exceeded)" in refused.stderr
    assert "remote: This push does not fit into the owner's quota: nothing is left." in refused.stderr
    limited.git("push", "--quiet", "origin", "--delete", "doomed")
    set_quota(hub, "mallory", None)
    limited.git("push", "--quiet", "origin", "main")


def random_bytes(count: int) -> bytes:
    import random

    return random.Random(count).randbytes(count)
