"""XML: what clients send, and what they must not be able to."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.s3 import xml
from storage.s3.errors import S3Error


def test_a_delete_request_is_read_object_by_object():
    said = xml.read(
        b'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>a &amp; b</Key></Object>'
        b"<Object><VersionId>v1</VersionId><Key>b</Key></Object><Quiet>true</Quiet></Delete>",
        "Delete",
    )
    assert said.every("Object", "Key") == [{"Key": "a & b"}, {"VersionId": "v1", "Key": "b"}]
    assert said.fields == {"Quiet": "true"}


def test_spaces_and_newlines_between_elements_are_nothing():
    said = xml.read(b"<Delete>\n <Object>\n  <Key> a </Key>\n </Object>\n</Delete>", "Delete")
    assert said.every("Object", "Key") == [{"Key": " a "}]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"x", b"<Delete>", b"<Other></Other>", b"<Delete><Object></Delete>", b"\xff\xfe<Delete/>", b"<Delete>&x;</Delete>",
        b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Delete><Object><Key>&b;</Key></Object></Delete>',
        b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><Delete><Object><Key>&x;</Key></Object></Delete>',
        b'<!DOCTYPE Delete SYSTEM "http://evil.example/d.dtd"><Delete/>',
        b"<Delete>" + b"<a>" * 50 + b"</a>" * 50 + b"</Delete>",
        b"<Delete>" + b"<Object><Key/></Object>" * 40_000 + b"</Delete>",
    ],
)  # fmt: skip
def test_anything_else_is_malformed(body):
    """The attack: entities that grow or name files, documents without end, nesting without bottom."""
    with pytest.raises(S3Error) as refusal:
        xml.read(body, "Delete")
    assert refusal.value.code == "MalformedXML"


def test_a_record_without_a_needed_field_is_malformed():
    with pytest.raises(S3Error):
        xml.read(b"<Delete><Object><VersionId>v1</VersionId></Object></Delete>", "Delete").every("Object", "Key")


@given(st.binary(max_size=200))
def test_bytes_are_refused_plainly(body):
    try:
        xml.read(b"<Delete>" + body + b"</Delete>", "Delete")
    except S3Error as error:
        assert error.code == "MalformedXML"


@given(st.text())
def test_any_text_can_be_written_and_read_by_others(text):
    written = xml.document("A", xml.field("B", text), xml.field("C", True), xml.field("D", 7))
    root = ET.fromstring(written.encode("utf-8", "replace"))
    assert [child.tag.rpartition("}")[2] for child in root] == ["B", "C", "D"]
    assert (root[1].text, root[2].text) == ("true", "7")
