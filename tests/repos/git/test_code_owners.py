"""CODEOWNERS by the examples of GitHub's own manual, and what is no rule."""

from __future__ import annotations

import pytest

from repos.git.code_owners import OwnerRule, owners_of, parse

MANUAL = """\
# Comments begin with a hash.
*       @global-owner1 @global-owner2
*.js    @js-owner #This is an inline comment.
*.go docs@example.com
*.txt @octo-org/octocats
/build/logs/ @doctocat
docs/*  docs@example.com
apps/ @octocat
/docs/ @doctocat
/scripts/ @doctocat @octocat
**/logs @octocat
/apps/ @octocat
/apps/github
/with\\ space/ @spacey
"""


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("README.md", ("global-owner1", "global-owner2")),
        ("deep/inside/file.js", ("js-owner",)),
        ("a.go", ("docs@example.com",)),
        ("x/y.txt", ("octo-org/octocats",)),
        ("build/logs/today", ("octocat",)),
        ("other/docs/getting-started.md", ("global-owner1", "global-owner2")),
        ("docs/build-app/trouble.md", ("doctocat",)),
        ("x/apps/y/z", ("octocat",)),
        ("scripts/run", ("doctocat", "octocat")),
        ("deeply/nested/logs/a", ("octocat",)),
        ("apps/github/x", ()),
        ("with space/x", ("spacey",)),
    ],
)
def test_last_match_decides_as_on_github(path: str, owners: tuple[str, ...]) -> None:
    assert owners_of(parse(MANUAL), path) == owners


@pytest.mark.parametrize(
    ("pattern", "hits", "misses"),
    [
        ("docs/*", ["docs/a.md"], ["docs/sub/a.md", "x/docs/a.md"]),
        ("apps/", ["apps/a", "x/apps/a/b"], ["apps"]),
        ("/a/**/b", ["a/b", "a/x/y/b", "a/b/c"], ["a/x", "x/a/b"]),
        ("/a?.py", ["ab.py"], ["a/.py", "x/ab.py", "abc.py"]),
        ("/src/**", ["src/a", "src/a/b"], ["lib/src/a"]),
        ("Makefile", ["Makefile", "x/Makefile", "Makefile/x"], ["makefile"]),
    ],
)
def test_patterns(pattern: str, hits: list[str], misses: list[str]) -> None:
    rule = OwnerRule(1, pattern, ("x",))
    assert [path for path in [*hits, *misses] if rule.matches(path)] == hits


def test_what_is_no_rule_is_left_out() -> None:
    assert parse("!a @b\n[ab] @c\n\n   # d @e\n\\#f @g nonsense @h/i\n") == [OwnerRule(5, "#f", ("g", "h/i"))]
    assert not OwnerRule(1, "*a" * 200 + "b", ("x",)).matches("a" * 4000)
