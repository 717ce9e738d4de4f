"""What is forged in the trail of a consortium's affairs, and exactly what an audit must find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from audit_affairs import AFTER_THE_STOP, Affairs, release_of
from audit_story import append, change, drop, place
from audit_world import PERSON, STRANGER, word
from chain_matters import DAY, FORM, A, B, C, D

from pixelpact.audit import Code
from pixelpact.chain import (
    RECOMMENDED_TERMS,
    AccessReleased,
    AccessRequested,
    AdminRecovered,
    AllRevoked,
    BatchAnchored,
    CarriedOut,
    ConsortiumFounded,
    CustodyOffered,
    CustodyTransferred,
    DirectiveRecorded,
    DirectiveRevoked,
    DisposalAttested,
    EmergencyRequested,
    EmergencyReviewed,
    EngineReplaced,
    Event,
    GuardianAppointed,
    GuardianDismissed,
    InstitutionAdmitted,
    InstitutionChanged,
    InstitutionReinstated,
    InstitutionSuspended,
    KeyReplaced,
    OperatorSet,
    PaperEnded,
    PaperRecorded,
    Passed,
    ProjectApproved,
    ProjectRegistered,
    ProjectWithdrawn,
    Proposed,
    RecoveryNamed,
    RecoveryStarted,
    RecoveryStopped,
    RefusalSet,
    RefusalTaken,
    RevocationTaken,
    SharingStopped,
    StudyErased,
    StudyRotated,
    TakenRefusalLifted,
    Trail,
    Vetoed,
    Voted,
    eip712,
)
from pixelpact.chain.events import own_fields
from pixelpact.models import ZERO32, AccessQuery, Action, Motion
from pixelpact.policy import GuardianPower, OperatorPermission, Purpose, Role

Forge = Callable[[Affairs], Trail]
Found = tuple[Forge, set[Code]]
GRANT, RECOVER = int(GuardianPower.GRANT), int(GuardianPower.RECOVER)
NOBODY = bytes(20)
SOMEBODY = b"\x77" * 20
DELAY = RECOMMENDED_TERMS.key_recovery_delay


def _resolved(affairs: Affairs, fields: dict[str, Any]) -> dict[str, Any]:
    """Functions stand for what only the story knows."""
    return {name: value(affairs) if callable(value) else value for name, value in fields.items()}


def add(kind: type[Event], /, *, later: int = AFTER_THE_STOP, **fields: Any) -> Forge:
    """One event more."""
    return lambda affairs: append(affairs.trail, kind, later=later, **_resolved(affairs, fields))


def other(kind: type[Event], where: dict[str, Any] | None = None, **fields: Any) -> Forge:
    """The first event of a kind with other fields."""
    return lambda affairs: change(
        affairs.trail,
        place(affairs.trail, kind, **_resolved(affairs, where or {})),
        **_resolved(affairs, fields),
    )


def without(kind: type[Event], **where: Any) -> Forge:
    """The trail without the first event of a kind."""
    return lambda affairs: drop(affairs.trail, place(affairs.trail, kind, **_resolved(affairs, where)))


def once_more(kind: type[Event], /, *, later: int = AFTER_THE_STOP, **fields: Any) -> Forge:
    """The first event of a kind again at the end, with other fields."""

    def forge(affairs: Affairs) -> Trail:
        like = affairs.trail.events[place(affairs.trail, kind)]
        return append(affairs.trail, kind, later=later, **(own_fields(like) | _resolved(affairs, fields)))

    return forge


def both(*forges: Forge) -> Forge:
    """One after the other."""

    def forge(affairs: Affairs) -> Trail:
        for each in forges:
            affairs = replace(affairs, trail=each(affairs))
        return affairs.trail

    return forge


def release(name: str, /, *, later: int = AFTER_THE_STOP, **changes: Any) -> Forge:
    """The key leaves for the request that was not served."""
    return lambda affairs: append(
        affairs.trail, AccessReleased, later=later, **release_of(affairs, name, **changes)
    )


# Votes


def _last(affairs: Affairs) -> int:
    return max(event.proposal for event in affairs.trail.events if isinstance(event, Proposed))


def propose(motion: Motion, *, by: int = A) -> Forge:
    """A motion, with its proposer's vote."""

    def forge(affairs: Affairs) -> Trail:
        number = _last(affairs) + 1
        trail = append(
            affairs.trail,
            Proposed,
            later=AFTER_THE_STOP,
            proposal=number,
            proposer=by,
            institution=motion.institution,
            motion=motion,
        )
        return trail if by == motion.institution else vote_in(trail, number, by, later=0)

    return forge


def vote_in(trail: Trail, number: int, institution: int, *, later: int = 1) -> Trail:
    return append(trail, Voted, later=later, proposal=number, institution=institution)


def vote(institution: int, *, later: int = 1) -> Forge:
    """A vote for the last proposal."""
    return lambda affairs: vote_in(affairs.trail, _last(affairs), institution, later=later)


def passed(affairs: Affairs) -> Trail:
    return append(affairs.trail, Passed, later=0, proposal=_last(affairs))


def voted_for(motion: Motion) -> Forge:
    """A motion with the votes of A, B and C, of four voters (of three, where it is about one)."""
    return both(propose(motion), vote(B), vote(C), passed)


def carry_out(*, later: int = 1, back: int = 0) -> Forge:
    """The last proposal, or one before it, is carried out."""
    return lambda affairs: append(
        affairs.trail, CarriedOut, later=later, proposal=_last(affairs) - back, by=STRANGER
    )


def _now(affairs: Affairs) -> int:
    return affairs.trail.events[-1].timestamp


def _then(seconds: int) -> Callable[[Affairs], int]:
    """So many seconds after the event that is appended."""
    return lambda affairs: _now(affairs) + AFTER_THE_STOP + seconds


def stopped(seconds: int) -> Forge:
    return add(SharingStopped, later=0, until=lambda a: _now(a) + seconds)


def suspended(institution: int, by: Callable[[Affairs], bytes]) -> Forge:
    return add(InstitutionSuspended, later=1, institution=institution, by=by)


STOP_AN_HOUR = Motion(Action.STOP, duration=3_600)
SUSPEND_D = Motion(Action.SUSPEND, institution=D)
NEW_ADMIN = Motion(Action.RECOVER_ADMIN, institution=D, account=SOMEBODY)


def _admin_a(affairs: Affairs) -> bytes:
    return affairs.life.cast.a.address


def _admin_c(affairs: Affairs) -> bytes:
    return affairs.life.cast.c.address


def _admin_d(affairs: Affairs) -> bytes:
    return affairs.life.world.institutions.institution(D).admin


