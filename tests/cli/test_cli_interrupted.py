"""A demo that is to end ends, also where the exception was lost."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from pixelpact import demo
from pixelpact.cli.app import run as run_line


class _Swallows:
    """Loses whatever is raised while it goes away, as Python does for each object."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interruption_that_was_lost_is_looked_for_where_the_next_step_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    def run(*, audience: demo.Audience, **_: Any) -> None:
        audience.begins("first", "somebody")
        begun.append("first")
        leaving = _Swallows()
        del leaving
        begun.append("went on")
        audience.begins("second", "somebody")
        begun.append("second")

    monkeypatch.setattr(demo, "run_demo", run)
    monkeypatch.chdir(tmp_path)
    assert run_line(["demo"]) == 130
    assert begun == ["first", "went on"]
