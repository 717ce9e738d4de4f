"""An institution's own affairs: votes, operators, policy engines, research projects and their boards."""

from __future__ import annotations

from pixelpact.consortium.delegate import Delegate
from pixelpact.consortium.motions import (
    admit,
    change,
    check_motion,
    recover_admin,
    reinstate,
    replace_engine,
    stop,
    suspend,
)
from pixelpact.consortium.operators import OperatorStanding
from pixelpact.consortium.research import (
    ProjectStage,
    ProjectView,
    code_bytes,
    find_project,
    project_of,
    projects,
)
from pixelpact.consortium.standing import ProposalStanding, Stage, find_proposal, proposals

__all__ = [
    "Delegate",
    "OperatorStanding",
    "ProjectStage",
    "ProjectView",
    "ProposalStanding",
    "Stage",
    "admit",
    "change",
    "check_motion",
    "code_bytes",
    "find_project",
    "find_proposal",
    "project_of",
    "projects",
    "proposals",
    "recover_admin",
    "reinstate",
    "replace_engine",
    "stop",
    "suspend",
]