def _newly(role: Role, institution: int) -> Forge:
    """An institution is given these roles by a vote of all others."""
    motion = Motion(Action.CHANGE, institution=institution, roles=int(role), country=b"CH")
    first, *others = (each for each in (A, B, C, D) if each != institution)
    done = add(
        InstitutionChanged,
        later=0,
        institution=institution,
        roles=int(role),
        country=b"CH",
        attributes=0,
    )
    return both(propose(motion, by=first), *map(vote, others), passed, carry_out(), done)


def _admitted(number: int, account: bytes) -> Forge:
    return add(
        InstitutionAdmitted,
        later=0,
        institution=number,
        admin=account,
        roles=int(Role.REQUESTER),
        country=b"IT",
        attributes=0,
    )


def _admission(account: bytes) -> Motion:
    return Motion(Action.ADMIT, account=account, roles=int(Role.REQUESTER), country=b"IT")


VOTES: dict[str, Found] = {
    "a motion that was voted for and carried out": (
        both(voted_for(STOP_AN_HOUR), carry_out(), stopped(3_600)),
        set(),
    ),
    "a motion carried out that one of four voted for": (
        both(propose(STOP_AN_HOUR), passed, carry_out(), stopped(3_600)),
        {Code.PASSED_WITHOUT_MAJORITY, Code.CARRIED_OUT_WITHOUT_MAJORITY},
    ),
    "a motion carried out after most who voted for it were suspended": (
        both(
            voted_for(STOP_AN_HOUR),
            suspended(A, _admin_a),
            suspended(C, _admin_c),
            carry_out(),
            stopped(3_600),
        ),
        {Code.CARRIED_OUT_WITHOUT_MAJORITY},
    ),
    "a vote dropped that the majority hung on": (
        both(
            lambda a: drop(a.trail, place(a.trail, Voted, proposal=a.number_of(Action.STOP), institution=B))
        ),
        {Code.PASSED_WITHOUT_MAJORITY, Code.CARRIED_OUT_WITHOUT_MAJORITY},
    ),
    "a vote by a stranger": (both(propose(STOP_AN_HOUR), vote(9)), {Code.VOTE_NOT_ENTITLED}),
    "a vote by one without the role": (both(propose(STOP_AN_HOUR), vote(5)), {Code.VOTE_NOT_ENTITLED}),
    "a vote by a suspended member": (
        both(propose(STOP_AN_HOUR), suspended(C, _admin_c), vote(C)),
        {Code.VOTE_NOT_ENTITLED},
    ),
    "a vote by the one voted on": (both(propose(SUSPEND_D), vote(D)), {Code.VOTE_NOT_ENTITLED}),
    "a majority of strangers": (
        both(propose(STOP_AN_HOUR), vote(8), vote(9), passed, carry_out(), stopped(3_600)),
        {
            Code.VOTE_NOT_ENTITLED,
            Code.PASSED_WITHOUT_MAJORITY,
            Code.CARRIED_OUT_WITHOUT_MAJORITY,
        },
    ),
    "a vote after the end": (
        both(propose(STOP_AN_HOUR), vote(B, later=RECOMMENDED_TERMS.vote_lifetime)),
        {Code.VOTE_LATE},
    ),
    "a vote in the last second": (
        both(propose(STOP_AN_HOUR), vote(B, later=RECOMMENDED_TERMS.vote_lifetime - 1)),
        set(),
    ),
    "a vote twice": (both(propose(STOP_AN_HOUR), vote(B), vote(B)), {Code.VOTE_REPEATED}),
    "a vote for what was never proposed": (
        add(Voted, proposal=99, institution=B),
        {Code.PROPOSAL_STATUS},
    ),
    "a vote for what was carried out": (
        add(Voted, proposal=1, institution=D),
        {Code.PROPOSAL_STATUS},
    ),
    "a proposal that passes twice": (both(voted_for(STOP_AN_HOUR), passed), {Code.PROPOSAL_STATUS}),
    "a proposal carried out that never passed": (
        both(propose(STOP_AN_HOUR), vote(B), vote(C), carry_out(), stopped(3_600)),
        {Code.CARRIED_OUT_TIME},
    ),
    "a proposal carried out before its notice is over": (
        both(
            voted_for(NEW_ADMIN),
            carry_out(later=RECOMMENDED_TERMS.recovery_notice - 1),
            add(AdminRecovered, later=0, institution=D, from_=_admin_d, to=SOMEBODY),
        ),
        {Code.CARRIED_OUT_TIME},
    ),
    "a proposal carried out too late": (
        both(
            voted_for(STOP_AN_HOUR),
            carry_out(later=RECOMMENDED_TERMS.vote_lifetime),
            stopped(3_600),
        ),
        {Code.CARRIED_OUT_TIME},
    ),
    "a proposal carried out twice": (both(carry_out(later=AFTER_THE_STOP)), {Code.PROPOSAL_STATUS}),
    "a vetoed proposal carried out": (
        lambda a: append(a.trail, CarriedOut, later=1, proposal=a.event(Vetoed).proposal, by=STRANGER),
        {Code.PROPOSAL_STATUS},
    ),
    "an older vote carried out after a younger": (
        both(
            voted_for(STOP_AN_HOUR),
            voted_for(Motion(Action.STOP)),
            carry_out(),
            stopped(0),
            carry_out(back=1),
            stopped(3_600),
        ),
        {Code.CARRIED_OUT_OVERTAKEN},
    ),
    "a suspension that was voted on before the last reinstatement": (
        both(
            voted_for(SUSPEND_D),
            suspended(D, _admin_d),
            voted_for(Motion(Action.REINSTATE, institution=D)),
            carry_out(),
            add(InstitutionReinstated, later=0, institution=D),
            carry_out(back=1),
            add(InstitutionSuspended, later=0, institution=D, by=STRANGER),
        ),
        {Code.CARRIED_OUT_OVERTAKEN},
    ),
    "a suspension of who is suspended already": (
        both(
            voted_for(SUSPEND_D),
            suspended(D, _admin_d),
            carry_out(),
            add(InstitutionSuspended, later=0, institution=D, by=STRANGER),
        ),
        {Code.CARRIED_OUT_OVERTAKEN, Code.INSTITUTION_STATUS},
    ),
    "a vote whose effect comes later": (
        both(
            voted_for(STOP_AN_HOUR),
            carry_out(),
            add(SharingStopped, later=1, until=lambda a: _now(a) + 1 + 3_600),
        ),
        {Code.CARRIED_OUT_NOTHING, Code.WITHOUT_VOTE},
    ),
    "a vote that ends in something else": (
        both(
            voted_for(STOP_AN_HOUR),
            carry_out(),
            add(InstitutionReinstated, later=0, institution=D),
        ),
        {Code.CARRIED_OUT_NOTHING, Code.WITHOUT_VOTE},
    ),
    "a vote that ends for another institution": (
        both(
            voted_for(SUSPEND_D),
            carry_out(),
            add(InstitutionSuspended, later=0, institution=5, by=STRANGER),
        ),
        {Code.INSTITUTION_STATUS},
    ),
    "a proposal made twice": (once_more(Proposed), {Code.PROPOSAL}),
    "a proposal about another than it says": (
        lambda a: append(
            a.trail,
            Proposed,
            later=AFTER_THE_STOP,
            proposal=_last(a) + 1,
            proposer=A,
            institution=5,
            motion=SUSPEND_D,
        ),
        {Code.PROPOSAL},
    ),
    "what was never proposed passes": (add(Passed, proposal=99), {Code.PROPOSAL_STATUS}),
    "a veto of what was never proposed": (
        add(Vetoed, proposal=99, by=_admin_d),
        {Code.PROPOSAL_STATUS},
    ),
    "a veto of a suspension": (
        both(
            propose(SUSPEND_D),
            lambda a: append(a.trail, Vetoed, proposal=_last(a), by=_admin_d(a)),
        ),
        {Code.VETO},
    ),
    "a motion carried out when nobody votes any more": (
        both(
            voted_for(STOP_AN_HOUR),
            suspended(A, _admin_a),
            suspended(B, lambda a: a.life.cast.b.address),
            suspended(C, _admin_c),
            suspended(D, _admin_d),
            carry_out(),
            stopped(3_600),
        ),
        {Code.CARRIED_OUT_WITHOUT_MAJORITY, Code.ROTATION_OWED},
    ),
    "a trail without the terms": (without(ConsortiumFounded), {Code.FOUNDING}),
    "admissions in another order than they were voted on": (
        both(
            voted_for(_admission(SOMEBODY)),
            voted_for(_admission(STRANGER)),
            carry_out(),
            _admitted(6, STRANGER),
            carry_out(back=1),
            _admitted(7, SOMEBODY),
        ),
        set(),
    ),
    "a vote whose end is missing": (without(SharingStopped), {Code.CARRIED_OUT_NOTHING}),
    "a vote whose effect is missing": (without(InstitutionChanged), {Code.CARRIED_OUT_NOTHING}),
    "a veto by another": (other(Vetoed, by=STRANGER), {Code.VETO}),
    "a veto of a stop": (
        both(propose(STOP_AN_HOUR), lambda a: append(a.trail, Vetoed, proposal=_last(a), by=_admin_a(a))),
        {Code.VETO},
    ),
    "a proposal out of number": (
        lambda a: append(
            a.trail,
            Proposed,
            later=AFTER_THE_STOP,
            proposal=99,
            proposer=A,
            institution=0,
            motion=STOP_AN_HOUR,
        ),
        {Code.PROPOSAL},
    ),
    "a proposal by one without a vote": (
        lambda a: append(
            a.trail,
            Proposed,
            later=AFTER_THE_STOP,
            proposal=_last(a) + 1,
            proposer=5,
            institution=0,
            motion=STOP_AN_HOUR,
        ),
        {Code.PROPOSAL},
    ),
    "a proposal to suspend nobody": (
        propose(Motion(Action.SUSPEND, institution=99)),
        {Code.PROPOSAL},
    ),
    "a proposal to reinstate who is active": (
        propose(Motion(Action.REINSTATE, institution=D)),
        {Code.PROPOSAL},
    ),
    "a proposal for nothing": (propose(Motion(Action.NONE)), {Code.PROPOSAL}),
    "a proposal to stop for too long": (
        propose(Motion(Action.STOP, duration=RECOMMENDED_TERMS.longest_stop + 1)),
        {Code.PROPOSAL},
    ),
    "another engine than the one voted for": (
        other(EngineReplaced, engine=SOMEBODY),
        {Code.MOTION_DIFFERS},
    ),
    "other code than the one voted for": (
        other(EngineReplaced, code_hash=word(3)),
        {Code.MOTION_DIFFERS, Code.ENGINE_UNKNOWN},
    ),
    "a longer stop than was voted for": (
        other(SharingStopped, until=lambda a: _now(a) + 3_600),
        {Code.MOTION_DIFFERS},
    ),
    "a longer stop than one vote may decide": (
        other(SharingStopped, until=lambda a: _now(a) + RECOMMENDED_TERMS.longest_stop + 1),
        {Code.MOTION_DIFFERS, Code.STOP_TOO_LONG},
    ),
    "the longest stop that one vote may decide": (
        both(
            voted_for(Motion(Action.STOP, duration=RECOMMENDED_TERMS.longest_stop)),
            carry_out(),
            stopped(RECOMMENDED_TERMS.longest_stop),
        ),
        set(),
    ),
    "another admin than was admitted": (
        other(InstitutionAdmitted, {"institution": 5}, admin=SOMEBODY),
        {Code.MOTION_DIFFERS},
    ),
    "other roles than were voted for": (
        other(InstitutionChanged, country=b"AT"),
        {Code.MOTION_DIFFERS},
    ),
    "an admission that nobody voted for": (
        add(
            InstitutionAdmitted,
            institution=6,
            admin=SOMEBODY,
            roles=int(Role.REQUESTER),
            country=b"IT",
            attributes=0,
        ),
        {Code.WITHOUT_VOTE},
    ),
}


