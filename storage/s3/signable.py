"""A request as signatures see it: verb, path, query and headers, as they came over the wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from storage.s3.errors import S3Error

Pairs = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Signable:
    """`path` is percent-decoded and holds the endpoint's prefix; `resource` is the part of it after that prefix."""

    method: str
    path: bytes
    resource: bytes
    query: Pairs
    headers: Mapping[str, str] = field(repr=False)
    """By lower-case names with hyphens; values as WSGI has them, a character for each byte."""
    bare: frozenset[bytes] = frozenset()
    """Parameters that stand without an equals sign."""

    def parameters(self, names: Iterable[str]) -> dict[str, str]:
        """Query parameters by name, those that are there. Raises S3Error for one given twice or no UTF-8."""
        found: dict[str, str] = {}
        wanted = frozenset(names)
        for name, value in self.query:
            word = name.decode("latin-1")
            if word in wanted:
                if word in found:
                    raise S3Error("InvalidArgument", f"The parameter {word} is given twice.")
                found[word] = text_of(value)
        return found


def text_of(value: bytes) -> str:
    """UTF-8 as text; raises S3Error InvalidURI."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise S3Error("InvalidURI", "The address holds bytes that are no UTF-8.") from None


def signable(environ: Mapping[str, Any], path_info: str, prefix: str) -> Signable:
    """The WSGI request to `path_info`, decoded as Django does it, behind the endpoint `prefix`, `/alice/stones.s3`.

    Bytes of a path that are no UTF-8 stay percent-encoded in it, so that no signature over them is right.
    """
    path, query = path_info.encode("utf-8", "surrogatepass"), str(environ.get("QUERY_STRING", ""))
    return Signable(
        method=str(environ["REQUEST_METHOD"]),
        path=path or b"/",
        resource=path[len(prefix.encode()) :] or b"/",
        query=split_query(query),
        headers=_headers(environ),
        bare=frozenset(unquote_to_bytes(part) for part in query.split("&") if "=" not in part),
    )


def split_query(text: str) -> Pairs:
    """The parameters in the order given, decoded; a plus sign is a space, as browsers write one."""
    pairs = []
    for part in text.replace("+", " ").split("&"):
        if part:
            name, _, value = part.partition("=")
            pairs.append((unquote_to_bytes(name), unquote_to_bytes(value)))
    return tuple(pairs)


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    found = {key[5:].lower().replace("_", "-"): str(value) for key, value in environ.items() if key.startswith("HTTP_")}
    for key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(key):
            found[key.lower().replace("_", "-")] = str(environ[key])
    return found
