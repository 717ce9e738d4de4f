"""What a patient refuses or withdraws on paper or by phone: taken by one person of the hospital."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from pixelpact.chain import Call, Means
from pixelpact.documents import keep_salt, new_salt, salted_digest
from pixelpact.errors import InputError
from pixelpact.models import Directive
from pixelpact.policy import Purpose, purpose_set
from pixelpact.profile import Profile, require_bytes

__all__ = ["take_refusal", "take_revocation"]

#: Whatever is below these is all that there is.
_EVERYTHING = tuple(purpose for purpose in Purpose if purpose.parent is None)


def take_refusal(  # noqa: PLR0913 - by name, as it was said
    profile: Profile,
    note: bytes,
    *,
    subject: bytes,
    study: bytes,
    purposes: tuple[Purpose, ...],
    means: Means,
) -> None:
    """See ``Custodian.take_refusal``."""
    require_bytes(subject, 20, "a patient's address")
    refused = purpose_set(*(purposes or _EVERYTHING))
    consents = profile.chain.consents
    _take(
        profile,
        "take-refusal",
        f"{subject.hex()}/{study.hex()}/{refused}/{int(means)}",
        note,
        lambda form: consents.take_refusal(subject, study, refused, means, form),
    )


def take_revocation(profile: Profile, note: bytes, directive: Directive, number: bytes, means: Means) -> None:
    """See ``Custodian.take_revocation``."""
    if directive.custodian != profile.institution:
        raise InputError(
            "The consent is not for this hospital to withdraw",
            why=f"it is about the images of institution {directive.custodian}",
            remedy="Let that hospital take the withdrawal, or have the patient sign it",
        )
    consents = profile.chain.consents
    _take(
        profile,
        "take-revocation",
        f"{number.hex()}/{int(means)}",
        note,
        lambda form: consents.take_revocation(directive, means, form),
    )


def _take(profile: Profile, operation: str, what: str, note: bytes, call: Callable[[bytes], Call]) -> None:
    """Send it once. The salt is drawn once for each note, so that a run that was cut off goes on with it."""
    if not note:
        raise InputError(
            "The note is empty",
            why="its digest would stand for nothing",
            remedy="Write down who called or wrote, when, and what was said",
        )
    with profile.vault.journal(operation, f"{what}/{hashlib.sha256(note).hexdigest()}") as entry:
        if entry.step is None:
            entry.advance("drawn", {"salt": new_salt()})
        salt: bytes = entry.state["salt"]
        form = salted_digest(salt, note)
        keep_salt(profile.vault, form, salt, operation)
        profile.carry_out(entry, "sent", lambda: call(form))