# Guardians and recovery


def appointed(**fields: Any) -> Forge:
    """Another guardian of the old patient, attested by two people of A unless told."""
    usual: dict[str, Any] = {
        "subject": lambda a: a.old,
        "guardian": SOMEBODY,
        "number": 2,
        "powers": GRANT,
        "custodian": A,
        "until": lambda a: _now(a) + 100 * DAY,
        "form": FORM,
        "first": _admin_a,
        "second": lambda a: a.life.cast.a_second.address,
    }
    return add(GuardianAppointed, **(usual | fields))


def of_board(account: bytes) -> Forge:
    """An account may record consents for the ethics board, which is no custodian."""
    return add(OperatorSet, institution=C, account=account, permissions=int(OperatorPermission.CONSENTS))


SIGNED = {"form": ZERO32, "first": NOBODY, "second": NOBODY, "custodian": 0}


def given_by(subject: Callable[[Affairs], bytes], kind: int, authority: int, **how: int) -> Forge:
    return add(
        DirectiveRecorded, subject=subject, directive=word(0xD1), kind=kind, authority=authority, **how
    )


def _old(affairs: Affairs) -> bytes:
    return affairs.old


def _minor(affairs: Affairs) -> bytes:
    return affairs.minor


def _patient(affairs: Affairs) -> bytes:
    return affairs.patient


def _guardian(affairs: Affairs) -> bytes:
    return affairs.life.cast.guardian.address


def refused(purposes: int, sequence: int, appointment: int, **how: int) -> Forge:
    return add(
        RefusalSet,
        subject=_minor if appointment == 0 else _patient,
        custodian=0,
        study=ZERO32,
        grantee=0,
        purposes=purposes,
        sequence=sequence,
        appointment=appointment,
        **how,
    )


