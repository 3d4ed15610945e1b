"""The words of commits that merge: as they are offered in the form, and used when nobody writes others."""

from __future__ import annotations

from collab.models import PullRequest
from repos.git import history
from repos.git.process import GitError
from repos.paths import git_dir

MOST_COMMITS = 100


def default_title(pull: PullRequest, method: str) -> str:
    """The first line of the commit that a way of merging makes."""
    number = pull.topic.number
    if method == PullRequest.Method.MERGE:
        source = pull.head_branch
        if pull.head_repository is not None and pull.head_repository_id != pull.repository_id:
            source = f"{pull.head_repository.owner.slug}/{source}"
        return f"Merge pull request #{number} from {source}"
    return f"{pull.topic.title} (#{number})"


def default_message(pull: PullRequest, method: str) -> str:
    """What follows the first line: the title, or for a squash what the commits said and who made them."""
    if method == PullRequest.Method.MERGE:
        return pull.topic.title
    if method != PullRequest.Method.SQUASH:
        return ""
    try:
        span = f"{pull.merge_base}..{pull.head_commit}" if pull.merge_base else pull.head_commit
        commits = history.log(git_dir(pull.repository), span, limit=MOST_COMMITS)[::-1]
    except GitError:
        return ""
    own = pull.topic.author.email.lower() if pull.topic.author else ""
    said = [commit for commit in commits if not commit.is_merge]
    lines = [f"* {commit.subject}" for commit in said] if len(said) > 1 else [said[0].body] if said else []
    others = {
        commit.author.email.lower(): f"Co-authored-by: {commit.author.name} <{commit.author.email}>"
        for commit in said
        if commit.author.email and commit.author.email.lower() != own
    }
    return "\n\n".join(part for part in ("\n".join(lines).strip(), "\n".join(others.values())) if part)
