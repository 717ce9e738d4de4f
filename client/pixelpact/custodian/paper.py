"""What two operators of a hospital attest of a form: the first drafts and sends, the second signs."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from pixelpact.chain import (
    Account,
    Call,
    DirectiveRecorded,
    Event,
    GuardianAppointed,
    SubjectFlag,
    TakenRefusalLifted,
    eip712,
)
from pixelpact.documents import keep_paper, keep_salt, new_salt, require_salted, salted_digest
from pixelpact.errors import ContractError, InputError
from pixelpact.models import (
    WHOLE_RECORD,
    Appointment,
    AttestedAppointment,
    Directive,
    Modifier,
    PaperDirective,
    PaperDraft,
    PaperStatement,
    RefusalLift,
    SignedAttestation,
)
from pixelpact.policy import (
    MAX_PAPER_TERM,
    VOCABULARY_VERSION,
    Category,
    GuardianPower,
    OperatorPermission,
    Permission,
    Purpose,
    check_directive,
    purpose_set,
)
from pixelpact.profile import Profile, require_bytes

__all__ = ["attest", "draft_appointment", "draft_consent", "draft_lift", "own_account", "record"]

_FORM = "the form that the draft was made of"


def draft_consent(  # noqa: PLR0913 - by name, as the form says it
    profile: Profile,
    form: bytes,
    *,
    subject: bytes,
    grantee: int,
    purposes: Iterable[Purpose],
    categories: Category | int,
    study: bytes,
    term: timedelta,
    permission: Permission | int,
    modifiers: Sequence[Modifier],
) -> PaperDirective:
    """See ``Custodian.draft_paper``."""
    _require_form(form)
    require_bytes(subject, 20, "a patient's address")
    if not 0 < term.total_seconds() <= MAX_PAPER_TERM:
        raise InputError(
            "A consent on paper can't be for so long",
            why="it counts for at most a year",
            remedy="Give a shorter term; a patient who signs with a wallet can give a longer one",
        )
    _require_paper_stands(profile, subject)
    if study != WHOLE_RECORD:
        _require_own_study(profile, study, subject)
    chain = profile.chain
    now = chain.now()
    directive = Directive(
        subject=subject,
        custodian=profile.institution,
        study=study,
        grantee=grantee,
        categories=int(categories),
        purposes=purpose_set(*purposes),
        permission=int(permission),
        vocabulary=VOCABULARY_VERSION,
        generation=chain.consents.generation(subject),
        not_before=now,
        expiry=now + int(term.total_seconds()),
        salt=secrets.token_bytes(32),
        modifiers=tuple(modifiers),
    )
    check_directive(directive)
    salt = new_salt()
    return PaperDirective(directive, eip712.struct_hash(directive), salted_digest(salt, form), salt)


def draft_lift(profile: Profile, form: bytes, *, subject: bytes, study: bytes) -> PaperStatement:
    """See ``Custodian.draft_lift``."""
    _require_form(form)
    require_bytes(subject, 20, "a patient's address")
    found = profile.chain.consents.taken_refusal(subject, 0 if any(study) else profile.institution, study)
    if not found.purposes:
        raise InputError(
            "There is nothing to lift",
            why="no refusal that was taken on paper or by phone stands in this scope",
            remedy="Check patient and study; what a patient signed is lifted by signature only",
        )
    salt = new_salt()
    lift = RefusalLift(
        subject, profile.institution, study, salted_digest(salt, form), sequence=found.sequence + 1
    )
    return PaperStatement(lift, salt)


def draft_appointment(  # noqa: PLR0913 - by name, as the form says it
    profile: Profile, form: bytes, *, subject: bytes, guardian: bytes, powers: GuardianPower, until: int
) -> PaperStatement:
    """See ``Custodian.draft_appointment``."""
    _require_form(form)
    require_bytes(subject, 20, "a patient's address")
    require_bytes(guardian, 20, "a guardian's address")
    if powers & GuardianPower.RECOVER:
        raise InputError(
            "A hospital can't attest a guardian who may give a new key",
            why="two of its people and a guardian of their choice would be the patient's key",
            remedy="Leave the power out; a patient can sign an appointment with it",
        )
    _require_paper_stands(profile, subject)
    number = profile.chain.consents.subject(subject).appointment_count + 1
    salt = new_salt()
    appointment = Appointment(subject, guardian, int(powers), profile.institution, until, number)
    return PaperStatement(AttestedAppointment(appointment, salted_digest(salt, form)), salt)


def attest(profile: Profile, draft: PaperDraft, form: bytes) -> SignedAttestation:
    """See ``Custodian.attest_paper``."""
    _require_ours(profile, draft)
    require_salted(draft.form, draft.salt, form, _FORM)
    account = own_account(profile)
    _require_may(profile, account)
    if isinstance(draft, PaperDirective):
        check_directive(draft.directive)
    message = draft.attestation
    return SignedAttestation(message, account.address, eip712.sign(account, profile.chain.network, message))


def record(profile: Profile, draft: PaperDraft, attested: SignedAttestation) -> None:
    """See ``Custodian.record_paper``."""
    _require_ours(profile, draft)
    if attested.attestation != draft.attestation:
        raise InputError(
            "The attestation is not of this draft",
            why="what was attested, or the form's digest, is another",
            remedy="Give the attestation that the second operator made of it",
        )
    account = own_account(profile)
    if attested.signer == account.address:
        raise InputError(
            "One operator can't be both",
            why="the attestation is by the account that would send it",
            remedy="Have another operator of this institution attest it",
        )
    work = _work_of(profile, draft, attested)
    with profile.vault.journal(work.operation, work.key) as entry:
        there = _found(profile, work) if entry.step is None else None
        try:
            if there is None:
                profile.carry_out(entry, "sent", lambda: work.call)
        except ContractError:
            # The first operator may have sent it from another vault: then nothing is left to do.
            there = _found(profile, work)
            if there is None:
                if entry.step is not None:
                    entry.finish()
                raise
        if there is not None:
            profile.wait_until_final(there)
        with profile.vault.transaction():
            keep_salt(profile.vault, draft.form, draft.salt, work.operation)
            if isinstance(draft, PaperDirective):
                keep_paper(profile.vault, draft, profile.chain.network)


def own_account(profile: Profile) -> Account:
    """The account of the operator whose profile this is.

    Raises:
        InputError: the chain was connected without one.
    """
    if profile.chain.account is None:
        raise InputError(
            "Nobody is there to sign",
            why="the chain was connected without an account",
            remedy="Connect with the account of an operator",
        )
    return profile.chain.account


@dataclass(frozen=True, slots=True)
class _Work:
    """What recording needs: names for the journal, the call, and how the event that it causes is found."""

    operation: str
    key: str
    call: Call
    search: Callable[..., Iterator[Event]]
    number: tuple[str, int] | None = None


def _work_of(profile: Profile, draft: PaperDraft, attested: SignedAttestation) -> _Work:
    consents, find, by = profile.chain.consents, profile.chain.find, (attested.signer, attested.signature)
    if isinstance(draft, PaperDirective):
        subject = draft.directive.subject
        return _Work(
            "record-paper",
            draft.number.hex(),
            consents.record_paper(subject, draft.number, draft.form, *by),
            partial(find, DirectiveRecorded, subject=subject, directive=draft.number),
        )
    made = draft.attestation
    if isinstance(made, RefusalLift):
        return _Work(
            "lift-refusal",
            f"{made.subject.hex()}/{made.study.hex()}/{made.sequence}",
            consents.lift_taken_refusal(made.subject, made.study, made.form, made.sequence, *by),
            partial(
                find,
                TakenRefusalLifted,
                subject=made.subject,
                custodian=made.custodian,
                study=made.study,
            ),
            ("sequence", made.sequence),
        )
    appointment = made.appointment
    return _Work(
        "appoint-attested",
        f"{appointment.subject.hex()}/{appointment.number}",
        consents.appoint_attested(appointment, made.form, *by),
        partial(find, GuardianAppointed, subject=appointment.subject, guardian=appointment.guardian),
        ("number", appointment.number),
    )


def _found(profile: Profile, work: _Work) -> Event | None:
    for event in work.search(last=profile.chain.head().number):
        if work.number is None or getattr(event, work.number[0]) == work.number[1]:
            return event
    return None


def _require_form(form: bytes) -> None:
    if not form:
        raise InputError(
            "The form is empty",
            why="its digest would stand for nothing",
            remedy="Give the scan of the form, or the note of what was said",
        )


def _require_ours(profile: Profile, draft: PaperDraft) -> None:
    made = draft.attestation
    custodian = made.appointment.custodian if isinstance(made, AttestedAppointment) else made.custodian
    if custodian != profile.institution:
        raise InputError(
            "The draft is another institution's",
            why=f"it is institution {custodian}'s, and this profile is of institution {profile.institution}",
            remedy="Let two operators of that institution do it",
        )


def _require_may(profile: Profile, account: Account) -> None:
    found = profile.chain.institutions.operator(account.address)
    if found.institution != profile.institution or not found.permissions & OperatorPermission.CONSENTS:
        raise InputError(
            "This operator may not attest what is on paper",
            why=f"0x{account.address.hex()} has not the permission CONSENTS for institution "
            f"{profile.institution}",
            remedy="Ask the institution's admin for it, or let another operator attest",
        )


def _require_paper_stands(profile: Profile, subject: bytes) -> None:
    if profile.chain.consents.subject(subject).flags & SubjectFlag.OWN_KEY:
        raise InputError(
            "Nothing on paper counts for this patient",
            why=f"0x{subject.hex()} signs with a key",
            remedy="Ask the patient to sign it with the wallet",
        )


def _require_own_study(profile: Profile, study: bytes, subject: bytes) -> None:
    require_bytes(study, 32, "a study's number")
    record = profile.chain.studies.study(study)
    if (record.custodian, record.subject) != (profile.institution, subject):
        raise InputError(
            f"The study {study.hex()[:8]} is not one of this patient's here",
            why="the chain names another hospital or another patient for it, or knows none of this number",
            remedy="Check study and patient, or leave the study out",
        )
