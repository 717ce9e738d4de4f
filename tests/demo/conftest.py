from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from demo_told import Told, pixelpact

from pixelpact.dicom import samples


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The story of the sample studies, as a person tells it."""
    folder = tmp_path_factory.mktemp("story")
    done = pixelpact("demo", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return Told(folder / "pixelpact-demo", json.loads(done.stdout), done.stderr)


@pytest.fixture
def one_image(tmp_path: Path) -> Path:
    """A folder with the sample study of one image."""
    folder = tmp_path / "one image"
    folder.mkdir()
    shutil.copy(samples()[2].files[0], folder / "image")
    return folder
