from __future__ import annotations

from collections.abc import Iterator

import pytest
from council import TERMS, Council

from pixelpact.localnet import Sandbox


@pytest.fixture
def council() -> Iterator[Council]:
    with Sandbox(members=4, terms=TERMS) as net:
        yield Council(net)