GUARDIANS: dict[str, Found] = {
    "a consent by a guardian who was dismissed": (given_by(_minor, 2, 1), {Code.GUARDIAN_ENDED}),
    "a consent by a guardian whom the patient dismissed": (
        both(
            add(GuardianDismissed, subject=_patient, guardian=_guardian, number=1),
            given_by(_patient, 2, 1),
        ),
        {Code.GUARDIAN_ENDED},
    ),
    "a consent by a guardian after the end of the appointment": (
        given_by(_patient, 2, 1, later=3_000 * DAY),
        {Code.GUARDIAN_ENDED},
    ),
    "a consent by a guardian in the appointment": (given_by(_patient, 2, 1), set()),
    "a consent by a guardian who was never appointed": (given_by(_minor, 2, 7), {Code.GUARDIAN_ENDED}),
    "a consent by an attested guardian after the patient signed": (
        both(add(PaperEnded, subject=_old), given_by(_old, 2, 1)),
        {Code.GUARDIAN_ENDED},
    ),
    "a consent by a guardian who may not allow": (
        both(appointed(powers=0), given_by(_old, 2, 2)),
        {Code.GUARDIAN_POWERS},
    ),
    "a withdrawal by a guardian who was dismissed": (
        add(DirectiveRevoked, subject=_minor, directive=word(0xD2), appointment=1),
        {Code.GUARDIAN_ENDED},
    ),
    "a withdrawal of all by a guardian who was dismissed": (
        add(AllRevoked, subject=_minor, generation=1, appointment=1),
        {Code.GUARDIAN_ENDED},
    ),
    "a refusal by a guardian": (refused(1 << Purpose.HMARKT, 1, 1), set()),
    "a refusal by a guardian after the end of the appointment": (
        refused(1 << Purpose.HMARKT, 1, 1, later=3_000 * DAY),
        {Code.GUARDIAN_ENDED},
    ),
    "a refusal lifted by a guardian": (
        both(refused(1 << Purpose.HMARKT, 1, 1), refused(0, 2, 1)),
        {Code.GUARDIAN_POWERS},
    ),
    "a guardian who uses up the patient's sequences": (
        refused(1 << Purpose.HMARKT, 1_000, 1),
        {Code.GUARDIAN_POWERS},
    ),
    "a guardian appointed out of number": (appointed(number=4), {Code.GUARDIAN_APPOINTMENT}),
    "a guardian for more than 18 years": (
        appointed(until=lambda a: _now(a) + AFTER_THE_STOP + 568_080_001),
        {Code.GUARDIAN_APPOINTMENT},
    ),
    "a guardian for no time": (appointed(until=_then(0)), {Code.GUARDIAN_APPOINTMENT}),
    "a guardian who is the patient": (appointed(guardian=_old), {Code.GUARDIAN_APPOINTMENT}),
    "a guardian with powers that nobody knows": (appointed(powers=64), {Code.GUARDIAN_APPOINTMENT}),
    "a guardian attested by one person twice": (
        appointed(second=_admin_a),
        {Code.GUARDIAN_APPOINTMENT},
    ),
    "a guardian attested by a stranger": (appointed(second=STRANGER), {Code.GUARDIAN_APPOINTMENT}),
    "a guardian attested with the power to recover": (
        appointed(powers=GRANT | RECOVER),
        {Code.GUARDIAN_APPOINTMENT},
    ),
    "a guardian attested by who is no custodian": (
        both(
            of_board(SOMEBODY),
            appointed(custodian=C, first=_admin_c, second=SOMEBODY, guardian=STRANGER),
        ),
        {Code.GUARDIAN_APPOINTMENT},
    ),
    "a guardian signed for with the power to recover": (
        appointed(powers=GRANT | RECOVER, **SIGNED),
        set(),
    ),
    "a guardian attested after the patient signed": (
        appointed(subject=_patient),
        {Code.PAPER_AFTER_SIGNATURE},
    ),
    "a guardian dismissed of nobody known": (
        add(GuardianDismissed, subject=STRANGER, guardian=_guardian, number=1),
        {Code.GUARDIAN_DISMISSAL},
    ),
    "a guardian dismissed who was never appointed": (
        add(GuardianDismissed, subject=_minor, guardian=_guardian, number=7),
        {Code.GUARDIAN_DISMISSAL},
    ),
    "a consent by a guardian of nobody known": (
        given_by(lambda _: STRANGER, 2, 1),
        {Code.GUARDIAN_ENDED},
    ),
    "a guardian attested by an institution that nobody knows": (
        appointed(custodian=9),
        {Code.GUARDIAN_APPOINTMENT, Code.INSTITUTION_UNKNOWN},
    ),
    "a guardian dismissed twice": (
        add(GuardianDismissed, subject=_minor, guardian=_guardian, number=1),
        {Code.GUARDIAN_DISMISSAL},
    ),
    "another guardian dismissed than was appointed": (
        add(GuardianDismissed, subject=_old, guardian=SOMEBODY, number=1),
        {Code.GUARDIAN_DISMISSAL},
    ),
    "a release by what a guardian allowed": (release("guardian"), set()),
    "a release by what a guardian allowed who was dismissed": (
        both(
            add(GuardianDismissed, subject=_patient, guardian=_guardian, number=1),
            release("guardian"),
        ),
        {Code.RELEASE_GUARDIAN},
    ),
    "a release by what a guardian allowed for another hospital": (
        other(GuardianAppointed, {"subject": _patient}, custodian=B),
        {Code.DECISION_DIFFERS, Code.RELEASE_GUARDIAN},
    ),
}


def begun(**fields: Any) -> Forge:
    """A recovery for the minor, by an account that was named, unless told."""
    usual: dict[str, Any] = {
        "subject": _minor,
        "candidate": SOMEBODY,
        "attempt": 1,
        "ready_at": _then(DELAY),
        "appointment": 0,
    }
    return add(RecoveryStarted, **(usual | fields))


def named(sequence: int = 1) -> Forge:
    return add(RecoveryNamed, subject=_minor, account=SOMEBODY, sequence=sequence)


def replaced(*, later: int = DELAY, **fields: Any) -> Forge:
    usual: dict[str, Any] = {"subject": _minor, "from_": _minor, "to": SOMEBODY, "generation": 1}
    return add(KeyReplaced, later=later, **(usual | fields))


