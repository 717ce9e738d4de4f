"""Every store there is, for the tests that all of them must pass."""

from __future__ import annotations

from pathlib import Path

import pytest
from stores import Rig, folder_rig, memory_rig

from pixelpact.storage import Store


@pytest.fixture(params=[folder_rig, memory_rig], ids=["folder", "memory"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    made: Rig = request.param(tmp_path)
    return made


@pytest.fixture
def store(rig: Rig) -> Store:
    return rig.store
