"""Reads HTML as a browser would and says what in it could run, restyle or submit something."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"br", "hr", "img", "col", "wbr"}
FORBIDDEN = {
    "script",
    "style",
    "iframe",
    "object",
    "embed",
    "form",
    "input",
    "button",
    "textarea",
    "select",
    "link",
    "meta",
    "base",
    "svg",
    "math",
    "template",
    "frame",
    "frameset",
    "applet",
    "audio",
    "video",
    "source",
    "noscript",
    "html",
    "body",
    "head",
    "title",
    "dialog",
    "portal",
    "marquee",
}
ADDRESSES = {"href", "src", "action", "formaction", "data", "srcset", "poster", "background", "xlink:href", "ping"}
_data_image = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=]*")


class Reader(HTMLParser):
    """Collects what is wrong in `faults`, and the tags still open in `open_tags`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.open_tags: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in FORBIDDEN:
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            self._check(tag, name.lower(), value or "")
        if tag not in VOID:
            self.open_tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open_tags or self.open_tags.pop() != tag:
            self.faults.append(f"</{tag}> does not close what is open")

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        self.faults.append("comment")

    def handle_decl(self, decl: str) -> None:
        self.faults.append("declaration")

    def handle_pi(self, data: str) -> None:
        self.faults.append("processing instruction")

    def _check(self, tag: str, name: str, value: str) -> None:
        if name.startswith("on") or name in ("style", "srcdoc", "formaction", "action", "target", "is", "slot"):
            self.faults.append(f"{name}= on <{tag}>")
        if name == "id" and not value.startswith("user-content-"):
            self.faults.append(f"id {value!r} without prefix")
        if name == "class" and not all(
            re.fullmatch(r"hl|md|nb|(md|nb|tbl|hl)-[a-z0-9-]+", word) for word in value.split()
        ):
            self.faults.append(f"class {value!r}")
        if name in ADDRESSES and not self._is_safe(tag, value):
            self.faults.append(f"{name}={value[:60]!r}")

    def _is_safe(self, tag: str, address: str) -> bool:
        # As browsers do: controls and spaces do not count.
        bare = re.sub(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+", "", address)
        scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", bare)
        if not scheme:
            return True
        if scheme[1].lower() == "data":
            return tag == "img" and bool(_data_image.fullmatch(address))
        return scheme[1].lower() in ({"http", "https"} if tag == "img" else {"http", "https", "mailto"})


def read(html: str) -> Reader:
    """`html`, read to its end."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def assert_safe(html: str) -> Reader:
    """`html` runs nothing, and closes what it opens."""
    reader = read(html)
    assert reader.faults == [], html[:2000]
    assert reader.open_tags == [], html[:2000]
    return reader


def text_of(html: str) -> str:
    """The words of `html`."""
    return "".join(read(html).text)
