"""Requests to addresses that users named: where they may go, that they go where was checked, and that they end."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.lib import outbound
from hub.lib.errors import Invalid
from tests.support.target import Target, running_target

PRIVATE = [
    "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1",
    "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "2002:a00:1::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "2001:0:4136:e378:8000:63bf:80ff:fffe", "nonsense",
]  # fmt: skip


@pytest.fixture
def private(settings) -> None:
    settings.ALLOW_PRIVATE_TARGETS = True


@pytest.fixture
def target(private: None) -> Iterator[Target]:
    with running_target() as found:
        yield found


def resolve(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let every name resolve to the next of `answers`; returns the names that are asked for."""
    asked: list[str] = []
    left = list(answers)

    def getaddrinfo(host: str, port: int, *args: object, **more: object) -> list[object]:
        asked.append(host)
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(outbound.socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_known(address: str) -> None:
    assert not outbound.is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_known(address: str) -> None:
    assert outbound.is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://169.254.169.254/latest/meta-data",
        "https://2130706433/", "https://0x7f.1/", "https://[::ffff:127.0.0.1]/", "https://localhost./",
    ],
)  # fmt: skip
def test_the_own_network_is_out_of_reach(url: str) -> None:
    with pytest.raises(Invalid, match="not a public address") as refused:
        outbound.check(url)
    assert "HUB_ALLOW_PRIVATE_TARGETS" in refused.value.next_step


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(Invalid, match=r"leads to 10\.0\.0\.1"):
        outbound.check("https://hooks.example.org/")


def test_a_public_target_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolve(monkeypatch, ["8.8.8.8", "8.8.8.8", "8.8.4.4"])
    found = outbound.check("https://hooks.example.org/a?b=c")
    assert (found.host, found.port, found.addresses) == ("hooks.example.org", 443, ("8.8.8.8", "8.8.4.4"))
    assert asked == ["hooks.example.org"]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://example.org/", "Invalid URL scheme: 'http'. Allowed schemes are: https."),
        ("ftp://example.org/", "Invalid URL scheme: 'ftp'"),
        ("file:///etc/passwd", "Invalid URL scheme: 'file'"),
        ("example.org", "Invalid URL scheme: ''"),
        ("https://", "The URL must include a hostname"),
        ("https:///x", "The URL must include a hostname"),
        ("https://a:b@example.org/", "The URL must not hold a user name or password."),
        ("https://@example.org/", "The URL must not hold a user name or password."),
        ("https://example.org:99999/", "is no URL"),
        ("https://example.org:0/", "The URL must include a hostname"),
        ("https://[::1/", "is no URL"),
        ("https://example.org/a b", "ASCII without spaces"),
        ("https://example.org/\r\nX: y", "ASCII without spaces"),
        ("https://exämple.org/", "ASCII without spaces"),
        ("https://example.org/" + "x" * 2048, "at most 2048 characters"),
    ],
)
def test_urls_that_are_refused(url: str, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        outbound.check(url)
    assert message in refused.value.message


def test_a_name_without_an_address_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **more: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(outbound.socket, "getaddrinfo", fail)
    with pytest.raises(outbound.Unreachable, match="cannot be resolved"):
        outbound.check("https://nowhere.example.org/")


def test_a_name_that_changes_its_mind_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The attack: public when it is checked, the loopback address when the connection is made."""
    asked = resolve(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    reached: list[str] = []

    def connect(place: tuple[str, int], timeout: float) -> socket.socket:
        reached.append(place[0])
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(outbound.socket, "create_connection", connect)
    with pytest.raises(outbound.Unreachable, match="Connection refused"):
        outbound.post("https://rebinding.example.org/", body=b"", headers={})
    assert reached == ["8.8.8.8"]
    assert asked == ["rebinding.example.org"]


def test_post_brings_the_answer(target: Target) -> None:
    reply = outbound.post(target.url, body=b"hello", headers={"Content-Type": "text/plain", "X-A": "b"})
    assert (reply.status, reply.body) == (200, b"thanks")
    assert 0 < reply.seconds < 5
    [found] = target.received
    assert (found.path, found.body) == ("/hook?x=1", b"hello")
    assert found.headers["Host"] == f"127.0.0.1:{target.port}"
    assert found.headers["Content-Type"] == "text/plain"
    assert found.headers["X-A"] == "b"
    assert found.headers["Content-Length"] == "5"


def test_proxies_of_the_environment_are_not_used(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert outbound.post(target.url, body=b"", headers={}).status == 200


def test_redirects_are_not_followed(target: Target) -> None:
    target.answers = [(302, b"")]
    target.headers = {"Location": f"http://127.0.0.1:{target.port}/elsewhere"}
    assert outbound.post(target.url, body=b"", headers={}).status == 302
    assert len(target.received) == 1


def test_of_a_long_answer_the_beginning_is_read(target: Target) -> None:
    target.answers = [(200, b"x" * (outbound.MAX_ANSWER + 5000))]
    assert outbound.post(target.url, body=b"", headers={}).body == b"x" * outbound.MAX_ANSWER


def test_a_target_that_drips_is_cut_off(target: Target) -> None:
    """The attack: a byte now and then, so that no single read times out and the worker is held for hours."""
    target.answers = [(200, b"x" * 1000)]
    target.drip = 0.05
    started = time.monotonic()
    reply = outbound.post(target.url, body=b"", headers={}, timeout=0.6)
    assert len(reply.body) < 1000
    assert time.monotonic() - started < 30
    target.drip = 0.0


def test_a_port_where_nobody_listens(private: None) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        with pytest.raises(outbound.Unreachable, match=r"127\.0\.0\.1 could not be reached: Connection refused\."):
            outbound.post(url, body=b"", headers={})


def test_what_answers_no_http_is_unreachable(private: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        import threading

        def answer() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(1000)
                peer.sendall(b"SSH-2.0-nothing\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(outbound.Unreachable, match="could not be reached"):
            outbound.post(f"http://127.0.0.1:{server.getsockname()[1]}/", body=b"", headers={})
        thread.join()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of our own for hooks.example.org, with its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    file = tmp_path / "hooks.pem"
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=hooks.example.org".split()
    names = ["-addext", "subjectAltName=DNS:hooks.example.org"]
    files = ["-keyout", file, "-out", file.with_suffix(".crt")]
    subprocess.run([openssl, *words, *names, *files], check=True, capture_output=True)
    file.write_text(file.read_text() + file.with_suffix(".crt").read_text())
    return file


def test_certificates_are_checked_for_the_name_of_the_url(
    certificate: Path, private: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def serving() -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        return context

    with running_target(serving) as target:
        resolve(monkeypatch, ["127.0.0.1"])
        with pytest.raises(outbound.Unreachable, match="its certificate is not accepted"):
            outbound.post(f"https://hooks.example.org:{target.port}/", body=b"", headers={})
        trusting = ssl.create_default_context(cafile=str(certificate.with_suffix(".crt")))
        monkeypatch.setattr(outbound.ssl, "create_default_context", lambda: trusting)
        assert outbound.post(f"https://hooks.example.org:{target.port}/", body=b"", headers={}).status == 200
        with pytest.raises(outbound.Unreachable, match="its certificate is not accepted"):
            outbound.post(f"https://other.example.org:{target.port}/", body=b"", headers={})
    assert [found.headers["Host"] for found in target.received] == [f"hooks.example.org:{target.port}"]
