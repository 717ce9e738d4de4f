"""The story of one shared study, told on real parts, and its report."""

from __future__ import annotations

from pixelpact.demo.outcome import FULL_STEPS, STEPS, Outcome, Picture, Step, StudyOutcome
from pixelpact.demo.run import run_demo
from pixelpact.demo.scene import Scene, choose_scene
from pixelpact.demo.stage import Audience

__all__ = [
    "FULL_STEPS",
    "STEPS",
    "Audience",
    "Outcome",
    "Picture",
    "Scene",
    "Step",
    "StudyOutcome",
    "choose_scene",
    "run_demo",
]
