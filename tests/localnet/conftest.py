from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pixelpact.errors import InputError
from pixelpact.localnet import Localnet

Up = Callable[..., Localnet]


@pytest.fixture
def up() -> Iterator[Up]:
    """``Localnet.up``; whatever it started is stopped at the end."""
    folders = []

    def start(folder: Path, **options: str | int) -> Localnet:
        folders.append(folder)
        return Localnet.up(folder, **options)  # type: ignore[arg-type]

    yield start
    for folder in folders:
        try:
            Localnet.stop(folder)
        except InputError:
            # It was refused, so there is nothing to stop.
            assert not (folder / "localnet.json").exists()
