"""The issue templates of a repository: files of a folder on its default branch."""

from __future__ import annotations

from dataclasses import dataclass, field

from collab.issue_templates import LONGEST_FILE, Config, Template, read_config, read_template
from repos.git import objects, tree
from repos.git.objects import Missing
from repos.git.tree import Entry
from repos.models import Repository
from repos.paths import git_dir

FOLDERS = (b".cairn/ISSUE_TEMPLATE", b".github/ISSUE_TEMPLATE", b".gitea/ISSUE_TEMPLATE")
SINGLE = (b".cairn/ISSUE_TEMPLATE.md", b".github/ISSUE_TEMPLATE.md", b".gitea/ISSUE_TEMPLATE.md", b"ISSUE_TEMPLATE.md")
MOST_TEMPLATES = 30
_CONFIGS = ("config.yml", "config.yaml")


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates that can be used, those that cannot, and what the folder's configuration says."""

    usable: tuple[Template, ...] = ()
    broken: tuple[Template, ...] = ()
    config: Config = field(default_factory=Config)
    folder: str = ""

    def named(self, key: str) -> Template | None:
        """The usable template of a file name."""
        return next((template for template in self.usable if template.key == key), None)


def templates_of(repository: Repository) -> Templates:
    """What new issues can begin with: of the first folder that is there; nothing without commits."""
    if repository.is_empty:
        return Templates()
    git = git_dir(repository)
    try:
        commit = objects.resolve(git, repository.default_branch).commit
    except Missing:
        return Templates()
    for path in FOLDERS:
        entry = tree.find(git, commit, path)
        if entry is not None and entry.kind == "dir":
            return _folder(repository, path.decode(), tree.entries(git, entry.id, path))
    for path in SINGLE:
        entry = tree.find(git, commit, path)
        if entry is not None and entry.kind == "file":
            found = tuple(_read(repository, [entry]))
            return Templates(usable=tuple(each for each in found if not each.fault))
    return Templates()


def _folder(repository: Repository, folder: str, entries: list[Entry]) -> Templates:
    files = [entry for entry in entries if entry.kind == "file"]
    wanted = [
        entry
        for entry in files
        if entry.name.lower().endswith((".md", ".yml", ".yaml")) and entry.name.lower() not in _CONFIGS
    ]
    found = _read(repository, wanted[:MOST_TEMPLATES])
    config = next((entry for entry in files if entry.name.lower() in _CONFIGS), None)
    data = _bytes(repository, [config]).get(config.id, b"") if config else b""
    return Templates(
        usable=tuple(each for each in found if not each.fault),
        broken=tuple(each for each in found if each.fault),
        config=read_config(data),
        folder=folder,
    )


def _read(repository: Repository, entries: list[Entry]) -> list[Template]:
    data = _bytes(repository, entries)
    return [
        read_template(entry.name, data[entry.id])
        if entry.id in data
        else Template(entry.name, entry.name, fault=f"It is larger than {LONGEST_FILE // 1024} KiB.")
        for entry in entries
    ]


def _bytes(repository: Repository, entries: list[Entry]) -> dict[str, bytes]:
    """The contents of those small enough, by blob."""
    git = git_dir(repository)
    sizes = objects.blob_sizes(git, [entry.id for entry in entries])
    return objects.read_blobs(git, [key for key, size in sizes.items() if size <= LONGEST_FILE])
