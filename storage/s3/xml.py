"""XML as S3 writes and reads it: elements from tuples, and small documents read without anything they could expand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.parsers import expat
from xml.sax.saxutils import escape

from storage.s3.errors import S3Error

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
DEEPEST, MOST_ELEMENTS = 8, 60_000
# XML 1.0 cannot hold these, escaped or not.
_unwritable = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def element(name: str, *children: str) -> str:
    """An element around parts that are XML already."""
    return f"<{name}>{''.join(children)}</{name}>"


def field(name: str, value: str | int | bool) -> str:
    """An element that holds a value; true and false in XML's words."""
    text = ("false", "true")[value] if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(_unwritable.sub(chr(0xFFFD), text))}</{name}>"


def document(name: str, *children: str) -> str:
    """A whole answer in S3's name space."""
    return f'{HEAD}<{name} xmlns="{NAMESPACE}">{"".join(children)}</{name}>'


@dataclass
class Document:
    """What a small document says: the fields below its root, and the fields of each record below its root."""

    fields: dict[str, str]
    records: list[tuple[str, dict[str, str]]]

    def every(self, name: str, *needed: str) -> list[dict[str, str]]:
        """The records of one name; raises S3Error MalformedXML where one lacks a field."""
        found = [fields for record, fields in self.records if record == name]
        if not all(field in fields for fields in found for field in needed):
            raise _malformed()
        return found


def read(body: bytes, root: str) -> Document:
    """A document with this root.

    Raises S3Error MalformedXML for another root, for what is no XML, and for any DTD: no entity is ever expanded.
    """
    reader = _Reader(root)
    parser = expat.ParserCreate("utf-8", "\n")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    # SECURITY: entities are declared in a DTD; without one a small body cannot grow nor name files.
    parser.StartDoctypeDeclHandler = reader.refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError):
        raise _malformed() from None
    return reader.found


class _Reader:
    def __init__(self, root: str) -> None:
        self._root, self._count = root, 0
        self._open: list[str] = []
        self._text: list[str] = []
        self._record: dict[str, str] = {}
        self.found = Document({}, [])

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        self._open.append(name.rpartition("\n")[2])
        if self._open[0] != self._root or len(self._open) > DEEPEST or self._count > MOST_ELEMENTS:
            raise _malformed()
        self._text.clear()

    def end(self, name: str) -> None:
        depth, text = len(self._open), "".join(self._text)
        ended = self._open.pop()
        if depth == 3:
            self._record[ended] = text
        elif depth == 2 and self._record:
            self.found.records.append((ended, self._record))
            self._record = {}
        elif depth == 2:
            self.found.fields[ended] = text

    def text(self, data: str) -> None:
        self._text.append(data)

    def refuse(self, *declaration: object) -> None:
        raise _malformed()


def _malformed() -> S3Error:
    return S3Error("MalformedXML", "The body is not the XML document that this request takes.")
