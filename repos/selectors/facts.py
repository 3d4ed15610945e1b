"""Quiet facts about a repository's code: counts, languages, licence, latest activity."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.core.cache import cache
from django.db.models import QuerySet

from repos.git import history, names, tree
from repos.git.process import GitError
from repos.models import Activity, Repository
from repos.paths import git_dir

# Extension → language; what is not code (data, pictures, lock files) is left out of the shares.
LANGUAGES = {
    "py": "Python", "pyi": "Python", "pyx": "Cython", "ipynb": "Jupyter", "r": "R", "rmd": "R", "jl": "Julia",
    "c": "C", "h": "C", "cc": "C++", "cpp": "C++", "hpp": "C++", "cxx": "C++", "cu": "CUDA", "cuh": "CUDA",
    "rs": "Rust", "go": "Go", "java": "Java", "kt": "Kotlin", "scala": "Scala", "swift": "Swift", "m": "MATLAB",
    "rb": "Ruby",
    "php": "PHP", "pl": "Perl", "lua": "Lua", "hs": "Haskell", "ex": "Elixir", "exs": "Elixir", "erl": "Erlang",
    "js": "JavaScript", "mjs": "JavaScript", "cjs": "JavaScript", "jsx": "JavaScript", "ts": "TypeScript",
    "tsx": "TypeScript", "vue": "Vue", "svelte": "Svelte", "html": "HTML", "htm": "HTML", "css": "CSS", "scss": "SCSS",
    "sh": "Shell", "bash": "Shell", "zsh": "Shell", "ps1": "PowerShell", "sql": "SQL", "tex": "TeX", "cs": "C#",
    "fs": "F#", "dart": "Dart", "f90": "Fortran", "f": "Fortran", "nim": "Nim", "zig": "Zig", "tf": "HCL",
}  # fmt: skip
BY_NAME = {"makefile": "Makefile", "dockerfile": "Dockerfile", "cmakelists.txt": "CMake", "snakefile": "Snakemake"}
SHOWN_LANGUAGES = 6
LICENCES = ("license", "licence", "license.md", "licence.md", "license.txt", "licence.txt", "copying")


@dataclass(frozen=True, slots=True)
class Language:
    """A language and its share of the code's bytes, in percent; `start` is where its part of the bar begins."""

    name: str
    percent: float
    start: float
    series: int


def languages(repository: Repository, commit: str) -> list[Language]:
    """The languages of a commit's files, the largest first; what remains is «Other»."""
    key = f"languages:{repository.pk}:{commit}"
    tally: Counter[str] | None = cache.get(key)
    if tally is None:
        try:
            tally = _tally(tree.file_sizes(git_dir(repository), commit))
        except GitError:
            tally = Counter()
        cache.set(key, tally)
    return _shares(tally)


def _tally(sizes: list[tuple[bytes, int]]) -> Counter[str]:
    tally: Counter[str] = Counter()
    for raw, size in sizes:
        path = PurePosixPath(names.as_text(raw).lower())
        language = BY_NAME.get(path.name) or LANGUAGES.get(path.suffix.removeprefix("."))
        if language and not {"node_modules", "vendor", "third_party"} & set(path.parts):
            tally[language] += size
    return tally


def _shares(tally: Counter[str]) -> list[Language]:
    total = tally.total()
    if not total:
        return []
    rows = tally.most_common(SHOWN_LANGUAGES)
    rest = total - sum(size for _, size in rows)
    if rest:
        rows.append(("Other", rest))
    shares, start = [], 0.0
    for number, (name, size) in enumerate(rows, start=1):
        percent = 100 * size / total
        shares.append(Language(name, round(percent, 1), round(start, 3), number))
        start += percent
    return shares


def commit_count(repository: Repository, commit: str) -> int | None:
    """How many commits lead up to one; None when counting takes too long."""
    key = f"commits:{repository.pk}:{commit}"
    known: int | None = cache.get(key)
    if known is not None:
        return known
    try:
        known = history.count(git_dir(repository), commit)
    except GitError:
        return None
    cache.set(key, known)
    return known


def latest_activity(repository: Repository, *, limit: int = 6) -> QuerySet[Activity]:
    """What happened last, newest first, with whoever did it."""
    return repository.activities.select_related("user").order_by("-id")[:limit]
