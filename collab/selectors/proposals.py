"""A pull request before it is opened: which branches could come in, what one would bring, what its text begins with."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from accounts.actor import Actor
from collab.models import PullRequest, Topic
from collab.selectors.pulls import open_pull_between
from repos.git import compare, history, listing, objects, refs, tree
from repos.git.history import Commit
from repos.git.listing import RefRow
from repos.git.objects import Missing
from repos.git.process import run
from repos.git.taking import quoted
from repos.models import Repository
from repos.paths import git_dir

MOST_COMMITS = 100
MOST_FORKS = 50
RECENT = 6
MAX_TEMPLATE = 64 * 1024
_FOLDERS = (b".github", b".gitea", b".cairn", b"", b"docs")
_NAMES = (b"pull_request_template.md", b"PULL_REQUEST_TEMPLATE.md")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a branch would bring into another: `ancestor` is where they parted, "" when they never met."""

    base_branch: str
    head_repository: Repository
    head_branch: str
    base: str
    head: str
    ancestor: str
    ahead: int
    behind: int
    commits: list[Commit]
    existing: PullRequest | None

    @property
    def hidden_commits(self) -> int:
        """How many commits are not listed."""
        return max(0, self.ahead - len(self.commits))


def family_of(repository: Repository, actor: Actor) -> list[Repository]:
    """The repository and those of its family that an actor may read, the actor's own first, at most MOST_FORKS."""
    first = repository.family_id or repository.pk
    rows = Repository.objects.visible_to(actor).filter(Q(family=first) | Q(pk=first)).exclude(pk=repository.pk)
    found = list(rows.select_related("owner").order_by("-pushed_at")[:MOST_FORKS])
    found.sort(key=lambda each: each.owner.user_id != actor.user_id or actor.user_id is None)
    return [repository, *found]


def find_head(repository: Repository, actor: Actor, text: str) -> tuple[Repository, str] | None:
    """What `branch`, `owner:branch` or `owner/name:branch` means; None when the repository is not there or unseen."""
    where, colon, branch = text.rpartition(":")
    if not colon:
        return repository, text
    owner, _, name = where.partition("/")
    for each in family_of(repository, actor):
        if each.owner.slug.lower() == owner.lower() and (not name or each.name.lower() == name.lower()):
            return each, branch
    return None


def head_text(repository: Repository, head: Repository, branch: str) -> str:
    """The other way round, for addresses."""
    return branch if head.pk == repository.pk else f"{head.full_name}:{branch}"


def propose(repository: Repository, base_branch: str, head: Repository, head_branch: str) -> Proposal | None:
    """What a pull request would bring; None when one of the branches is not there. Nothing is copied for it."""
    base_dir, head_dir = git_dir(repository), git_dir(head)
    base, tip = refs.branch_tip(base_dir, base_branch), refs.branch_tip(head_dir, head_branch)
    if base is None or tip is None:
        return None
    # Both histories in one view; what the head has beyond their meeting point lies in its own repository.
    env = {} if head.pk == repository.pk else {"GIT_ALTERNATE_OBJECT_DIRECTORIES": quoted(base_dir / "objects")}
    met = run(head_dir, "merge-base", base, tip, accept=(0, 1), env=env, timeout=compare.TIMEOUT).split()
    counts = run(
        head_dir, "rev-list", "--left-right", "--count", f"{base}...{tip}", "--", env=env, timeout=compare.TIMEOUT
    )
    behind, ahead = counts.split()
    ancestor = met[0].decode() if met else ""
    commits = history.log(head_dir, f"{ancestor}..{tip}" if ancestor else tip, limit=MOST_COMMITS) if int(ahead) else []
    return Proposal(
        base_branch=base_branch,
        head_repository=head,
        head_branch=head_branch,
        base=base,
        head=tip,
        ancestor=ancestor,
        ahead=int(ahead),
        behind=int(behind),
        commits=commits,
        existing=open_pull_between(repository, head, head_branch, base_branch),
    )


def recent_branches(repository: Repository, heads: list[Repository]) -> list[tuple[Repository, RefRow]]:
    """Branches that were pushed to lately and have no open pull request, newest first: of these repositories."""
    taken = set(
        PullRequest.objects.filter(repository=repository, topic__state=Topic.State.OPEN).values_list(
            "head_repository_id", "head_branch"
        )
    )
    rows = [
        (each, row)
        for each in heads
        for row in listing.branches(git_dir(each))[: RECENT * 3]
        if (each.pk, row.name) not in taken and row.name not in (each.default_branch, repository.default_branch)
    ]
    return sorted(rows, key=lambda row: row[1].when, reverse=True)[:RECENT]


def first_words(repository: Repository, proposal: Proposal) -> tuple[str, str]:
    """Title and text that the form begins with: of the one commit or the branch's name, and the template."""
    template = pull_template(repository)
    if len(proposal.commits) == 1 and proposal.ahead == 1:
        only = proposal.commits[0]
        return only.subject[:255], template or only.body
    words = proposal.head_branch.rpartition("/")[2].replace("-", " ").replace("_", " ").strip()
    return (words[:1].upper() + words[1:])[:255], template


def pull_template(repository: Repository) -> str:
    """The text of pull_request_template.md on the default branch; "" without one."""
    folder = git_dir(repository)
    tip = refs.branch_tip(folder, repository.default_branch)
    if tip is None:
        return ""
    for place in (b"/".join(filter(None, (above, name))) for above in _FOLDERS for name in _NAMES):
        try:
            entry = tree.find(folder, tip, place)
            if entry is not None and entry.kind == "file" and objects.blob_size(folder, entry.id) <= MAX_TEMPLATE:
                return objects.read_blob(folder, entry.id).decode("utf-8", "replace")
        except Missing:
            continue
    return ""
