"""Reviewing emergencies: by the hospital whose study was opened, or by an ethics board."""

from __future__ import annotations

from dataclasses import dataclass

from pixelpact.chain import EmergencyRequested, EmergencyReviewed, Verdict
from pixelpact.documents import keep_salt, matches_salted, new_salt, salted_digest
from pixelpact.errors import ContractError, InputError
from pixelpact.models import EmergencyDraft
from pixelpact.policy import Role
from pixelpact.profile import Profile, require_bytes

__all__ = ["OpenedInEmergency", "find", "review", "unreviewed"]


@dataclass(frozen=True, slots=True)
class OpenedInEmergency:
    """An emergency that was permitted and that nobody has reviewed.

    Attributes:
        number: its id on the ledger, 32 bytes.
        study: its number, 32 bytes.
        requester: who opened it.
        custodian: whose study it was.
        review_by: from this second on a review is late.
        late: whether it is by now.
        served: whether the key was released.
        block: where it stands.
    """

    number: bytes
    study: bytes
    requester: int
    custodian: int
    review_by: int
    late: bool
    served: bool
    block: int


def unreviewed(profile: Profile) -> list[OpenedInEmergency]:
    """See ``Custodian.unreviewed``."""
    chain = profile.chain
    now, board = chain.now(), _is_board(profile)
    found = []
    for event in chain.find(EmergencyRequested):
        concerns = event.custodian == profile.institution or board
        if event.reason or not concerns or event.requester == profile.institution:
            continue
        # Asked of the newest block: what was reviewed a moment ago is owed no more.
        state = chain.ledger.request_of(event.request)
        if not state.is_reviewed:
            found.append(
                OpenedInEmergency(
                    number=event.request,
                    study=event.study,
                    requester=event.requester,
                    custodian=event.custodian,
                    review_by=event.review_by,
                    late=now >= event.review_by,
                    served=state.served_epoch > 0,
                    block=event.block,
                )
            )
    return found


def review(  # noqa: PLR0913 - by name: who found what, and of what
    profile: Profile,
    request: bytes,
    verdict: Verdict,
    report: bytes,
    *,
    person: str,
    draft: EmergencyDraft | None,
) -> bool:
    """See ``Custodian.review``."""
    event = find(profile, request)
    if draft is not None:
        _require_reason(event, draft)
    if not report or verdict is Verdict.NONE:
        raise InputError(
            "A review needs a verdict and a report",
            why="its digest would stand for nothing",
            remedy="Write down what was found, and say whether the emergency was justified",
        )
    digest, chain = profile.person_digest(person), profile.chain
    with profile.vault.journal("review", request.hex()) as entry:
        if entry.step is None:
            entry.advance("drawn", {"salt": new_salt(), "report": report, "verdict": int(verdict)})
        salt: bytes = entry.state["salt"]
        if (entry.state["report"], entry.state["verdict"]) != (report, int(verdict)):
            if not profile.was_sent(entry, "reviewed"):
                entry.restart("drawn", {"salt": salt, "report": report, "verdict": int(verdict)})
            else:
                raise InputError(
                    "Another review of this emergency is under way",
                    why="it was cut off after it was signed, with another verdict or report",
                    remedy="Give the verdict and the report of that one again",
                )
        written = salted_digest(salt, report)
        keep_salt(profile.vault, written, salt, "review")
        try:
            receipt = profile.carry_out(
                entry, "reviewed", lambda: chain.ledger.review(request, verdict, written, digest)
            )
        except ContractError:
            # Refused for good: somebody reviewed it, or this operator may not.
            entry.finish()
            raise
    return receipt.event(EmergencyReviewed).late


def find(profile: Profile, request: bytes) -> EmergencyRequested:
    """An emergency at a final block.

    Raises:
        InputError: there is none of this number, or it was denied.
    """
    require_bytes(request, 32, "a request's number")
    event = next(profile.chain.find(EmergencyRequested, request=request), None)
    if event is None or event.reason:
        raise InputError(
            f"There is no emergency {request.hex()[:8]} to review",
            why="none of this number was permitted at a final block",
            remedy="`pixelpact access list` shows those that wait for a review",
        )
    return event


def _require_reason(event: EmergencyRequested, draft: EmergencyDraft) -> None:
    """Check that a draft that was handed over is of this emergency, and says the reason that was given."""
    same = (draft.requester, draft.nonce, draft.study) == (event.requester, event.nonce, event.study)
    if not same or not matches_salted(event.justification, draft.salt, draft.justification.encode()):
        raise InputError(
            "The draft is not of this emergency",
            why="its number or the reason in it is not the one that was given when the record was opened",
            remedy="Ask the institution that opened the record for its draft, or review without it",
        )


def _is_board(profile: Profile) -> bool:
    found = profile.chain.institutions.institution(profile.institution)
    return bool(found.roles & Role.ETHICS_BOARD)