RECOVERIES: dict[str, Found] = {
    "a recovery finished when its delay is over": (both(named(), begun(), replaced()), set()),
    "a recovery finished before its delay is over": (
        both(named(), begun(), replaced(later=DELAY - 1)),
        {Code.RECOVERY_EARLY},
    ),
    "a recovery that says it is ready at once, and is finished then": (
        both(named(), begun(ready_at=_then(0)), replaced(later=1)),
        {Code.RECOVERY_DELAY, Code.RECOVERY_EARLY},
    ),
    "a recovery finished after it was stopped": (
        both(named(), begun(), add(RecoveryStopped, subject=_minor, attempt=1), replaced()),
        {Code.RECOVERY_NOT_UNDER_WAY},
    ),
    "a recovery finished that never began": (replaced(), {Code.RECOVERY_NOT_UNDER_WAY}),
    "a recovery for another key than was announced": (
        both(named(), begun(), replaced(to=STRANGER)),
        {Code.RECOVERY_KEY},
    ),
    "a recovery of another key than the present one": (
        both(named(), begun(), replaced(from_=STRANGER)),
        {Code.RECOVERY_KEY},
    ),
    "a recovery that skips a generation": (
        both(named(), begun(), replaced(generation=2)),
        {Code.GENERATION_SEQUENCE},
    ),
    "a recovery while another is under way": (
        both(named(), begun(), begun(attempt=2)),
        {Code.RECOVERY_START},
    ),
    "a recovery begun again after it was stopped": (
        both(named(), begun(), add(RecoveryStopped, subject=_minor, attempt=1), begun()),
        {Code.RECOVERY_START},
    ),
    "a recovery to nobody's key": (both(named(), begun(candidate=NOBODY)), {Code.RECOVERY_START}),
    "a recovery to the present key": (both(named(), begun(candidate=_minor)), {Code.RECOVERY_START}),
    "a recovery by nobody whom the patient named": (begun(), {Code.RECOVERY_START}),
    "a recovery account named by an old message": (both(named(5), named(5)), {Code.RECOVERY_START}),
    "a recovery by a guardian without the power": (
        begun(subject=_old, appointment=1),
        {Code.GUARDIAN_POWERS},
    ),
    "a recovery by a guardian who was dismissed": (begun(appointment=1), {Code.GUARDIAN_ENDED}),
    "a recovery stopped that was not under way": (
        add(RecoveryStopped, subject=_minor, attempt=1),
        {Code.RECOVERY_STOP},
    ),
    "a recovery stopped of nobody known": (
        add(RecoveryStopped, subject=STRANGER, attempt=1),
        {Code.RECOVERY_STOP},
    ),
    "another attempt stopped than is under way": (
        both(named(), begun(), add(RecoveryStopped, subject=_minor, attempt=2)),
        {Code.RECOVERY_STOP},
    ),
}


# Paper, batches, and what was taken


def on_paper(subject: Callable[[Affairs], bytes], **fields: Any) -> Forge:
    """A consent on paper, with the word of two people of A unless told."""
    usual: dict[str, Any] = {
        "subject": subject,
        "directive": word(0xD1),
        "custodian": A,
        "form": FORM,
        "first": _admin_a,
        "second": lambda a: a.life.cast.a_second.address,
    }
    authority = fields.get("custodian", A)
    return both(given_by(subject, 3, authority), add(PaperRecorded, later=0, **(usual | fields)))


def _of_two_years(affairs: Affairs) -> Trail:
    """A consent on paper for two years, asked with and served."""
    asked = affairs.unserved["paper"]
    assert asked.directive is not None
    directive = replace(asked.directive, expiry=asked.directive.not_before + 2 * 31_557_600)
    number = eip712.struct_hash(directive)
    like = affairs.event(AccessRequested, request=asked.id)
    request = affairs.life.world.ledger.request_id(B, 7_777, asked.query, number)
    recorded = both(
        add(DirectiveRecorded, subject=_old, directive=number, kind=3, authority=A),
        add(
            PaperRecorded,
            later=0,
            subject=_old,
            directive=number,
            custodian=A,
            form=FORM,
            first=_admin_a,
            second=lambda a: a.life.cast.a_second.address,
        ),
    )
    named_so = {"request": request, "nonce": 7_777, "directive": directive, "directive_hash": number}
    return both(
        recorded,
        add(AccessRequested, later=30 * DAY, **(own_fields(like) | named_so)),
        release("paper", request=request, directive_hash=number),
    )(affairs)


def _again_in_batch(affairs: Affairs) -> Trail:
    """The request by the batch again, permitted, after the patient withdrew all."""
    asked = affairs.unserved["batch"]
    like = affairs.event(AccessRequested, request=asked.id)
    number = affairs.life.world.ledger.request_id(B, 8_888, asked.query, asked.directive_hash)
    withdrawn = append(
        affairs.trail, AllRevoked, later=AFTER_THE_STOP, subject=affairs.patient, generation=2, appointment=0
    )
    return append(withdrawn, AccessRequested, **(own_fields(like) | {"request": number, "nonce": 8_888}))


