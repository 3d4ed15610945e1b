"""Every listed page without JavaScript: there is something to read, and every form can be sent."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from tests.browser.checking import check_readable_without_scripts
from tests.browser.conftest import Visitor
from tests.browser.pages import PAGES, PageRow, address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.name)
def test_page_is_readable_without_javascript(
    row: PageRow, cast: dict[str, User | None], visit: Visitor, request: Any
) -> None:
    check_readable_without_scripts(visit(cast[row.who], scripts=False), address(row, request))
