"""The only way out: requests to addresses that users named (webhooks, buckets), kept out of private networks.

The host is resolved once, every address of it is judged, and the connection goes to a judged address: a name
that answers differently the second time (DNS rebinding) gains nothing. Redirects are not followed, proxies of the
environment not used; time and size are bounded.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from hub.lib.errors import Invalid, Unavailable

TIMEOUT = 10.0
MAX_ANSWER = 64 * 1024
MAX_URL = 2048
_PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Unreachable(Unavailable):
    """The target could not be reached, broke the protocol, or took too long."""

    code = "unreachable"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: the URL's parts, and the addresses that were judged fit, in the resolver's order."""

    parts: SplitResult
    host: str
    port: int
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the status, the body (its first `limit` bytes), and how long it took in seconds."""

    status: int
    body: bytes
    seconds: float


def check(url: str) -> Target:
    """The target of a URL. Raises Invalid when requests may not go there, Unreachable when its name has no address.

    Only https, and only public addresses, unless HUB_ALLOW_PRIVATE_TARGETS opens http and the own network.
    """
    parts = _parts(url)
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or _PORTS[parts.scheme]
    addresses = _resolve(host, port)
    # SECURITY: every address must be fit, not only the first: which one is used is the network's choice.
    for address in addresses:
        if not settings.ALLOW_PRIVATE_TARGETS and not is_public(address):
            raise Invalid(
                f"The host {host!r} leads to {address}, which is not a public address.",
                field="url",
                next_step="An administrator can allow targets in the own network with HUB_ALLOW_PRIVATE_TARGETS.",
            )
    return Target(parts, host, port, tuple(addresses))


def _parts(url: str) -> SplitResult:
    schemes = ("https", "http") if settings.ALLOW_PRIVATE_TARGETS else ("https",)
    # SECURITY: nothing that could end a request line or a header.
    if len(url) > MAX_URL or not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        raise Invalid(f"The URL must be ASCII without spaces, at most {MAX_URL} characters.", field="url")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Invalid(f"{url!r} is no URL: {error}.", field="url") from None
    if parts.scheme not in schemes:
        raise Invalid(f"Invalid URL scheme: {parts.scheme!r}. Allowed schemes are: {', '.join(schemes)}.", field="url")
    if not parts.hostname or port == 0:
        raise Invalid(f"The URL must include a hostname: {url!r}", field="url")
    if parts.username is not None or parts.password is not None:
        raise Invalid("The URL must not hold a user name or password.", field="url")
    return parts


def _resolve(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable(f"The host name {host!r} cannot be resolved.", field="url") from None
    return list(dict.fromkeys(str(row[4][0]) for row in found))


def is_public(text: str) -> bool:
    """Whether an address belongs to the internet at large: not private, loopback, link-local, shared or multicast."""
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    address = _inner(address)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    # SECURITY: ::ffff:127.0.0.1, 2002:7f00:1::, 64:ff9b::7f00:1 and Teredo all reach an IPv4 host in disguise.
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    if inner is None and address in _NAT64:
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address


def dial(scheme: str, host: str, port: int, *, timeout: float) -> socket.socket:
    """A plain socket to a judged address of `host`, for clients that speak their own protocol (and TLS) over it.

    Within `timeout` seconds. Raises like check, and Unreachable when no address takes the connection.
    """
    # SECURITY: to be called for every new connection, redirected ones too: judging and connecting are one step here.
    target = check(f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}")
    deadline, last = time.monotonic() + timeout, "it has no address"
    for address in target.addresses:
        left = deadline - time.monotonic()
        if left <= 0:
            last = "it took too long"
            break
        try:
            return socket.create_connection((address, target.port), timeout=left)
        except OSError as error:
            last = _reason(error)
    raise Unreachable(f"{target.host} could not be reached: {last}.", field="url")


def post(
    url: str, *, body: bytes, headers: Mapping[str, str], timeout: float = TIMEOUT, limit: int = MAX_ANSWER
) -> Reply:
    """Send `body` and return the answer, whatever its status; `timeout` (seconds) bounds it as a whole.

    At most `limit` bytes of it are read. Raises Invalid when requests may not go there, Unreachable for no answer.
    """
    return _exchange("POST", url, body=body, headers=headers, timeout=timeout, limit=limit)


def get(url: str, *, headers: Mapping[str, str], timeout: float = TIMEOUT, limit: int = MAX_ANSWER) -> Reply:
    """Ask for a URL and return the answer, whatever its status. Bounds and errors as for `post`."""
    return _exchange("GET", url, body=None, headers=headers, timeout=timeout, limit=limit)


def _exchange(
    method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], timeout: float, limit: int
) -> Reply:
    started = time.monotonic()
    target = check(url)
    connection = _connect(target, deadline=started + timeout)
    # Timeouts of a socket hold for one read; a target that sends a byte a second would hold a worker for hours.
    watch = threading.Timer(max(0.1, started + timeout - time.monotonic()), _cut, [connection.sock])
    watch.daemon = True
    watch.start()
    try:
        path = target.parts.path or "/"
        path = f"{path}?{target.parts.query}" if target.parts.query else path
        connection.request(method, path, body=body, headers={**headers, "Connection": "close"})
        answer = connection.getresponse()
        return Reply(answer.status, answer.read(limit), time.monotonic() - started)
    except (OSError, http.client.HTTPException) as error:
        late = time.monotonic() - started >= timeout
        why = f"it did not answer within {timeout:g} seconds" if late else _reason(error)
        raise Unreachable(f"{target.host} could not be reached: {why}.", field="url") from None
    finally:
        watch.cancel()
        connection.close()


def _connect(target: Target, *, deadline: float) -> http.client.HTTPConnection:
    """A connection to the first judged address that takes one."""
    last = "it has no address"
    for address in target.addresses:
        left = deadline - time.monotonic()
        if left <= 0:
            last = "it took too long"
            break
        plain = None
        try:
            plain = socket.create_connection((address, target.port), timeout=left)
            wired = _secure(plain, target.host) if target.parts.scheme == "https" else plain
        except OSError as error:
            last = _reason(error)
            if plain is not None:
                plain.close()
            continue
        connection = http.client.HTTPConnection(target.host, target.port, timeout=left)
        # The Host header leaves out what is the scheme's own port; HTTPConnection only knows that of http.
        connection.default_port = _PORTS[target.parts.scheme]  # type: ignore[misc]
        connection.sock = wired
        return connection
    raise Unreachable(f"{target.host} could not be reached: {last}.", field="url")


def _secure(plain: socket.socket, host: str) -> ssl.SSLSocket:
    return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


def _cut(wire: socket.socket) -> None:
    with contextlib.suppress(OSError):
        wire.shutdown(socket.SHUT_RDWR)


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted ({error.verify_message.rstrip('.')})"
    if isinstance(error, TimeoutError):
        return "it took too long"
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")