CONSENTS: dict[str, Found] = {
    "a consent on paper": (on_paper(_old), set()),
    "a consent on paper after the patient signed": (on_paper(_patient), {Code.PAPER_AFTER_SIGNATURE}),
    "a consent on paper without the word of two": (given_by(_old, 3, A), {Code.PAPER_ATTESTATION}),
    "a consent on paper without the word of two, and something after it": (
        both(given_by(_old, 3, A), named()),
        {Code.PAPER_ATTESTATION},
    ),
    "a consent on paper by one person twice": (
        on_paper(_old, second=_admin_a),
        {Code.PAPER_ATTESTATION},
    ),
    "a consent on paper by a stranger": (on_paper(_old, first=STRANGER), {Code.PAPER_ATTESTATION}),
    "a consent on paper without a form": (on_paper(_old, form=ZERO32), {Code.PAPER_ATTESTATION}),
    "a consent on paper at who is no custodian": (
        both(of_board(SOMEBODY), on_paper(_old, custodian=C, first=_admin_c, second=SOMEBODY)),
        {Code.PAPER_ATTESTATION},
    ),
    "the word of two for what was recorded before": (
        both(
            on_paper(_old),
            lambda a: append(a.trail, PaperRecorded, **own_fields(a.trail.events[-1])),
        ),
        {Code.PAPER_ATTESTATION},
    ),
    "the word of two for what was signed": (
        both(
            given_by(_old, 1, 0),
            once_more(PaperRecorded, later=0, subject=_old, directive=word(0xD1)),
        ),
        {Code.PAPER_ATTESTATION},
    ),
    "the word of two for what was not recorded": (
        once_more(PaperRecorded, subject=_old, directive=word(0xD3)),
        {Code.PAPER_ATTESTATION},
    ),
    "a release by what stands on paper": (release("paper"), set()),
    "a release by paper after the patient signed": (
        both(add(PaperEnded, subject=_old), release("paper")),
        {Code.RELEASE_PAPER},
    ),
    "a release by paper after its term": (release("paper", later=301 * DAY), {Code.RELEASE_PAPER}),
    "paper used before its delay": (
        other(ConsortiumFounded, terms=replace(RECOMMENDED_TERMS, paper_delay=4 * DAY)),
        {Code.DECISION_DIFFERS, Code.RELEASE_PAPER},
    ),
    "paper for longer than a year": (_of_two_years, {Code.DECISION_DIFFERS, Code.RELEASE_PAPER}),
    "the first signature a second time": (
        add(PaperEnded, subject=_patient),
        {Code.PAPER_ENDED_REPEATED},
    ),
    "a consent of no known kind": (given_by(_old, 9, 0), {Code.CONSENT_KIND}),
    "a signed consent by an authority": (given_by(_old, 1, 5), {Code.CONSENT_KIND}),
    "a guardian's consent by no appointment": (given_by(_old, 2, 0), {Code.CONSENT_KIND}),
    "a refusal taken by a stranger": (other(RefusalTaken, by=STRANGER), {Code.TAKEN}),
    "a refusal taken in no known way": (other(RefusalTaken, means=3), {Code.TAKEN}),
    "a refusal taken without a note": (other(RefusalTaken, form=ZERO32), {Code.TAKEN}),
    "a refusal taken of another's study": (other(RefusalTaken, study=lambda a: a.moved), {Code.TAKEN}),
    "a refusal taken again": (
        once_more(RefusalTaken, study=ZERO32, purposes=0b10, sequence=2),
        {Code.TAKEN},
    ),
    "a refusal taken that takes away": (
        once_more(RefusalTaken, study=ZERO32, purposes=0b100, sequence=2),
        {Code.TAKEN},
    ),
    "a refusal taken out of sequence": (
        once_more(RefusalTaken, study=ZERO32, purposes=0b110, sequence=7),
        {Code.TAKEN},
    ),
    "a taken refusal lifted by one person": (
        other(TakenRefusalLifted, second=lambda a: a.event(TakenRefusalLifted).first),
        {Code.TAKEN},
    ),
    "a taken refusal lifted without a form": (other(TakenRefusalLifted, form=ZERO32), {Code.TAKEN}),
    "a taken refusal lifted that was not there": (
        once_more(TakenRefusalLifted, sequence=3),
        {Code.TAKEN},
    ),
    "a withdrawal taken that was not one": (
        once_more(RevocationTaken, directive=word(0xD4)),
        {Code.TAKEN},
    ),
    "a withdrawal taken in no known way": (other(RevocationTaken, means=0), {Code.TAKEN}),
    "a withdrawal taken again": (once_more(RevocationTaken), {Code.TAKEN}),
    "a taken refusal lifted out of sequence": (
        other(TakenRefusalLifted, sequence=7),
        {Code.TAKEN},
    ),
    "a refusal taken of another patient's study": (
        other(RefusalTaken, study=lambda a: a.offered),
        {Code.TAKEN},
    ),
    "a refusal that the patient lifts": (
        both(refused(1 << Purpose.HMARKT, 5, 0), refused(0, 9, 0)),
        set(),
    ),
    "a withdrawal taken by a stranger": (other(RevocationTaken, by=STRANGER), {Code.TAKEN}),
    "a batch anchored twice": (once_more(BatchAnchored), {Code.BATCH}),
    "a batch of who is no custodian": (once_more(BatchAnchored, poster=C), {Code.BATCH}),
    "a batch of an institution that nobody knows": (
        once_more(BatchAnchored, poster=9),
        {Code.BATCH, Code.INSTITUTION_UNKNOWN},
    ),
    "a batch without a root": (once_more(BatchAnchored, root=ZERO32), {Code.BATCH}),
    "a release by a batch": (release("batch"), set()),
    "a release by a batch whose generation ended": (
        both(add(AllRevoked, subject=_patient, generation=2, appointment=0), release("batch")),
        {Code.RELEASE_AFTER_WITHDRAWAL, Code.ROTATION_OWED},
    ),
    "a request by a batch whose generation ended": (
        _again_in_batch,
        {Code.DECISION_DIFFERS, Code.ROTATION_OWED},
    ),
}


# Research


def approved(**fields: Any) -> Forge:
    """The project that nobody approved is, by the board, unless told."""
    usual: dict[str, Any] = {
        "project": lambda a: a.unapproved,
        "board": C,
        "until": _then(10 * DAY),
        "signer": _admin_c,
    }
    return add(ProjectApproved, **(usual | fields))


def _body(**changes: Any) -> Forge:
    """The project that nobody approved, registered with another body."""

    def forge(affairs: Affairs) -> Trail:
        at = place(affairs.trail, ProjectRegistered, project=affairs.unapproved)
        body = replace(affairs.event(ProjectRegistered, project=affairs.unapproved).body, **changes)
        number = affairs.life.world.projects.number_of(body)
        return change(affairs.trail, at, project=number, body=body, lead=body.lead)

    return forge


RESEARCH: dict[str, Found] = {
    "a project approved": (approved(), set()),
    "a project approved by who is no ethics board": (
        approved(board=A, signer=_admin_a),
        {Code.PROJECT_BOARD},
    ),
    "a project approved by a stranger's signature": (approved(signer=STRANGER), {Code.PROJECT_BOARD}),
    "a project approved by another's signature": (approved(signer=_admin_a), {Code.PROJECT_BOARD}),
    "a project approved by its partner": (
        both(_newly(Role.ETHICS_BOARD | Role.VOTER, D), approved(board=D, signer=_admin_d)),
        {Code.PROJECT_BOARD},
    ),
    "a project approved by another board than before": (
        both(
            _newly(Role.ETHICS_BOARD | Role.CUSTODIAN | Role.REQUESTER | Role.VOTER, A),
            approved(project=lambda a: a.project, board=A, signer=_admin_a, until=_then(200 * DAY)),
        ),
        {Code.PROJECT_BOARD},
    ),
    "a project approved by a suspended board": (
        both(suspended(C, _admin_c), approved()),
        {Code.INSTITUTION_STATUS},
    ),
    "a project approved for no time": (approved(until=_then(0)), {Code.PROJECT_TERM}),
    "a project approved for more than five years": (
        approved(until=_then(157_788_001)),
        {Code.PROJECT_TERM},
    ),
    "a project approved for five years": (approved(until=_then(157_788_000)), set()),
    "a project whose approval is shortened": (
        approved(project=lambda a: a.project),
        {Code.PROJECT_TERM},
    ),
    "a project approved after it was withdrawn": (
        approved(project=lambda a: a.withdrawn),
        {Code.PROJECT_STATUS},
    ),
    "a project approved that was never registered": (
        approved(project=word(3)),
        {Code.PROJECT_UNKNOWN},
    ),
    "a project withdrawn twice": (once_more(ProjectWithdrawn), {Code.PROJECT_STATUS}),
    "a project withdrawn by another": (
        add(ProjectWithdrawn, project=lambda a: a.unapproved, institution=A),
        {Code.PROJECT_PARTY},
    ),
    "a project registered twice": (once_more(ProjectRegistered), {Code.PROJECT_REPEATED}),
    "a project under another number": (
        other(ProjectRegistered, {"project": lambda a: a.unapproved}, project=word(4)),
        {Code.PROJECT_MALFORMED},
    ),
    "a project registered by who does not lead it": (
        other(ProjectRegistered, {"project": lambda a: a.unapproved}, lead=A),
        {Code.PROJECT_MALFORMED},
    ),
    "a project led by who may not ask": (_body(lead=C), {Code.PROJECT_MALFORMED}),
    "a project with its lead as a partner": (_body(partners=(B, D)), {Code.PROJECT_MALFORMED}),
    "a project whose partners are out of order": (_body(partners=(D, A)), {Code.PROJECT_MALFORMED}),
    "a project with too many codes": (
        _body(codes=tuple(word(each) for each in range(1, 10))),
        {Code.PROJECT_MALFORMED},
    ),
    "a project whose codes are out of order": (
        _body(codes=(word(2), word(1))),
        {Code.PROJECT_MALFORMED},
    ),
    "a project with no code among its codes": (
        _body(codes=(ZERO32, word(1))),
        {Code.PROJECT_MALFORMED},
    ),
    "a project with nobody among its partners": (_body(partners=(0, D)), {Code.PROJECT_MALFORMED}),
    "a project with too many partners": (
        _body(partners=tuple(range(3, 20))),
        {Code.PROJECT_MALFORMED},
    ),
    "a project led by an institution that nobody knows": (
        _body(lead=9),
        {Code.INSTITUTION_UNKNOWN},
    ),
    "a project approved by an institution that nobody knows": (
        approved(board=9),
        {Code.INSTITUTION_UNKNOWN, Code.PROJECT_BOARD},
    ),
    "a project without a protocol": (_body(protocol=ZERO32), {Code.PROJECT_MALFORMED}),
    "a project with traits that nobody knows": (_body(traits=1 << 9), {Code.PROJECT_MALFORMED}),
    "a release under a project": (release("project"), set()),
    "a release under a project that was withdrawn": (
        both(
            add(ProjectWithdrawn, project=lambda a: a.project, institution=C),
            release("project"),
        ),
        {Code.RELEASE_PROJECT},
    ),
    "a release under a project whose approval is over": (
        release("project", later=101 * DAY),
        {Code.RELEASE_PROJECT},
    ),
    "a release under a project whose board is suspended": (
        both(suspended(C, _admin_c), release("project")),
        {Code.RELEASE_PROJECT},
    ),
    "a request under a project that nobody approved": (
        lambda a: _cite(a, a.unapproved),
        {Code.DECISION_DIFFERS},
    ),
}


