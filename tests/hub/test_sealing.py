"""Sealed secrets: what goes in comes out, for the same purpose and server alone."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.lib.sealing import Unreadable, seal, unseal

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@given(TEXT)
def test_what_is_sealed_can_be_read(text: str) -> None:
    assert unseal(seal(text, purpose="a"), purpose="a") == text


def test_the_text_does_not_show_and_no_two_seals_are_alike() -> None:
    sealed = seal("correct horse battery staple" * 3, purpose="a")
    data = base64.urlsafe_b64decode(sealed.removeprefix("s1."))
    assert b"horse" not in data
    assert sealed != seal("correct horse battery staple" * 3, purpose="a")
    # Equal blocks of text must not show as equal blocks.
    same = base64.urlsafe_b64decode(seal("x" * 96, purpose="a").removeprefix("s1."))[16:-32]
    assert len({same[:32], same[32:64], same[64:]}) == 3


@pytest.mark.parametrize("place", [0, 15, 16, 20, -33, -32, -1])
def test_a_changed_byte_is_seen(place: int) -> None:
    data = bytearray(base64.urlsafe_b64decode(seal("secret", purpose="a").removeprefix("s1.")))
    data[place] ^= 1
    with pytest.raises(Unreadable):
        unseal("s1." + base64.urlsafe_b64encode(data).decode(), purpose="a")


@pytest.mark.parametrize("text", ["", "s1.", "s1.AAAA", "plain", "s1.%%%", "é"])
def test_what_was_never_sealed_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        unseal(text, purpose="a")


def test_another_purpose_or_server_cannot_read(settings) -> None:
    sealed = seal("secret", purpose="a")
    with pytest.raises(Unreadable):
        unseal(sealed, purpose="b")
    with pytest.raises(Unreadable):
        unseal(sealed.removeprefix("s1."), purpose="a")
    settings.TOKEN_SECRET = "0" * 64
    with pytest.raises(Unreadable):
        unseal(sealed, purpose="a")
