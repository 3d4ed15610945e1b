"""Names that no owner may take, since an address of the hub begins with them."""

from __future__ import annotations

from hub.lib.errors import Invalid
from hub.lib.routing import is_owner_name, is_repo_name

# Every literal first word in hub/urls.py (a test compares), and words that would mislead people.
RESERVED = frozenset({
    "-", "api", "healthz", "static", "login", "serve", "hf", "metrics", "favicon.ico", "robots.txt",
    "admin", "administrator", "root", "system", "hub", "cairn", "about", "help", "new", "explore", "settings",
    "security", "support", "nobody", "anonymous", "me",
})  # fmt: skip


def check_owner_name(name: str) -> None:
    """Raise Invalid unless an owner may be called so."""
    if not is_owner_name(name):
        raise Invalid(
            "Use 1 to 39 letters, digits, hyphens, dots or underscores; begin and end with a letter or digit.",
            field="name",
        )
    if name.lower() in RESERVED:
        raise Invalid(
            f"“{name}” is reserved for the hub's own addresses.",
            field="name",
            next_step="Choose another name.",
        )


def check_repo_name(name: str) -> None:
    """Raise Invalid unless a repository may be called so."""
    if not is_repo_name(name):
        raise Invalid(
            "Use 1 to 100 letters, digits, dots, hyphens or underscores; begin with a letter, digit or "
            "underscore, and do not end in .git, .dvc, .s3, .mlflow, .wiki, .atom or .rss.",
            field="name",
        )
