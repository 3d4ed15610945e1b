"""A data scientist at a terminal: a checkout with stock dvc, whose words and exit codes tests look at."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from tests.support.clients import program
from tests.support.git_checkout import Checkout
from tests.support.live import LiveHub


class DvcCheckout(Checkout):
    """A work tree under git and dvc, in its own home, with no cache shared with others."""

    def __init__(self, folder: Path, origin: str = "") -> None:
        super().__init__(folder, origin)
        self.environment |= {
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": str(folder.parent / f"{folder.name}-site"),
            "DVC_GLOBAL_CONFIG_DIR": str(folder.parent / "dvc-global"),
            "DVC_SYSTEM_CONFIG_DIR": str(folder.parent / "dvc-system"),
        }
        if not (folder / ".dvc").exists():
            self.dvc("init", "--quiet")

    def try_dvc(self, *words: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Run dvc, whatever comes of it; both outputs are in `stdout`."""
        return subprocess.run(
            [program("dvc", "dvc"), *words],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
        )

    def dvc(self, *words: str) -> str:
        """Run dvc, which must succeed; gives what it prints."""
        done = self.try_dvc(*words)
        assert done.returncode == 0, f"dvc {' '.join(words)}:\n{done.stdout}"
        return done.stdout

    def start_dvc(self, *words: str) -> subprocess.Popen[bytes]:
        """Run dvc in the background."""
        return subprocess.Popen(
            [program("dvc", "dvc"), *words],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def use_remote(self, hub: LiveHub, repo: str, *, user: str = "", password: str = "") -> None:
        """Make the hub's remote the default one: what `dvc remote add` and `modify` write, which take a second each."""
        remote = f"[core]\n    remote = hub\n['remote \"hub\"']\n    url = {hub.url}/{repo}.dvc\n"
        (self.folder / ".dvc" / "config").write_text(remote + ("    auth = basic\n" if password else ""))
        self.sign_in(user, password)

    def sign_in(self, user: str, password: str) -> None:
        """Go on as somebody else; with neither, as nobody."""
        local = f"['remote \"hub\"']\n    user = {user}\n    password = {password}\n" if password else ""
        (self.folder / ".dvc" / "config.local").write_text(local)

    def write(self, **files: str | bytes) -> None:
        """Write files; `__` in a name is a slash, `_` a dot."""
        for name, content in files.items():
            place = self.folder / name.replace("__", "/").replace("_", ".")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content if isinstance(content, bytes) else content.encode())

    def forget_data(self, *names: str) -> None:
        """Lose the cache and these outputs, as on another machine."""
        subprocess.run(["rm", "-rf", str(self.folder / ".dvc" / "cache"), *(str(self.folder / n) for n in names)])

    def add_as_dvc_2(self, name: str, content: bytes, md5: str) -> None:
        """Put a file under dvc as version 2 did: no kind of hash in the .dvc file, the cache without files/md5."""
        (self.folder / name).write_bytes(content)
        cached = self.folder / ".dvc" / "cache" / md5[:2] / md5[2:]
        cached.parent.mkdir(parents=True, exist_ok=True)
        cached.write_bytes(content)
        text = f"outs:\n- md5: {md5}\n  size: {len(content)}\n  path: {name}\n"
        (self.folder / f"{name}.dvc").write_text(text)


def md5_of(content: bytes) -> str:
    """The MD5 by which dvc names content."""
    return hashlib.md5(content).hexdigest()
