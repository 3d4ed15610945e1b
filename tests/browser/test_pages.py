"""Every other listed page, in both themes and at every width; test_pages_too.py opens the others, beside this one."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from tests.browser.checking import check_page
from tests.browser.conftest import Visitor
from tests.browser.pages import PAGES, PageRow, address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("row", PAGES[::2], ids=lambda row: row.name)
def test_page_passes_every_check(row: PageRow, cast: dict[str, User | None], visit: Visitor, request: Any) -> None:
    check_page(visit(cast[row.who]), address(row, request), status=row.status, picture=row.name)
