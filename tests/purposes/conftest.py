"""The company, with its Privacy entered or not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.purposes.company import Company


@pytest.fixture
def outside() -> Company:
    """The company while no Privacy is current."""
    return Company()


@pytest.fixture
def company(outside: Company) -> Iterator[Company]:
    """The company whose Privacy is current."""
    with outside.privacy:
        yield outside
