"""The ProjectRegistry's events: what data is asked for, and each approval of it judged again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from pixelpact.audit import words
from pixelpact.audit.findings import Code
from pixelpact.audit.institutions import acts_for, expect_active
from pixelpact.audit.matters import Research
from pixelpact.audit.step import Step
from pixelpact.chain import ProjectApproved, ProjectRegistered, ProjectWithdrawn
from pixelpact.models import ZERO32, Project
from pixelpact.policy import OperatorPermission, Role, Trait

__all__ = ["HANDLERS"]

#: How long an approval may run, seconds: five years (docs/contracts.md, ProjectRegistry).
_LONGEST_APPROVAL = 157_788_000
_MAX_PARTNERS, _MAX_CODES = 16, 8
_ALL_TRAITS = sum(Trait)


def _registered(step: Step, event: ProjectRegistered) -> None:
    expect_active(step, event.lead)
    number = words.short(event.project)
    if event.project in step.state.projects:
        step.find(Code.PROJECT_REPEATED, f"Project {number} was registered a second time.", event.project)
        return
    lead = step.state.institutions.get(event.lead)
    if event.project != _number(event.body):
        why = "its number does not follow from what is registered"
    elif event.lead != event.body.lead:
        why = f"it was registered by {step.name(event.lead)}, which does not lead it"
    elif lead is not None and not lead.roles & Role.REQUESTER:
        why = f"{step.name(event.lead)}, which leads it, may ask for nothing"
    else:
        why = _flaw_of(event.body)
    if why:
        step.find(Code.PROJECT_MALFORMED, f"Project {number} could not be registered: {why}.", event.project)
    step.state.projects[event.project] = Research(event.body)


def _number(body: Project) -> bytes:
    """A project's number as the registry computes it (docs/contracts.md, ``projectId``)."""
    fields = (body.lead, body.partners, body.traits, body.country, body.protocol, body.codes, body.salt)
    return keccak(encode(["(uint32,uint32[],uint16,bytes2,bytes32,bytes32[],bytes32)"], [fields]))


def _flaw_of(body: Project) -> str:
    in_order = tuple(sorted(set(body.partners))) == body.partners
    in_order = in_order and tuple(sorted(set(body.codes))) == body.codes
    if not in_order or body.lead in body.partners or 0 in body.partners or ZERO32 in body.codes:
        return "its partners or codes are not in order, or there is one that can be none"
    if len(body.partners) > _MAX_PARTNERS or len(body.codes) > _MAX_CODES:
        return "it has too many partners or codes"
    if body.traits & ~_ALL_TRAITS or body.protocol == ZERO32:
        return "it has no protocol, or a trait that the vocabulary does not have"
    return ""


def _standing(step: Step, number: bytes, done: str) -> Research | None:
    """A project that is registered; None, with a finding, if it is not."""
    project = step.state.projects.get(number)
    if project is None:
        step.find(
            Code.PROJECT_UNKNOWN, f"Project {words.short(number)} was {done}, but never registered.", number
        )
    elif project.withdrawn is not None:
        step.find(
            Code.PROJECT_STATUS,
            f"Project {words.short(number)} was {done} after it was withdrawn in block "
            f"{project.withdrawn.block}, for good.",
            number,
        )
        return None
    return project


def _approved(step: Step, event: ProjectApproved) -> None:
    expect_active(step, event.board)
    project = _standing(step, event.project, "approved")
    if project is None:
        return
    if why := _flaw_of_board(step, event, project):
        step.find(
            Code.PROJECT_BOARD,
            f"Project {words.short(event.project)} was approved by {step.name(event.board)}, which may not: "
            f"{why}.",
            event.project,
            event.board,
        )
    last, latest = max(project.until, step.at.time), step.at.time + _LONGEST_APPROVAL
    if not last < event.until <= latest:
        step.find(
            Code.PROJECT_TERM,
            f"Project {words.short(event.project)} was approved until {words.moment(event.until)}; an "
            "approval ends after now, after the one before, and within five years.",
            event.project,
            event.board,
        )
    project.board, project.until = event.board, event.until


def _flaw_of_board(step: Step, event: ProjectApproved, project: Research) -> str:
    board = step.state.institutions.get(event.board)
    if board is not None and not board.roles & Role.ETHICS_BOARD:
        return "it is no ethics board"
    if event.board in (project.body.lead, *project.body.partners):
        return "it takes part in the project"
    if project.board not in (0, event.board):
        return f"{step.name(project.board)} approved it before"
    if not acts_for(step, event.signer, event.board, OperatorPermission.PROJECTS):
        return f"{words.short(event.signer)}, who signed, may not do this for it"
    return ""


def _withdrawn(step: Step, event: ProjectWithdrawn) -> None:
    expect_active(step, event.institution)
    project = _standing(step, event.project, "withdrawn")
    if project is None:
        return
    if event.institution not in (project.body.lead, project.board):
        step.find(
            Code.PROJECT_PARTY,
            f"Project {words.short(event.project)} was withdrawn by {step.name(event.institution)}, which "
            "neither leads nor approved it.",
            event.project,
            event.institution,
        )
    project.withdrawn = step.at


HANDLERS: Mapping[type, Callable[[Step, Any], None]] = {
    ProjectRegistered: _registered,
    ProjectApproved: _approved,
    ProjectWithdrawn: _withdrawn,
}
