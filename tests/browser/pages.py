"""The pages that are opened in a real browser. Each room adds its own: who looks, where, and what the answer is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageRow:
    """A page to hold to every check. `who` is one of the cast, or "" for somebody who has not signed in.

    The `repo` fixture of tests/conftest.py (alice/stones) is there, public as alice/open; `setup` names further
    fixtures of tests/browser/conftest.py that the page needs.
    """

    name: str
    path: str
    who: str = "alice"
    status: int = 200
    setup: tuple[str, ...] = ()


PAGES = [
    # web
    PageRow("welcome", "/", who=""),
    PageRow("home", "/"),
    PageRow("start", "/", who="mallory"),
    PageRow("start-administrator", "/", who="root"),
    PageRow("explore", "/-/explore"),
    PageRow("explore-nothing", "/-/explore?q=no-such-words"),
    PageRow("search", "/-/search?q=al"),
    PageRow("owner", "/alice/", who="bob"),
    PageRow("organisation", "/northwind/", setup=("northwind",)),
    PageRow("not-found", "/alice/nothing-here", status=404),
    PageRow("not-found-anonymous", "/alice/stones", who="", status=404),
    PageRow("bad-request", "/-/explore?sort=size", status=400),
    # accounts
    PageRow("sign-in", "/-/login", who=""),
    PageRow("sign-up", "/-/signup", who=""),
    PageRow("sign-up-closed", "/-/signup", who="", setup=("sign_up_closed",)),
    PageRow("sign-out", "/-/logout"),
    PageRow("account-disabled", "/-/inactive", who=""),
    PageRow("password-reset", "/-/password/reset", who=""),
    PageRow("password-reset-old-link", "/-/password/reset/key/1-abc", who="", status=404),
    PageRow("profile", "/-/settings"),
    PageRow("password", "/-/settings/password"),
    PageRow("tokens-none", "/-/settings/tokens"),
    PageRow("tokens", "/-/settings/tokens", setup=("tokens_of_alice",)),
    PageRow("token-revocation", "/-/settings/tokens/77/revocation", setup=("tokens_of_alice",)),
    PageRow("organisations-none", "/-/settings/organizations"),
    PageRow("organisations", "/-/settings/organizations", setup=("northwind",)),
    PageRow("account-deletion", "/-/settings/account"),
    PageRow("new-organisation", "/-/organizations/new"),
    PageRow("organisation-profile", "/-/organizations/northwind", setup=("northwind",)),
    PageRow("organisation-members", "/-/organizations/northwind/members", setup=("northwind",)),
    PageRow("organisation-teams", "/-/organizations/northwind/teams", setup=("northwind_team",)),
    PageRow("organisation-team", "/-/organizations/northwind/teams/1", setup=("northwind_team",)),
    PageRow("organisation-team-profile", "/-/organizations/northwind/teams/1/profile", setup=("northwind_team",)),
    PageRow("organisation-deletion", "/-/organizations/northwind/deletion", setup=("northwind",)),
    PageRow("people", "/-/admin", who="root"),
    PageRow("people-refused", "/-/admin", who="mallory", status=403),
    PageRow("new-person", "/-/admin/people/new", who="root"),
    PageRow("person", "/-/admin/people/alice", who="root"),
    PageRow("owners", "/-/admin/owners", who="root"),
    PageRow("quota", "/-/admin/owners/alice", who="root"),
    # jobs
    PageRow("jobs", "/-/admin/jobs", who="root", setup=("jobs_in_every_state",)),
    PageRow("jobs-none", "/-/admin/jobs?state=failed", who="root"),
]
