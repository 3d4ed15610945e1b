"""Who gets in by git, what a terminal says to those who do not, and addresses that lead nowhere."""

from __future__ import annotations

import http.client
from base64 import b64encode
from pathlib import Path

import pytest

from tests.support.git_checkout import Checkout
from tests.support.live import LiveHub

pytestmark = pytest.mark.wire

ADVERT = "info/refs?service=git-{}-pack"


def ask(hub: LiveHub, path: str, who: str | None = None, *, method: str = "GET") -> http.client.HTTPResponse:
    """One request with the path exactly as written."""
    connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=120)
    headers = {}
    if who:
        headers["Authorization"] = "Basic " + b64encode(f"{who}:{hub.tokens[who]}".encode()).decode()
    connection.putrequest(method, path, skip_host=False)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    answer.body = answer.read()  # type: ignore[attr-defined]
    connection.close()
    return answer


@pytest.fixture(scope="module")
def private(hub: LiveHub, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """alice/stones with a history."""
    here = Checkout(tmp_path_factory.mktemp("private") / "w", hub.git_url("alice/stones", "alice"))
    here.commit("one", a_txt="a")
    here.git("push", "--quiet", "origin", "main")
    return here


EXPECTED = {
    ("alice/stones", "upload", None): 401,
    ("alice/stones", "upload", "mallory"): 404,
    ("alice/stones", "upload", "carol"): 200,
    ("alice/stones", "upload", "bob"): 200,
    ("alice/stones", "upload", "alice"): 200,
    ("alice/stones", "upload", "alice-read"): 200,
    ("alice/stones", "receive", None): 401,
    ("alice/stones", "receive", "mallory"): 404,
    ("alice/stones", "receive", "carol"): 403,
    ("alice/stones", "receive", "alice-read"): 403,
    ("alice/stones", "receive", "bob"): 200,
    ("alice/stones", "receive", "alice"): 200,
    ("alice/nothere", "upload", None): 401,
    ("alice/nothere", "upload", "alice"): 404,
    ("alice/nothere", "receive", None): 401,
    ("alice/nothere", "receive", "mallory"): 404,
    ("alice/nothere", "receive", "alice-read"): 404,
}


@pytest.mark.parametrize(("repo", "service", "who"), EXPECTED)
def test_first_request_is_answered_by_rights(
    hub: LiveHub, private: Checkout, repo: str, service: str, who: str | None
) -> None:
    answer = ask(hub, f"/{repo}.git/{ADVERT.format(service)}", who)
    expected = EXPECTED[repo, service, who]
    assert answer.status == expected
    challenge = 'Basic realm="Cairn"' if expected == 401 else None
    assert answer.getheader("WWW-Authenticate") == challenge
    kind = f"application/x-git-{service}-pack-advertisement" if expected == 200 else "text/plain; charset=utf-8"
    assert answer.getheader("Content-Type") == kind


@pytest.mark.parametrize("service", ["upload", "receive"])
@pytest.mark.parametrize(("who", "status"), [(None, 401), ("mallory", 404)])
def test_transfers_are_guarded_like_the_first_request(
    hub: LiveHub, private: Checkout, service: str, who: str | None, status: int
) -> None:
    assert ask(hub, f"/alice/stones.git/git-{service}-pack", who, method="POST").status == status


def test_wrong_credentials_are_asked_for_again(hub: LiveHub, private: Checkout) -> None:
    wrong = f"http://alice:cairn_1_{'0' * 40}@127.0.0.1:{hub.port}/alice/stones.git"
    refused = private.attempt("ls-remote", wrong)
    assert refused.returncode == 128
    assert "Authentication failed" in refused.stderr


def test_password_and_token_in_either_place_open_the_door(hub: LiveHub, private: Checkout) -> None:
    token, at = hub.tokens["carol"], f"127.0.0.1:{hub.port}/alice/stones.git"
    secret = hub.password.replace(" ", "%20")
    for login in (f"carol:{token}", f"{token}:", f"{token}:{token}", f"anybody:{token}", f"carol:{secret}"):
        assert "refs/heads/main" in private.git("ls-remote", f"http://{login}@{at}")


def test_reader_reads_and_is_told_why_a_push_is_refused(hub: LiveHub, private: Checkout, tmp_path: Path) -> None:
    here = Checkout.clone(hub.git_url("alice/stones", "carol"), tmp_path / "c")
    here.commit("from a reader", c_txt="c")
    refused = here.attempt("push", "origin", "main")
    assert refused.returncode == 128
    assert "remote: This needs write access to alice/stones; you have read." in refused.stderr
    assert "403" in refused.stderr


def test_stranger_is_told_the_same_of_hidden_and_missing_repositories(hub: LiveHub, private: Checkout) -> None:
    """The attack: telling names of private repositories by the difference between two refusals."""
    hidden = private.attempt("ls-remote", hub.git_url("alice/stones", "mallory"))
    missing = private.attempt("ls-remote", hub.git_url("alice/nothere", "mallory"))
    assert hidden.returncode == missing.returncode == 128
    assert hidden.stderr.replace("stones", "X") == missing.stderr.replace("nothere", "X")
    assert "remote: There is no repository alice/X" in hidden.stderr.replace("stones", "X")


def test_public_repository_is_cloned_by_anybody_and_pushed_by_writers_only(hub: LiveHub, tmp_path: Path) -> None:
    hub.new_repo("open", visibility="public")
    owner = Checkout(tmp_path / "o", hub.git_url("alice/open", "alice"))
    owner.commit("one", a_txt="a")
    owner.git("push", "--quiet", "origin", "main")
    here = Checkout.clone(hub.git_url("alice/open"), tmp_path / "c")
    assert (here.folder / "a.txt").read_text() == "a"
    here.commit("uninvited", b_txt="b")
    refused = here.attempt("push", "origin", "main")
    assert refused.returncode == 128
    assert "could not read Username" in refused.stderr
    assert "403" in here.attempt("push", hub.git_url("alice/open", "mallory"), "main").stderr


def test_push_to_a_free_name_of_ones_own_makes_a_private_repository(hub: LiveHub, tmp_path: Path) -> None:
    here = Checkout(tmp_path / "w", hub.git_url("bob/brandnew", "bob"))
    new = here.commit("one", a_txt="a")
    here.git("push", "--quiet", "origin", "main:trunk")
    assert here.remote_refs() == {"HEAD": new, "refs/heads/trunk": new}
    assert ask(hub, f"/bob/brandnew.git/{ADVERT.format('upload')}", "alice").status == 404
    copy = Checkout.clone(hub.git_url("bob/brandnew", "bob"), tmp_path / "c")
    assert copy.git("symbolic-ref", "--short", "HEAD") == "trunk"


def test_push_makes_no_repository_elsewhere_or_under_a_wrong_name(hub: LiveHub, tmp_path: Path) -> None:
    here = Checkout(tmp_path / "w")
    here.commit("one", a_txt="a")
    for name in ("alice/nomine", "nosuchowner/x", "bob/name.mlflow", "bob/-dash"):
        refused = here.attempt("push", hub.git_url(name, "bob"), "main")
        assert refused.returncode == 128, name
        assert "not found" in refused.stderr, name
    assert ask(hub, f"/alice/nomine.git/{ADVERT.format('upload')}", "alice").status == 404


def test_push_into_an_organisation_of_ones_own_makes_a_repository(hub: LiveHub, tmp_path: Path) -> None:
    hub.run_code(
        "from accounts.models import User; from accounts.services import create_organization\n"
        "create_organization(creator=User.objects.get(username='alice'), slug='quarry')"
    )
    here = Checkout(tmp_path / "w", hub.git_url("quarry/granite", "alice"))
    new = here.commit("one", a_txt="a")
    here.git("push", "--quiet", "origin", "main")
    assert here.remote_refs()["refs/heads/main"] == new
    assert here.attempt("push", hub.git_url("quarry/marble", "bob"), "main").returncode == 128


@pytest.mark.parametrize(
    "path",
    [
        "/alice/stones.git/config",
        "/alice/stones.git/HEAD",
        "/alice/stones.git/objects/info/packs",
        "/alice/stones.git/objects/../config",
        "/alice/stones.git/info/../config",
        "/alice/stones.git/../stones.git/config",
        "/alice/stones.git/%2e%2e/config",
        "/alice/stones.git/info%2frefs/../../config",
        "/alice/stones.git/git-upload-archive",
        "/alice/..%2f..%2fetc.git/info/refs?service=git-upload-pack",
        "/alice/%2e%2e.git/info/refs?service=git-upload-pack",
        "/alice/stones.git.git/info/refs?service=git-upload-pack",
        "/alice/stones%00.git/info/refs?service=git-upload-pack",
        "/alice/stones%0a.git/info/refs?service=git-upload-pack",
        "/../alice/stones.git/config",
    ],
)
def test_nothing_but_the_three_paths_is_there(hub: LiveHub, private: Checkout, path: str) -> None:
    """The attack: walking out of the protocol's paths into the repository folder, or into git's command line."""
    answer = ask(hub, path, "alice")
    assert answer.status in (400, 404)
    assert b"repositoryformatversion" not in answer.body  # type: ignore[attr-defined]


@pytest.mark.parametrize("query", ["", "?service=", "?service=git-upload-archive", "?service=--upload-pack=x"])
def test_only_the_two_services_are_known(hub: LiveHub, private: Checkout, query: str) -> None:
    answer = ask(hub, f"/alice/stones.git/info/refs{query}", "alice")
    assert answer.status == 403
    assert b"smart HTTP" in answer.body  # type: ignore[attr-defined]


def test_wrong_verbs_are_405(hub: LiveHub, private: Checkout) -> None:
    answer = ask(hub, "/alice/stones.git/git-upload-pack", "alice")
    assert (answer.status, answer.getheader("Allow")) == (405, "POST")
    assert ask(hub, "/alice/stones.git/info/refs", "alice", method="DELETE").status == 405
