"""Takes down what checks say about commits."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.db import transaction

from accounts.actor import Actor
from hub.lib.errors import Invalid, NotFound
from repos import signals
from repos.git import history
from repos.git.objects import Missing
from repos.models import CommitStatus, Repository
from repos.paths import git_dir

MAX_CONTEXT = 255
MAX_DESCRIPTION = 300
MAX_URL = 2048


def set_status(
    *,
    actor: Actor,
    repository: Repository,
    commit: str,
    context: str,
    state: str,
    description: str = "",
    target_url: str = "",
) -> CommitStatus:
    """The check `context` says `state` of a commit (whole id) from now on; expects that the actor may write.

    Earlier words of the same check are kept as history. A description that is too long is cut.
    Raises NotFound for the commit, Invalid for the state, the name or the address.
    """
    context = " ".join(context.replace("\0", "").split()) or "default"
    _check(context, state, target_url)
    try:
        history.commit(git_dir(repository), commit)
    except Missing:
        raise NotFound(f"There is no commit {commit[:40]} in {repository.full_name}.", field="commit") from None
    words = " ".join(description.replace("\0", "").split())
    with transaction.atomic():
        row = CommitStatus.objects.create(
            repository=repository,
            commit=commit,
            context=context,
            state=state,
            description=words if len(words) <= MAX_DESCRIPTION else words[: MAX_DESCRIPTION - 1] + "…",
            target_url=target_url,
            creator=actor.user,
        )
        signals.status_set.send(sender=CommitStatus, status=row)
    return row


def _check(context: str, state: str, target_url: str) -> None:
    if len(context) > MAX_CONTEXT:
        raise Invalid(f"The name of a check has at most {MAX_CONTEXT} characters.", field="context")
    if state not in CommitStatus.State.values:
        raise Invalid(f"A state is one of {', '.join(CommitStatus.State.values)}.", field="state")
    if not target_url:
        return
    # SECURITY: the address becomes a link on pages; `javascript:` and its like would run as the reader.
    try:
        parts = urlsplit(target_url)
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in {"http", "https"} or not parts.netloc or len(target_url) > MAX_URL:
        raise Invalid("The address of a check begins with http:// or https://.", field="target_url")
