"""The other half of the listed pages, checked as in test_pages.py, in a file that another process can take."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from tests.browser.checking import check_page, check_readable_without_scripts
from tests.browser.conftest import Visitor
from tests.browser.pages import PAGES, PageRow, address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("row", PAGES[1::2], ids=lambda row: row.name)
def test_page_passes_every_check(row: PageRow, cast: dict[str, User | None], visit: Visitor, request: Any) -> None:
    url = address(row, request)
    check_page(visit(cast[row.who]), url, status=row.status, picture=row.name)
    check_readable_without_scripts(visit(cast[row.who], scripts=False), url)
