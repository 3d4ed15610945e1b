"""What the doors are held against: a plain copy on the same disk, a static nginx, and moto's S3 in memory."""

from __future__ import annotations

import contextlib
import getpass
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from servers import ROOT, Server, free_port, started

NOBODY: dict[str, Any] = {"prefix": "", "headers": "", "database": ""}
MOTO = str(ROOT / ".clients" / "moto" / "bin" / "moto_server")

NGINX = """
{user}worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    default_type application/octet-stream;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; root {folder}/files; }}
}}
"""


def copied(source: Path, target: Path, *, synced: bool) -> tuple[float, float]:
    """Seconds and CPU seconds of `cat source | tee target | sha256sum`, which is gone again; `synced`: to the disk."""
    script = 'cat "$1" | tee "$2" | sha256sum > /dev/null' + (' && sync "$2"' if synced else "")
    used, begun = _children(), time.perf_counter()
    subprocess.run(["bash", "-c", script, "copy", str(source), str(target)], check=True)
    seconds, cpu = time.perf_counter() - begun, _children() - used
    target.unlink()
    return seconds, cpu


def copied_folder(source: Path, target: Path) -> float:
    """Seconds of `cp -r`, and of hashing what was copied; no file is synced."""
    begun = time.perf_counter()
    script = 'cp -r "$1" "$2" && find "$2" -type f -print0 | xargs -0 sha256sum > /dev/null'
    subprocess.run(["bash", "-c", script, "copy", str(source), str(target)], check=True)
    seconds = time.perf_counter() - begun
    shutil.rmtree(target)
    return seconds


def _children() -> float:
    times = resource.getrusage(resource.RUSAGE_CHILDREN)
    return times.ru_utime + times.ru_stime


@contextlib.contextmanager
def nginx(folder: Path) -> Iterator[Server]:
    """A static nginx with one worker; it gives what is put below `folder`/files."""
    files, port = folder / "files", free_port()
    files.mkdir(parents=True)
    (files / "probe").write_text("here")
    user = f"user {getpass.getuser()};\n" if os.geteuid() == 0 else ""  # Else it could not reach our folder.
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(user=user, folder=folder, port=port))
    with started("nginx", ["nginx", "-c", str(config)], port, "/probe", {}, folder, **NOBODY) as server:
        yield server


@contextlib.contextmanager
def moto(folder: Path, program: str) -> Iterator[Server | None]:
    """moto's server, which keeps objects in memory; None where it is not installed."""
    if not program or not Path(program).exists():
        print("moto_server is not there: its columns stay empty (see --help)", file=sys.stderr)
        yield None
        return
    port = free_port()
    command = [program, "-H", "127.0.0.1", "-p", str(port)]
    with started("moto", command, port, "/moto-api/data.json", {}, folder, **NOBODY) as server:
        yield server
