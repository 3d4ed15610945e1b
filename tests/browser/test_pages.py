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


@_rows
def test_page_passes_every_check(row: PageRow, cast: dict[str, User | None], visit: Visitor, request: Any) -> None:
    for fixture in row.setup:
        request.getfixturevalue(fixture)
    check_page(visit(cast[row.who]), row.path, status=row.status, picture=row.name)


@_rows
def test_page_is_readable_without_javascript(
    row: PageRow, cast: dict[str, User | None], visit: Visitor, request: Any
) -> None:
    for fixture in row.setup:
        request.getfixturevalue(fixture)
    check_readable_without_scripts(visit(cast[row.who], scripts=False), row.path)
