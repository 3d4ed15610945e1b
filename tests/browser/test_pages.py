"""Every listed page, in both themes and at every width, and without JavaScript."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from tests.browser.checking import check_page, check_readable_without_scripts
from tests.browser.conftest import Visitor
from tests.browser.pages import PAGES, PageRow

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
_rows = pytest.mark.parametrize("row", PAGES, ids=lambda row: row.name)


def _set(row: PageRow, request: Any) -> str:
    """Call for the fixtures of a row; its path with the words they give."""
    words: dict[str, str] = {}
    for fixture in row.setup:
        given = request.getfixturevalue(fixture)
        words.update(given if isinstance(given, dict) else {})
    return row.path.format(**words)


@_rows
def test_page_passes_every_check(row: PageRow, cast: dict[str, User | None], visit: Visitor, request: Any) -> None:
    path = _set(row, request)
    check_page(visit(cast[row.who]), path, status=row.status, picture=row.name)


@_rows
def test_page_is_readable_without_javascript(
    row: PageRow, cast: dict[str, User | None], visit: Visitor, request: Any
) -> None:
    path = _set(row, request)
    check_readable_without_scripts(visit(cast[row.who], scripts=False), path)