def _cite(affairs: Affairs, project: bytes) -> Trail:
    """The research request again, permitted, under another project."""
    asked = affairs.unserved["project"]
    like = affairs.event(AccessRequested, request=asked.id)
    query: AccessQuery = replace(asked.query, project=project)
    number = affairs.life.world.ledger.request_id(B, 9_999, query, asked.directive_hash)
    said = {"request": number, "nonce": 9_999, "query": query}
    return append(affairs.trail, AccessRequested, later=AFTER_THE_STOP, **(own_fields(like) | said))


# Emergencies


def _of_emergency(**fields: Any) -> Forge:
    return other(EmergencyRequested, **fields)


def reviewed(later: int, **fields: Any) -> Forge:
    """The review comes so much later than the last event."""
    return both(
        lambda a: drop(
            append(
                a.trail,
                EmergencyReviewed,
                later=later,
                **(own_fields(a.event(EmergencyReviewed)) | _resolved(a, fields)),
            ),
            place(a.trail, EmergencyReviewed),
        )
    )


def _opened(affairs: Affairs) -> int:
    return int(affairs.event(EmergencyRequested).timestamp)


EMERGENCIES: dict[str, Found] = {
    "an emergency by one person": (
        _of_emergency(second_person=lambda a: a.event(EmergencyRequested).person),
        {Code.EMERGENCY_PEOPLE},
    ),
    "an emergency by one account": (
        _of_emergency(second=lambda a: a.event(EmergencyRequested).first),
        {Code.EMERGENCY_PEOPLE},
    ),
    "an emergency with a stranger": (_of_emergency(second=STRANGER), {Code.EMERGENCY_PEOPLE}),
    "an emergency with another institution's": (
        _of_emergency(second=_admin_a),
        {Code.EMERGENCY_PEOPLE},
    ),
    "an emergency by nobody": (_of_emergency(second_person=ZERO32), {Code.PERSON_MISSING}),
    "an emergency twice": (
        once_more(EmergencyRequested, until=_then(60), review_by=_then(RECOMMENDED_TERMS.review_term)),
        {Code.REQUEST_REPEATED},
    ),
    "an emergency without a justification": (
        _of_emergency(justification=ZERO32),
        {Code.EMERGENCY_MALFORMED},
    ),
    "an emergency of another patient": (_of_emergency(subject=_minor), {Code.EMERGENCY_MALFORMED}),
    "an emergency under another number": (_of_emergency(nonce=6), {Code.REQUEST_ID}),
    "an emergency by a signature that is over": (_of_emergency(until=_opened), {Code.EMERGENCY_UNTIL}),
    "an emergency by a signature that is good for too long": (
        _of_emergency(until=lambda a: _opened(a) + 3_601),
        {Code.EMERGENCY_UNTIL},
    ),
    "an emergency by a signature to its last second": (
        _of_emergency(until=lambda a: _opened(a) + 1),
        set(),
    ),
    "an emergency by a signature of an hour": (_of_emergency(until=lambda a: _opened(a) + 3_600), set()),
    "an emergency that is to be reviewed later than it may": (
        _of_emergency(review_by=lambda a: a.event(EmergencyRequested).review_by + 1),
        {Code.EMERGENCY_DEADLINE},
    ),
    "an emergency that owes no review": (_of_emergency(review_by=0), {Code.EMERGENCY_DEADLINE}),
    "an emergency that nobody reviewed yet": (without(EmergencyReviewed), {Code.EMERGENCY_UNREVIEWED}),
    "an emergency that nobody reviewed in time": (
        both(
            without(EmergencyReviewed),
            add(
                OperatorSet,
                later=8 * DAY,
                institution=A,
                account=SOMEBODY,
                permissions=int(OperatorPermission.RELEASES),
            ),
        ),
        {Code.EMERGENCY_OVERDUE},
    ),
    "a late review": (reviewed(8 * DAY, late=True), {Code.REVIEW_LATE}),
    "a late review that is said to be in time": (
        reviewed(8 * DAY, late=False),
        {Code.REVIEW_LATE, Code.REVIEW_TIME},
    ),
    "a review in time that is said to be late": (reviewed(1, late=True), {Code.REVIEW_TIME}),
    "a review by an ethics board": (reviewed(1, reviewer=C), set()),
    "a review by who opened it": (reviewed(1, reviewer=B), {Code.REVIEW_NOT_ENTITLED}),
    "a review by who opened it, a board meanwhile": (
        both(
            _newly(Role.ETHICS_BOARD | Role.CUSTODIAN | Role.REQUESTER | Role.VOTER, B),
            reviewed(1, reviewer=B),
        ),
        {Code.REVIEW_NOT_ENTITLED},
    ),
    "an emergency by nobody at all": (
        _of_emergency(person=ZERO32, second_person=ZERO32),
        {Code.PERSON_MISSING},
    ),
    "a review by who has no part in it": (reviewed(1, reviewer=D), {Code.REVIEW_NOT_ENTITLED}),
    "a review by an institution that nobody knows": (
        reviewed(1, reviewer=9),
        {Code.REVIEW_NOT_ENTITLED, Code.INSTITUTION_UNKNOWN},
    ),
    "a review twice": (once_more(EmergencyReviewed), {Code.REVIEW_REPEATED}),
    "a review of no emergency": (
        once_more(EmergencyReviewed, request=word(3)),
        {Code.REVIEW_WITHOUT_EMERGENCY},
    ),
    "a review of a request": (
        once_more(EmergencyReviewed, request=lambda a: a.served["paper"].id),
        {Code.REVIEW_WITHOUT_EMERGENCY},
    ),
    "a review of a denied emergency": (
        _of_emergency(reason=30, review_by=0),
        {Code.DECISION_DIFFERS, Code.REVIEW_WITHOUT_EMERGENCY},
    ),
    "a review without a verdict": (other(EmergencyReviewed, verdict=0), {Code.REVIEW_MALFORMED}),
    "a review without a report": (other(EmergencyReviewed, report=ZERO32), {Code.REVIEW_MALFORMED}),
    "a review of another requester": (other(EmergencyReviewed, requester=A), {Code.REVIEW_MALFORMED}),
    "a review by nobody": (other(EmergencyReviewed, person=ZERO32), {Code.PERSON_MISSING}),
    "an emergency that was not justified": (
        other(EmergencyReviewed, verdict=2),
        {Code.EMERGENCY_UNJUSTIFIED},
    ),
    "an emergency released in a stop": (
        lambda a: append(a.trail, AccessReleased, **_emergency_release(a)),
        {Code.RELEASE_DURING_STOP},
    ),
}


