"""Pickles are listed, never loaded, and nothing dangerous hides from the list."""

from __future__ import annotations

import pickle
from collections import OrderedDict

import numpy as np
import pytest

from storage.viewers.asks import Ask
from storage.viewers.pickles import PickleView, draw_pickle, draw_torch, level_of
from storage.viewers.source import Unreadable
from tests.storage.viewers import samples
from tests.storage.viewers.samples import of


def names(view: PickleView) -> dict[str, str]:
    return {one.name: one.level for one in view.globals}


@pytest.mark.parametrize("protocol", range(6))
def test_a_call_of_the_system_is_named_whatever_the_protocol(protocol: int) -> None:
    # The attack: a model that runs a command when it is loaded.
    view = draw_pickle(of("m.pkl", samples.evil_pickle(protocol)), Ask())
    assert view.worst == "danger" and names(view) == {"posix.system": "danger"}


def test_usual_things_are_usual() -> None:
    view = draw_pickle(of("m.pkl", pickle.dumps({"a": np.arange(1000), "b": OrderedDict(x=1)})), Ask())
    assert view.worst == "known" and view.note == ""
    assert "collections.OrderedDict" in names(view) and set(names(view).values()) == {"known"}


def test_a_model_of_scikit_learn_is_usual() -> None:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression().fit(np.eye(4), [0, 1, 0, 1])
    view = draw_pickle(of("m.pkl", pickle.dumps(model)), Ask())
    assert "sklearn.linear_model._logistic.LogisticRegression" in names(view) and view.worst == "known"


@pytest.mark.parametrize(
    "code",
    [
        # Names put together on the stack, swapped by pops, or taken from the memo under another number.
        b"\x80\x04\x8c\x05posix\x8c\x01x0\x8c\x06system\x93.",
        b"\x80\x04\x8c\x05posix\x94\x8c\x04junk0h\x00\x8c\x06system\x93.",
        b"\x80\x04(\x8c\x02os\x8c\x06system\x93.",
        b"\x80\x04\x8c\x02os\x8c\x06system2\x93.",
        b"\x80\x04N\x93.",
        b"\x80\x02\x82\x01.",
        b"cos\nsystem\n.",
        b"ibuiltins\neval\n.",
        b"\x80\x04\x8c\x05numpy\x8c\x09os.system\x93.",
    ],
)
def test_names_that_are_computed_are_flagged(code: bytes) -> None:
    view = draw_pickle(of("m.pkl", code), Ask())
    assert view.worst == "danger", names(view)


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("builtins.eval", "danger"),
        ("builtins.set", "known"),
        ("__builtin__.getattr", "danger"),
        ("builtins.getattr.__call__", "danger"),
        ("subprocess.Popen", "danger"),
        ("numpy.testing._private.utils.runstring", "danger"),
        ("torch.load", "danger"),
        ("torch._utils._rebuild_tensor_v2", "known"),
        ("numpy.os.system", "danger"),
        ("mycompany.model.Net", "unknown"),
        ("", "unknown"),
        ("os", "danger"),
    ],
)
def test_levels(name: str, level: str) -> None:
    assert level_of(name) == level


def test_large_values_are_passed_over() -> None:
    content = pickle.dumps([b"x" * 5_000_000, "y" * 5_000_000, 10**9000])
    assert draw_pickle(of("m.pkl", content), Ask()).note == ""


def test_what_cannot_be_read_to_its_end_is_not_called_harmless() -> None:
    content = pickle.dumps({"a": OrderedDict()})[:-1] + b"\xff\xff rest"
    view = draw_pickle(of("m.pkl", content), Ask())
    assert view.worst == "unknown" and "not known" in view.note
    endless = draw_pickle(of("m.pkl", b"\x80\x04" + b"N0" * 400_000), Ask())
    assert endless.worst == "unknown" and "more opcodes" in endless.note


def test_no_pickle_is_refused() -> None:
    with pytest.raises(Unreadable):
        draw_pickle(of("m.pkl", b"\xff\xff\xff"), Ask())


def test_torch_files_are_listed_with_their_pickles() -> None:
    content = samples.archive_zip(**{"m/data.pkl": samples.evil_pickle(2), "m/data/0": bytes(400), "m/version": b"3\n"})
    view = draw_torch(of("m.pt", content), Ask())
    assert view.worst == "danger" and [one.name for one in view.members] == ["m/data.pkl", "m/data/0", "m/version"]
