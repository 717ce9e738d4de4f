"""draft"""
from __future__ import annotations
from pathlib import Path
from pixelpact.demo.outcome import Outcome
def write_report(outcome: Outcome, path: Path) -> None:
    path.write_text("draft")
