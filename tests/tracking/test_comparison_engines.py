"""What comparisons read out of names and files: images by step, packages of environments, lines of texts, tables."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.viewers.source import BytesSource, Unreadable
from tracking.selectors.compare_environment import FILES, cells_of, packages_in, side_by_side
from tracking.selectors.compare_images import ALONE, image_series, window_of
from tracking.selectors.compare_tables import Joined, TableAsk, is_table, join_tables
from tracking.selectors.compare_texts import LONGEST_TEXT, compare_texts

ID = "0a1b2c3d-0000-4000-8000-000000000000"


def logged(key: str, step: int, *, mark: str = "+", time: int = 1, small: bool = False) -> str:
    """A file as `mlflow.log_image` calls it."""
    tail = f"{mark}compressed.webp" if small else ".png"
    return f"images/{key}{mark}step{mark}{step}{mark}timestamp{mark}{time}{mark}{ID}{tail}"


def test_logged_images_stand_by_key_and_step_whatever_the_client_calls_them() -> None:
    first = [logged("val~sample", 10), logged("val~sample", 9), logged("val~sample", 10, small=True)]
    second = [logged("val#sample", 10, mark="%")]
    (series,) = image_series([first, second])
    assert (series.name, series.labels, series.runs) == ("val/sample", ["9", "10"], 2)
    assert series.paths == [{"9": first[1], "10": first[0]}, {"10": second[0]}]


def test_the_latest_image_of_a_step_holds() -> None:
    paths = [logged("k", 1, time=30), logged("k", 1, time=40), logged("k", 1, time=5)]
    assert image_series([paths])[0].paths == [{"1": paths[1]}]


def test_other_pictures_are_series_by_their_last_number_or_stand_alone() -> None:
    found = image_series([["plots/e_1.png", "plots/e_10.png", "plots/e_2.png", "roc.png"], ["roc.png", "v2.png"]])
    assert [(each.name, each.labels) for each in found] == [
        ("plots/e_*.png", ["1", "2", "10"]),
        (ALONE, ["roc.png", "v2.png"]),
    ]
    assert image_series([[], []]) == []


@pytest.mark.parametrize(
    ("at", "labels", "chosen"), [(0, "01234", "0"), (3, "12345", "3"), (6, "23456", "6"), (99, "23456", "6")]
)
def test_a_window_keeps_its_width_at_the_ends(at: int, labels: str, chosen: str) -> None:
    (series,) = image_series([[logged("k", step) for step in range(7)]])
    window = window_of(series, at, 5)
    assert ("".join(window.labels), window.chosen) == (labels, chosen)


@given(st.lists(st.lists(st.text("images/+%step0123timestamp.png~#a-", max_size=60), max_size=5), max_size=3))
def test_no_name_of_a_file_breaks_the_series(runs: list[list[str]]) -> None:
    for series in image_series(runs):
        assert len(series.paths) == len(runs)
        assert all(set(paths) <= set(series.labels) for paths in series.paths)


def test_packages_are_read_from_each_kind_of_file() -> None:
    requirements = b"# made by hand\nNumPy==1.26.4 ; python_version > '3.8'\nscikit_learn[extra]>=1.4,<2\n-r other.txt\ntorch\nthing @ https://example.org/t.whl\n"
    conda = b"channels: [conda-forge]\ndependencies:\n- python=3.11.7\n- conda-forge::pip<=24\n- pip:\n  - mlflow==3.4.0\n  - 7\n"
    python_env = b"python: 3.11.7\nbuild_dependencies: [pip==24.0]\ndependencies: ['-r requirements.txt']\n"
    model = b"mlflow_version: 3.4.0\nflavors:\n  sklearn: {sklearn_version: 1.4.0, serialization_format: cloudpickle, code: null}\n  python_function: {loader_module: x, python_version: 3.11.7}\n"
    assert packages_in("a/requirements.txt", requirements) == {
        "numpy": "1.26.4", "scikit-learn": ">=1.4,<2", "torch": "any", "thing": "@ https://example.org/t.whl"
    }  # fmt: skip
    assert packages_in("conda.yaml", conda) == {"python": "3.11.7", "pip": "<=24", "mlflow": "3.4.0"}
    assert packages_in("python_env.yaml", python_env) == {"python": "3.11.7", "pip": "24.0"}
    assert packages_in("MLmodel", model) == {
        "mlflow client": "3.4.0", "flavour sklearn": "sklearn 1.4.0, serialization_format cloudpickle",
        "flavour python_function": "python 3.11.7",
    }  # fmt: skip


@given(st.sampled_from(FILES), st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode()))
def test_no_file_breaks_the_reading_of_packages(name: str, content: bytes) -> None:
    found = packages_in(name, content)
    assert all(isinstance(text, str) for pair in found.items() for text in pair)


@pytest.mark.parametrize(
    "content", [b"a: &x [1]\nb: *x", b"[" * 5000, b"- 1", b"flavors: 3", b"flavors: {a: [1]}", b"dependencies: {}"]
)
def test_odd_yaml_says_nothing_and_breaks_nothing(content: bytes) -> None:
    for name in FILES:
        assert set(packages_in(name, content)) <= {"flavour a", "a"}


def test_packages_side_by_side_tell_what_became_of_the_baselines() -> None:
    lines = side_by_side(
        [{"numpy": "1", "same": "1", "gone": "1"}, {"numpy": "2", "same": "1", "new": "1", "python": "3"}]
    )
    assert [(line.name, line.differs) for line in lines] == [
        ("python", True), ("gone", True), ("new", True), ("numpy", True), ("same", False)
    ]  # fmt: skip
    assert [[cell.status for cell in cells_of(line, 0)] for line in lines] == [
        ["", "added"], ["", "removed"], ["", "added"], ["", "changed"], ["", ""]
    ]  # fmt: skip


def test_lines_of_texts_are_folded_and_marked() -> None:
    old = "".join(f"line {number}\n" for number in range(30))
    found = compare_texts(old.encode(), old.replace("line 15", "line <15>").encode())
    assert found is not None
    assert (found.added, found.removed) == (1, 1)
    assert [line.folded for line in found.lines if line.folded] == [12, 11]
    assert [(line.old, line.new) for line in found.lines if line.sign in "+-" and line.sign] == [(16, None), (None, 16)]
    assert "&lt;" in next(line.html for line in found.lines if line.sign == "+")
    assert compare_texts(b"same\n", b"same\n") == type(found)((), 0, 0)


@pytest.mark.parametrize("content", [b"\0\1", b"x" * (LONGEST_TEXT + 1), b"\n" * 5000])
def test_what_is_no_text_or_too_long_is_not_compared(content: bytes) -> None:
    assert compare_texts(b"a", content) is None


@given(st.text(max_size=200), st.text(max_size=200))
def test_the_lines_of_a_difference_lead_from_one_text_to_the_other(old: str, new: str) -> None:
    found = compare_texts(old.encode(), new.encode())
    if found is not None and "\n" in old + new:
        assert found.removed - found.added == _lines(old) - _lines(new)


def _lines(text: str) -> int:
    return len(text.split("\n")) - (text.endswith("\n") or not text)


def csv(text: str, name: str = "t.csv") -> BytesSource:
    return BytesSource(name, text.encode())


def split(columns: list[object], *rows: object) -> BytesSource:
    """A table as `mlflow.log_table` writes it."""
    return BytesSource("t.json", json.dumps({"columns": columns, "data": rows}, separators=(",", ":")).encode())


def texts(joined: Joined) -> list[list[list[str | None]]]:
    return [[[cell.text for cell in group] for group in row.groups] for row in joined.rows]


def test_tables_are_joined_by_a_column_that_tells_rows_apart() -> None:
    found = join_tables([csv("id,x\n1,a\n2,b\n3,c\n"), csv("id,x\n3,d\n1,a\n4,e\n")], TableAsk())
    assert (found.keys, found.shown, found.total, found.differing) == (("id",), ("x",), 4, 3)
    assert [row.key for row in found.rows] == [("1",), ("2",), ("3",), ("4",)]
    assert texts(found) == [[["a", "a"]], [["b", None]], [["c", "d"]], [[None, "e"]]]
    assert [row.differs for row in found.rows] == [False, True, True, True]


def test_tables_without_such_a_column_are_joined_by_the_number_of_the_row() -> None:
    found = join_tables([csv("x,y\na,1\nb,2\n"), csv("x,y\na,1.0\nc,2.5\n")], TableAsk(only=True))
    assert found.keys == ()
    assert texts(found) == [[["b", "c"], ["2.0", "2.5"]]]
    assert [row.key for row in found.rows] == [("2",)]
    assert found.total == 2 and found.pages == 1


def test_rows_of_an_evaluation_meet_by_what_was_asked_even_twice() -> None:
    found = join_tables(
        [split(["inputs", "outputs"], ["q", "a"], ["q", "b"]), split(["inputs", "outputs", "extra"], ["q", "a", 1])],
        TableAsk(shown=("outputs", "extra")),
    )
    assert found.keys == ("inputs",)
    assert texts(found) == [[["a", "a"], [None, "1"]], [["b", None], [None, None]]]
    assert [[cell.apart for cell in group] for group in found.rows[0].groups] == [[False, False], [False, False]]


def test_another_key_is_asked_for_or_the_number_of_the_row() -> None:
    tables = [csv("id,k,x\n1,b,1\n2,a,2\n"), csv("id,k,x\n9,a,2\n8,b,7\n")]
    assert texts(join_tables(tables, TableAsk(keys=("k",), shown=("x",)))) == [[["1", "7"]], [["2", "2"]]]
    assert join_tables(tables, TableAsk(keys=("",))).keys == ()
    assert join_tables(tables, TableAsk(keys=("no such",))).keys == ()


def test_rows_come_by_the_page() -> None:
    table = csv("id\n" + "".join(f"{number}\n" for number in range(60)))
    found = join_tables([table, table], TableAsk(page=3))
    assert (found.pages, [row.key for row in found.rows][:1], len(found.rows)) == (3, [("50",)], 10)
    assert join_tables([table, table], TableAsk(page=4)).rows == ()


@pytest.mark.parametrize("odd", ['a"b', "x'; DROP TABLE n0; --", "_row_", "ü ☃"])
def test_names_of_columns_are_names_not_sql(odd: str) -> None:
    table = split([odd, "other"], ["1", "2"])
    found = join_tables([table, table], TableAsk(keys=(odd,), shown=("other",)))
    assert texts(found) == [[["2", "2"]]]


@pytest.mark.parametrize(
    "content", ['{"columns":[[1]],"data":3}', '{"columns":', '{"columns":["a"],"data":[[1', '{"columns":["a"]}{']
)
def test_damaged_tables_are_refused_in_words(content: str) -> None:
    with pytest.raises(Unreadable):
        join_tables([BytesSource("t.json", content.encode()), split(["a"], [1])], TableAsk())


def test_json_is_a_table_only_when_it_was_logged_as_one() -> None:
    assert is_table(split(["a"], [1])) and is_table(csv("a\n1\n"))
    assert not is_table(BytesSource("config.json", b'{"lr": 1}'))
    with pytest.raises(Unreadable, match="no table"):
        join_tables([split(["a"], [1]), BytesSource("t.json", b'{"lr": 1}')], TableAsk())
