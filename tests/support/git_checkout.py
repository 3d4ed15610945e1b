"""A person at a terminal: a checkout with stock git, whose words and exit codes tests look at."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.support.live import COMMAND, LiveHub


class Checkout:
    """A work tree in its own home, with the hub as `origin`."""

    def __init__(self, folder: Path, origin: str = "") -> None:
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder.parent),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": "Ada Lovelace",
            "GIT_AUTHOR_EMAIL": "ada@example.org",
            "GIT_COMMITTER_NAME": "Ada Lovelace",
            "GIT_COMMITTER_EMAIL": "ada@example.org",
        }
        if not folder.exists():
            folder.mkdir(parents=True)
            self.git("init", "--quiet", "--initial-branch=main")
            if origin:
                self.git("remote", "add", "origin", origin)

    @classmethod
    def clone(cls, url: str, folder: Path, *options: str) -> Checkout:
        """Clone, and stand in the result."""
        here = cls(folder.parent / f"{folder.name}-home")
        here.git("clone", "--quiet", *options, url, str(folder))
        return cls(folder)

    def attempt(
        self, *words: str, input: bytes | None = None, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run git, whatever comes of it."""
        done = subprocess.run(
            ["git", *words],
            cwd=self.folder,
            env={**self.environment, **(env or {})},
            input=input,
            capture_output=True,
            timeout=COMMAND,
        )
        out, err = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    def git(self, *words: str, input: bytes | None = None, env: dict[str, str] | None = None) -> str:
        """Run git, which must succeed; gives its output without the last line end."""
        done = self.attempt(*words, input=input, env=env)
        assert done.returncode == 0, f"git {' '.join(words)}:\n{done.stderr}"
        return done.stdout.rstrip("\n")

    def commit(self, message: str, **files: str | bytes) -> str:
        """Write `name="content"` files (`_` in a name is a dot) and commit everything; gives the id."""
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            (self.folder / name.replace("_", ".")).write_bytes(data)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def remote_refs(self, remote: str = "origin") -> dict[str, str]:
        """What the hub says its refs are."""
        rows = (line.split("\t") for line in self.git("ls-remote", remote).splitlines())
        return {name: oid for oid, name in rows}


def published(hub: LiveHub, folder: Path, name: str, *, commits: int = 3) -> Checkout:
    """A checkout of alice whose history she has pushed to `alice/<name>`, a repository made by that push."""
    here = Checkout(folder, hub.git_url(f"alice/{name}", "alice"))
    for number in range(commits):
        here.commit(f"commit {number}", a_txt=f"line {number}\n", **{f"f{number}_txt": "x" * number})
    here.git("push", "--quiet", "--set-upstream", "origin", "main")
    return here


def folder_of(hub: LiveHub, full_name: str) -> Path:
    """Where the live hub keeps a repository."""
    owner, name = full_name.split("/")
    code = (
        "from repos.access import find_repo; from repos.paths import git_dir\n"
        f"print(git_dir(find_repo({owner!r}, {name!r})))"
    )
    return Path(hub.run_code(code).strip().splitlines()[-1])
