"""Client programs that do not fit into .venv: `python -m tests.support.clients` installs them below .clients/.

`requirements/clients/<name>.in` says what is wanted, `<name>.txt` is its lock with hashes. A file that opens with
`# beside .venv` is installed without its dependencies and finds them in .venv.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = ROOT / "requirements" / "clients"
CLIENTS = ROOT / ".clients"
UV = str(Path(sysconfig.get_path("scripts")) / "uv")
COMPILE = ("pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate",
           "--no-header", "--upgrade")  # fmt: skip


def program(name: str, executable: str) -> str:
    """Path of an executable in the environment of a client; AssertionError where it is not installed as locked."""
    path = CLIENTS / name / "bin" / executable
    stamp = CLIENTS / name / ".stamp"
    assert path.exists() and stamp.exists() and stamp.read_text() == _wanted(name), (
        f"{executable} of {name} is missing or not the locked one: run `make clients`"
    )
    return str(path)


def environment(home: Path, **more: str) -> dict[str, str]:
    """Variables for a client as if its user had just signed in: `home` for their folders, nothing of the tests."""
    kept = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "NO_PROXY": "127.0.0.1",
        **more,
    }


def run(command: Sequence[str], *, env: dict[str, str], cwd: Path, seconds: int = 300) -> str:
    """Run a client in a folder; its standard output. AssertionError with all it said where it fails."""
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def install() -> None:
    """Make the environments that are missing or whose lock has changed; tells of each how long it took."""
    CLIENTS.mkdir(exist_ok=True)
    with (CLIENTS / ".lock").open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        for name in names():
            home = CLIENTS / name
            stamp = home / ".stamp"
            if stamp.exists() and stamp.read_text() == _wanted(name):
                continue
            start = time.monotonic()
            _uv("venv", "--quiet", "--clear", "--python", sys.executable, str(home))
            _uv("pip", "install", "--quiet", "--python", str(home / "bin" / "python"), "--require-hashes",
                *_only(name), "--requirement", str(LOCKS / f"{name}.txt"))  # fmt: skip
            if _beside(name):
                (site,) = home.glob("lib/python*/site-packages")
                (site / "beside.pth").write_text(sysconfig.get_path("purelib") + "\n")
            stamp.write_text(_wanted(name))
            sys.stdout.write(f"  client {name}: {time.monotonic() - start:.0f} s\n")
            sys.stdout.flush()


def lock() -> None:
    """Resolve every client afresh, to the newest that its file allows."""
    for name in names():
        _uv(*COMPILE, *_only(name), str(LOCKS / f"{name}.in"), "--output-file", str(LOCKS / f"{name}.txt"))


def names() -> list[str]:
    """Every client, in the order of the alphabet."""
    return sorted(path.stem for path in LOCKS.glob("*.in"))


def _beside(name: str) -> bool:
    return (LOCKS / f"{name}.in").read_text().startswith("# beside .venv")


def _only(name: str) -> tuple[str, ...]:
    return ("--no-deps",) if _beside(name) else ()


def _wanted(name: str) -> str:
    locked = (LOCKS / f"{name}.txt").read_bytes()
    return f"{sys.version_info.major}.{sys.version_info.minor} {hashlib.sha256(locked).hexdigest()} {_beside(name)}\n"


def _uv(*words: str) -> None:
    done = subprocess.run([UV, *words], cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(f"uv {' '.join(words[:2])} failed for the clients of the tests")


if __name__ == "__main__":
    lock() if sys.argv[1:] == ["lock"] else install()
