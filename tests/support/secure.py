"""The same hub once more over TLS, with a certificate of our own: clients frame bodies differently there."""

from __future__ import annotations

import contextlib
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.support.groups import Group
from tests.support.live import ROOT, START, LiveHub, free_port


@dataclass(frozen=True)
class SecureFront:
    """Where the hub answers over TLS, and the certificate that clients must be told to trust."""

    url: str
    certificate: Path


@contextlib.contextmanager
def secure_front(hub: LiveHub, folder: Path) -> Iterator[SecureFront]:
    """A second web server for the hub's home, on https://localhost, until the block ends."""
    certificate, key, port = folder / "certificate.pem", folder / "key.pem", free_port()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", "--blocking-threads", "16", "--no-ws", "--log-level", "warning",
        "--ssl-certificate", str(certificate), "--ssl-keyfile", str(key), "hub.wsgi:application",
    ]  # fmt: skip
    front = SecureFront(f"https://localhost:{port}", certificate)
    group = Group(command, cwd=ROOT, env=hub.environment, log=folder / "secure.log")
    try:
        _wait(group.process, front, folder / "secure.log")
        yield front
    finally:
        group.end()


def _wait(process: subprocess.Popen[bytes], front: SecureFront, log: Path) -> None:
    context = ssl.create_default_context(cafile=str(front.certificate))
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(URLError, OSError), urlopen(f"{front.url}/healthz", timeout=30, context=context):
            return
        time.sleep(0.1)
    raise AssertionError("the hub did not answer over TLS in time:\n" + log.read_text())