def _number_for(affairs: Affairs, requester: int) -> bytes:
    query = AccessQuery(affairs.matters.study, int(Purpose.BTG), 1)
    return affairs.life.world.ledger.request_id(requester, 5, query, ZERO32)


def _emergency_release(affairs: Affairs) -> dict[str, Any]:
    said = {"request": affairs.emergency, "directive_hash": ZERO32, "evidence": None, "person": PERSON}
    return release_of(affairs, "guardian") | said


# Studies


def _first_manifest(affairs: Affairs) -> bytes:
    return bytes(affairs.event(StudyRotated).previous_manifest_digest)


def _present_manifest(affairs: Affairs) -> bytes:
    return bytes(affairs.event(StudyRotated).manifest_digest)


def offered(study: Callable[[Affairs], bytes], by: int, to: int) -> Forge:
    return add(CustodyOffered, study=study, custodian=by, to=to)


def taken_over(study: Callable[[Affairs], bytes], by: int, to: int) -> Forge:
    return add(CustodyTransferred, study=study, from_=by, to=to)


def _moved(affairs: Affairs) -> bytes:
    return affairs.moved


def _offered(affairs: Affairs) -> bytes:
    return affairs.offered


_THREE_TIMES_MORE = [
    each
    for by, to in ((B, A), (A, B), (B, A))
    for each in (offered(_moved, by, to), taken_over(_moved, by, to))
]

STUDIES: dict[str, Found] = {
    "a rotation back to an old manifest": (
        both(
            once_more(
                StudyRotated,
                epoch=3,
                manifest_digest=_first_manifest,
                previous_manifest_digest=_present_manifest,
            ),
            once_more(DisposalAttested, epoch=2),
        ),
        {Code.ROTATION_BACK},
    ),
    "a rotation to a new manifest": (
        both(
            once_more(
                StudyRotated,
                epoch=3,
                manifest_digest=word(0xAB),
                previous_manifest_digest=_present_manifest,
            ),
            once_more(DisposalAttested, epoch=2),
        ),
        set(),
    ),
    "a release during a stop": (release("project", later=1), {Code.RELEASE_DURING_STOP}),
    "a handover that was offered": (taken_over(_offered, A, B), set()),
    "a handover that was never offered": (
        taken_over(lambda a: a.matters.study, A, B),
        {Code.CUSTODY_NOT_OFFERED},
    ),
    "a handover by an offer that was used up": (
        both(offered(_moved, B, A), taken_over(_moved, B, A), taken_over(_moved, A, B)),
        {Code.CUSTODY_NOT_OFFERED},
    ),
    "a handover by an offer that was taken back": (
        both(offered(_offered, A, 0), taken_over(_offered, A, B)),
        {Code.CUSTODY_NOT_OFFERED},
    ),
    "a handover to another than it was offered to": (
        taken_over(_offered, A, C),
        {Code.CUSTODY_NOT_OFFERED, Code.STUDY_CUSTODIAN},
    ),
    "a handover by who does not hold it": (taken_over(_offered, B, A), {Code.STUDY_CUSTODIAN}),
    "a handover to who may not hold it": (
        both(offered(_offered, A, D), taken_over(_offered, A, D)),
        {Code.STUDY_CUSTODIAN},
    ),
    "a handover of what was erased": (
        both(
            add(StudyErased, study=_offered, custodian=A, certificate=word(1)),
            once_more(DisposalAttested, study=_offered),
            taken_over(_offered, A, B),
        ),
        {Code.STUDY_STATUS},
    ),
    "an offer of what was erased": (
        both(
            add(StudyErased, study=_offered, custodian=A, certificate=word(1)),
            once_more(DisposalAttested, study=_offered),
            offered(_offered, A, B),
        ),
        {Code.STUDY_STATUS},
    ),
    "an offer of no study": (offered(lambda _: word(8), A, B), {Code.STUDY_UNKNOWN}),
    "a handover of no study": (taken_over(lambda _: word(8), A, B), {Code.STUDY_CUSTODIAN}),
    "an offer to nobody known": (offered(_offered, A, 99), {Code.CUSTODY_OFFER}),
    "an offer to oneself": (offered(_offered, A, A), {Code.CUSTODY_OFFER}),
    "an offer by another": (offered(_offered, B, A), {Code.STUDY_CUSTODIAN}),
    "a fourth handover": (both(*_THREE_TIMES_MORE), set()),
    "an offer after four handovers": (
        both(*_THREE_TIMES_MORE, offered(_moved, A, B)),
        {Code.CUSTODY_OFFER},
    ),
}

FORGERIES: dict[str, Found] = {
    **VOTES,
    **GUARDIANS,
    **RECOVERIES,
    **CONSENTS,
    **RESEARCH,
    **EMERGENCIES,
    **STUDIES,
}
