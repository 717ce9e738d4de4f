"""Research projects: registered by their lead, put in force by an ethics board's signature, withdrawn."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from pixelpact.chain import Chain, ProjectApproved, ProjectRegistered, ProjectStatus, ProjectWithdrawn
from pixelpact.consortium.once import once
from pixelpact.documents import complete
from pixelpact.errors import ChainError, ContractError, InputError
from pixelpact.models import ZERO32, Approval, Project, SignedAttestation
from pixelpact.policy import Trait
from pixelpact.profile import Profile, require_bytes

__all__ = [
    "ProjectStage",
    "ProjectView",
    "code_bytes",
    "find_project",
    "project_of",
    "projects",
    "register_project",
    "relay_approval",
    "withdraw_project",
]

_MOST_PARTNERS, _MOST_CODES = 16, 8
_HIGHEST = 2**32 - 2


class ProjectStage(StrEnum):
    """How far a project is."""

    REGISTERED = "registered"
    APPROVED = "approved"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class ProjectView:
    """A research project as the newest block has it.

    Attributes:
        number: its number, 32 bytes, a digest of its body.
        body: all of it.
        stage: how far it is.
        board: the ethics board that approved it; 0 before.
        until: the end of the approval, seconds; 0 before.
    """

    number: bytes
    body: Project
    stage: ProjectStage
    board: int
    until: int


def projects(chain: Chain) -> list[ProjectView]:
    """Every research project of the network, oldest first.

    Raises:
        ChainError: the chain can't be asked, or the node answers wrongly.
    """
    head = chain.head()
    return [_view(chain, each, head.timestamp) for each in chain.find(ProjectRegistered, last=head.number)]


def find_project(chain: Chain, digits: str) -> ProjectView:
    """The project whose number begins with these hexadecimal digits.

    Raises:
        InputError: no such digits, no such project, or more than one.
        ChainError: the chain can't be asked, or the node answers wrongly.
    """
    head = chain.head()
    events = {each.project: each for each in chain.find(ProjectRegistered, last=head.number)}
    number = complete(digits, "project", events, "`pixelpact project list` shows those there are")
    return _view(chain, events[number], head.timestamp)


def project_of(  # noqa: PLR0913  (what a project says)
    lead: int,
    *,
    protocol: bytes,
    codes: Sequence[str] = (),
    partners: Sequence[int] = (),
    traits: Trait | None = None,
    country: str = "",
    salt: bytes = ZERO32,
) -> Project:
    """A project's body, judged before anybody is asked.

    Args:
        lead: the institution that leads it.
        protocol: SHA-256 of the study protocol, 32 bytes.
        codes: the diseases and kinds of research, such as MONDO:0005148: at most 32 ASCII characters each.
        partners: the other institutions that take part, in any order.
        traits: what it does.
        country: where the data is used, two capital letters; empty for more than one.
        salt: 32 random bytes.

    Raises:
        InputError: a field that can't be.
    """
    require_bytes(protocol, 32, "a protocol's SHA-256")
    named = tuple(sorted(set(partners)))
    if lead in named or len(named) > _MOST_PARTNERS or not all(1 <= each <= _HIGHEST for each in named):
        raise _unfit(
            f"its partners are at most {_MOST_PARTNERS} institutions by their numbers, and never its lead",
            "Name the others that take part",
        )
    listed = tuple(sorted({code_bytes(each) for each in codes}))
    if len(listed) > _MOST_CODES:
        raise _unfit(
            f"it names {len(listed)} diseases and kinds of research, and {_MOST_CODES} are the most",
            "Register several projects",
        )
    if country and not re.fullmatch("[A-Z]{2}", country):
        raise _unfit(
            f"{country!r} is not two capital letters (ISO 3166-1 alpha-2)", "Give a country such as CH"
        )
    does = int(traits or 0)
    if not 0 <= does <= sum(Trait):
        raise _unfit(f"its traits {does} hold one that there is not", "Give those of docs/policy.md")
    letters = country.encode("ascii") or bytes(2)
    return Project(lead, named, does, letters, protocol, listed, salt)


def code_bytes(code: str) -> bytes:
    """A disease's or a kind of research's code as 32 bytes: ASCII, with zeros behind it.

    Raises:
        InputError: not 1 to 32 printable ASCII characters without spaces.
    """
    if not re.fullmatch("[!-~]{1,32}", code):
        raise InputError(
            f"{code!r} is no code of a disease or a kind of research",
            why="a code has 1 to 32 ASCII characters and no space",
            remedy="Give it such as MONDO:0005148",
        )
    return code.encode("ascii").ljust(32, b"\0")


def register_project(profile: Profile, body: Project) -> ProjectView:
    """See ``Delegate.register_project``."""
    chain = profile.chain
    # Everything but the salt, which is drawn: cut off and called again, it is the same project.
    told = chain.projects.number_of(body).hex()
    with profile.vault.journal("register-project", told) as entry:
        if entry.step is None:
            there = [each for each in projects(chain) if _is_same(each, body)]
            if there:
                registered = next(
                    chain.find(ProjectRegistered, last=chain.head().number, project=there[0].number)
                )
                profile.wait_until_final(registered)
                return there[0]
            entry.advance("drawn", {"salt": os.urandom(32)})
        salted = replace(body, salt=entry.state["salt"])
        try:
            receipt = profile.carry_out(entry, "sent", lambda: chain.projects.register(salted))
        except ContractError:
            # Nothing was registered, and another try draws anew.
            entry.finish()
            raise
        return _view(chain, receipt.event(ProjectRegistered), receipt.timestamp)


def relay_approval(profile: Profile, signed: SignedAttestation) -> ProjectView:
    """See ``Delegate.relay_approval``."""
    chain, approval = profile.chain, signed.attestation
    if not isinstance(approval, Approval):
        raise InputError(
            "This is no ethics board's approval",
            why=f"it attests something else ({type(approval).__name__})",
            remedy="Give the document that the board signed",
        )
    number = approval.project
    project = find_project(chain, number.hex())

    def found() -> ProjectApproved | None:
        events = chain.find(ProjectApproved, last=chain.head().number, project=number, board=approval.board)
        return next((each for each in events if each.until == approval.until), None)

    work = ("approve-project", f"{number.hex()}/{approval.until}")
    once(
        profile,
        work,
        lambda: chain.projects.approve(
            number, approval.board, approval.until, signed.signer, signed.signature
        ),
        ProjectApproved,
        found,
    )
    return find_project(chain, project.number.hex())


def withdraw_project(profile: Profile, number: bytes) -> None:
    """See ``Delegate.withdraw_project``."""
    require_bytes(number, 32, "a project's number")
    chain = profile.chain

    def found() -> ProjectWithdrawn | None:
        return next(chain.find(ProjectWithdrawn, last=chain.head().number, project=number), None)

    work = ("withdraw-project", number.hex())
    once(profile, work, lambda: chain.projects.withdraw(number), ProjectWithdrawn, found)


def _view(chain: Chain, event: ProjectRegistered, now: int) -> ProjectView:
    # A node's log alone is not believed: boards sign for what is read out of it.
    if chain.projects.number_of(event.body) != event.project:
        raise ChainError(
            f"The node tells another body for the project 0x{event.project.hex()} than the one registered",
            why="a project's number is the digest of its body",
            remedy="Ask another node: this one answers wrongly",
        )
    kept = chain.projects.standing(event.project, event.lead)
    stage = {
        ProjectStatus.WITHDRAWN: ProjectStage.WITHDRAWN,
        ProjectStatus.APPROVED: ProjectStage.APPROVED if now < kept.until else ProjectStage.EXPIRED,
    }.get(kept.status, ProjectStage.REGISTERED)
    return ProjectView(event.project, event.body, stage, kept.board, kept.until)


def _is_same(view: ProjectView, body: Project) -> bool:
    """Whether a project that still can be approved, or is, says the same but for its salt."""
    same = all(
        getattr(view.body, name) == getattr(body, name) for name in Project.__slots__ if name != "salt"
    )
    return same and view.stage is not ProjectStage.WITHDRAWN


def _unfit(why: str, remedy: str) -> InputError:
    return InputError("This can't be a research project", why=why, remedy=remedy)
