"""The story of one shared study, told on real parts, and its report."""

from __future__ import annotations

from pixelpact.demo.outcome import STEPS, Outcome, Picture, Step, StudyOutcome
from pixelpact.demo.run import run_demo
from pixelpact.demo.stage import Audience

__all__ = ["STEPS", "Audience", "Outcome", "Picture", "Step", "StudyOutcome", "run_demo"]
