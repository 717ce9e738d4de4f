"""An ethics board's approval: signed by one of its operators, handed over as a document."""

from __future__ import annotations

from pathlib import Path

from pixelpact.chain import Account, InstitutionStatus, eip712
from pixelpact.consortium.research import ProjectStage, ProjectView, find_project
from pixelpact.documents import signed_text, write_document
from pixelpact.errors import InputError
from pixelpact.models import Approval, SignedAttestation
from pixelpact.policy import OperatorPermission, Role, moment
from pixelpact.profile import Profile

__all__ = ["issue_approval", "sign_approval"]

#: The longest approval, in seconds (five years).
_LONGEST = 157_788_000


def sign_approval(profile: Profile, number: bytes, until: int) -> SignedAttestation:
    """See ``Delegate.sign_approval``."""
    chain, board = profile.chain, profile.institution
    project = find_project(chain, number.hex())
    account = _entitled(profile)
    _require_independent(project, board)
    if project.stage is ProjectStage.WITHDRAWN:
        raise _not_approved(project, "it was withdrawn, for good", "Have a new one registered")
    now = chain.now()
    if not max(now, project.until) < until <= now + _LONGEST:
        after = f"after the present end, {moment(project.until)}" if project.until > now else "in the future"
        raise _not_approved(
            project,
            f"the approval would end at {moment(until)}",
            f"Give an end {after}, and not after {moment(now + _LONGEST)}",
        )
    approval = Approval(number, board, until)
    return SignedAttestation(approval, account.address, eip712.sign(account, chain.network, approval))


def issue_approval(profile: Profile, number: bytes, until: int, path: Path) -> SignedAttestation:
    """See ``Delegate.issue_approval``."""
    # The same key signs the same text alike: called again, the same document is written, or left.
    signed = sign_approval(profile, number, until)
    write_document(path, signed_text(signed, profile.chain.network))
    return signed


def _entitled(profile: Profile) -> Account:
    chain, account = profile.chain, profile.chain.account
    if account is None:
        raise InputError(
            "Nobody signs the approval",
            why="the chain was connected without an account",
            remedy="Connect with the account of an operator",
        )
    record = chain.institutions.institution(profile.institution)
    if record.status is not InstitutionStatus.ACTIVE or not record.roles & Role.ETHICS_BOARD:
        raise InputError(
            f"Institution {profile.institution} can't approve research projects",
            why="it is no ethics board, or takes no part at present",
            remedy="Let an ethics board sign: pixelpact institution list shows those there are",
        )
    operator = chain.institutions.operator(account.address)
    may = operator.permissions & OperatorPermission.PROJECTS
    if operator.institution != profile.institution or not may:
        raise InputError(
            f"The account 0x{account.address.hex()} may not approve projects for institution "
            f"{profile.institution}",
            why="it has not the permission PROJECTS",
            remedy="Ask the board's administrator to give it: pixelpact institution operator set",
        )
    return account


def _require_independent(project: ProjectView, board: int) -> None:
    if board == project.body.lead or board in project.body.partners:
        raise _not_approved(
            project,
            f"institution {board} leads it or takes part in it",
            "Let an ethics board sign that is neither lead nor partner",
        )
    if project.board not in (0, board):
        raise _not_approved(
            project,
            f"institution {project.board} approved it first",
            "Let that board prolong it",
        )


def _not_approved(project: ProjectView, why: str, remedy: str) -> InputError:
    return InputError(f"The project 0x{project.number.hex()} can't be approved", why=why, remedy=remedy)
