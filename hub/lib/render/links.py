"""Where the links of a document lead: relative addresses are joined to the document's place and stay inside of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

ID_PREFIX = "user-content-"
_scheme = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
# SECURITY: browsers ignore these inside of a scheme, so they go before anything is compared.
_ignored = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_parts = re.compile(r"([^?#]*)(\?[^#]*)?(#.*)?", re.DOTALL)
_documents = (".md", ".markdown", ".mdown", ".ipynb")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document lies.

    `link_base` and `image_base` are the addresses of the top folder's pages and raw files; `directory` is the folder
    of the document below it, "" for the top. Without a base, relative addresses are left as they are.
    """

    link_base: str = ""
    image_base: str = ""
    directory: str = ""

    def link(self, address: str) -> str | None:
        """The address for a link's href, or None when it may not be linked."""
        return self._resolve(address, self.link_base, ("http", "https", "mailto"))

    def image(self, address: str) -> str | None:
        """The address for a picture's src, or None when it may not be loaded."""
        return self._resolve(address, self.image_base, ("http", "https"))

    def _resolve(self, address: str, base: str, schemes: tuple[str, ...]) -> str | None:
        # SECURITY: the only way of an address into a page. javascript:, data: and whatever comes next end here.
        bare = _ignored.sub("", address)
        scheme = _scheme.match(bare)
        if scheme:
            return address.strip() if scheme[1].lower() in schemes and bare == address.strip() else None
        if bare.startswith(("//", "\\", "/\\")):
            return bare if bare.startswith("//") and "\\" not in bare[:3] else None
        if bare.startswith("#"):
            return _fragment(bare)
        return self._join(address.strip(), base)

    def _join(self, address: str, base: str) -> str:
        match = _parts.fullmatch(address)
        path, query, fragment = match.groups() if match else (address, None, None)
        if fragment and path.lower().endswith(_documents):
            fragment = _fragment(fragment)
        tail = (query or "") + (fragment or "")
        if not base or not path:
            return path + tail
        return f"{base.rstrip('/')}/{quote(self._inside(unquote(path)), safe=_PATH_SAFE)}{tail}"

    def _inside(self, path: str) -> str:
        """`path` from the top folder, without `.` and `..`; what climbs out ends at the top."""
        steps = [] if path.startswith("/") else [step for step in self.directory.split("/") if step]
        for step in path.split("/"):
            if step == "..":
                del steps[-1:]
            elif step not in ("", "."):
                steps.append(step)
        return "/".join(steps) + ("/" if path.endswith("/") and steps else "")


HERE = Place()
_PATH_SAFE = "/~!$&'()*+,;=@"


def _fragment(fragment: str) -> str:
    """`#name` as the sanitiser names it; `#L10` and names that carry the prefix already stay."""
    name = fragment[1:]
    if not name or name.startswith(ID_PREFIX):
        return fragment
    return f"#{ID_PREFIX}{name}"
