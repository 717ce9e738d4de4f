"""Steps 1 to 11 of docs/policy.md, the floor: each reason as the only one, and the order.

That the whole agrees with the reference model on everything else is tested in tests/agreement.
"""

from typing import Any

import pytest
from eth_abi import encode
from eth_utils import keccak
from scenario import (
    ALICE,
    ANY_GRANTEE,
    ANY_GRANTEE_LATER_TOO,
    BOARD_E,
    BOB,
    COMPANY_C,
    CT,
    CUSTODIAN,
    DAY,
    HOSPITAL_A,
    HOSPITAL_B,
    HOSPITAL_D,
    MAX_TERM,
    MR,
    PURPOSE,
    REASON,
    REQUESTER,
    START,
    STRANGE_HOSPITAL,
    TERMS,
    ZERO32,
    Domain,
    cited,
    digest,
    directive_of,
    modifiers,
    no_directive,
    query_of,
    table,
)

PARENT = {row["code"]: row["parent"] for row in table("purposes")}


@pytest.fixture
def decide(ledger, record, study):
    """Decide about a directive that was recorded; both changed as the test needs it."""

    def decide_(requester: int = HOSPITAL_B, query: Any = None, **changes: Any) -> int:
        directive = directive_of(study, **({"salt": digest("decide")} | changes))
        if directive["subject"] == ALICE.address:
            record(directive)
        return ledger.decide(requester, query_of(study) | (query or {}), *cited(directive))

    return decide_


@pytest.fixture
def decide_again(ledger, study):
    """Decide about a directive that is recorded already, or is not to be."""

    def decide_again_(directive: Any, requester: int = HOSPITAL_B, **query: Any) -> int:
        return ledger.decide(requester, query_of(study) | query, *cited(directive))

    return decide_again_


def test_permits(decide):
    assert decide() == REASON.PERMITTED


# 1 study


def test_denies_an_unknown_study(decide):
    assert decide(query={"study": digest("nothing")}) == REASON.STUDY_UNKNOWN


def test_denies_a_withdrawn_study_until_it_is_reinstated(
    studies, study, people, directive, directive_hash, decide_again
):
    studies.withdraw(study, sender=people.hospital_a)
    assert decide_again(directive) == REASON.STUDY_WITHDRAWN
    studies.reinstate(study, sender=people.hospital_a)
    assert decide_again(directive) == REASON.PERMITTED


def test_denies_an_erased_study(studies, study, people, directive, directive_hash, decide_again):
    studies.erase(study, digest("certificate"), sender=people.hospital_a)
    assert decide_again(directive) == REASON.STUDY_ERASED


# 3 requester


@pytest.mark.parametrize("requester", [0, STRANGE_HOSPITAL, 2**32 - 1])
def test_denies_an_unknown_requester(decide, requester):
    assert decide(requester, grantee=ANY_GRANTEE_LATER_TOO) == REASON.REQUESTER_NOT_ACTIVE


def test_denies_a_suspended_requester(institutions, people, directive, directive_hash, decide_again):
    institutions.suspendSelf(sender=people.hospital_b)
    assert decide_again(directive) == REASON.REQUESTER_NOT_ACTIVE


def test_denies_an_institution_without_the_requester_role(decide):
    assert decide(BOARD_E, grantee=BOARD_E) == REASON.REQUESTER_LACKS_ROLE


# 4 custodian


def test_denies_what_a_suspended_custodian_holds(
    institutions, people, directive, directive_hash, decide_again
):
    institutions.suspendSelf(sender=people.hospital_a)
    assert decide_again(directive) == REASON.CUSTODIAN_NOT_ACTIVE


def test_denies_a_directive_for_another_custodian(decide):
    assert decide(custodian=HOSPITAL_D) == REASON.CUSTODIAN_DIFFERS


def test_does_not_look_at_the_custodian_of_no_directive(decide_again):
    assert decide_again(no_directive() | {"custodian": HOSPITAL_D}) == REASON.DIRECTIVE_ABSENT


# 5 refusals


@pytest.mark.parametrize("scope", ["everybody", "custodian", "study", "grantee"])
def test_denies_what_is_refused_in_any_scope(study, directive, directive_hash, refuse, decide_again, scope):
    of = {"custodian": HOSPITAL_A, "study": study, "grantee": HOSPITAL_B}
    refuse(1 << PURPOSE.TREAT, **({} if scope == "everybody" else {scope: of[scope]}))
    assert decide_again(directive) == REASON.REFUSED_BY_PATIENT


def test_denies_nothing_that_is_refused_in_another_scope(directive, directive_hash, refuse, decide_again):
    every = 2**64 - 1
    refuse(every, custodian=HOSPITAL_D)
    refuse(every, study=digest("another"))
    refuse(every, grantee=COMPANY_C)
    refuse(every, patient=BOB)
    assert decide_again(directive) == REASON.PERMITTED


def test_permits_again_once_a_refusal_is_lifted(directive, directive_hash, refuse, decide_again):
    refuse(1 << PURPOSE.TREAT, sequence=1)
    refuse(0, sequence=2)
    assert decide_again(directive) == REASON.PERMITTED


def test_refuses_the_descendants_of_a_refused_purpose_and_no_ancestor(
    directive, directive_hash, refuse, decide_again
):
    refuse(1 << PURPOSE.ETREAT)
    refused = {
        code
        for code, index in vars(PURPOSE).items()
        if decide_again(directive, purpose=index) == REASON.REFUSED_BY_PATIENT
    }
    assert refused == {"ETREAT", "BTG", "ERTREAT"}


@pytest.mark.parametrize(
    ("purpose", "expected"),
    [
        (59, REASON.REFUSED_BY_PATIENT),
        (63, REASON.REFUSED_BY_PATIENT),
        (64, REASON.PURPOSE_UNKNOWN),
        (128, REASON.PURPOSE_UNKNOWN),
        (255, REASON.PURPOSE_UNKNOWN),
    ],
)
def test_refuses_an_unknown_purpose_by_its_own_bit_only(
    directive, directive_hash, refuse, decide_again, purpose, expected
):
    refuse(2**64 - 1)
    assert decide_again(directive, purpose=purpose) == expected


@pytest.fixture
def handed_over(studies, study, people):
    """Hospital A hands the study over to hospital D."""
    studies.offerCustody(study, HOSPITAL_D, sender=people.hospital_a)
    studies.acceptCustody(study, sender=people.hospital_d)


def test_denies_what_names_the_custodian_before(handed_over, directive, decide, decide_again):
    assert decide_again(directive) == REASON.CUSTODIAN_DIFFERS
    assert decide(custodian=HOSPITAL_D) == REASON.PERMITTED


@pytest.mark.parametrize("custodian", [HOSPITAL_A, HOSPITAL_D])
def test_counts_what_is_refused_of_a_custodian_and_of_those_before(
    handed_over, ledger, study, refuse, decide, custodian
):
    """In an emergency too: handing a study over lifts nothing."""
    refuse(1 << PURPOSE.TREAT, custodian=custodian)
    assert decide(custodian=HOSPITAL_D) == REASON.REFUSED_BY_PATIENT
    assert ledger.decideEmergency(HOSPITAL_B, study, CT) == REASON.REFUSED_BY_PATIENT


# 6 directive


def test_denies_without_a_directive(decide_again):
    assert decide_again(no_directive()) == REASON.DIRECTIVE_ABSENT


def test_looks_at_nothing_of_a_directive_without_a_subject(directive, directive_hash, decide_again):
    junk = directive | {"subject": "0x" + "00" * 20, "expiry": 0, "modifiers": modifiers((9, ZERO32)) * 9}
    assert decide_again(junk) == REASON.DIRECTIVE_ABSENT


@pytest.mark.parametrize(
    "change",
    [
        {"expiry": 0},
        {"notBefore": 0, "expiry": 0},
        {"notBefore": START, "expiry": START},
        {"notBefore": START + 1, "expiry": START},
        {"notBefore": 2**64 - 1, "expiry": 1},
        {"notBefore": START - DAY, "expiry": START - DAY + MAX_TERM + 1},
        {"notBefore": 0, "expiry": 2**64 - 1},
        {"modifiers": modifiers(*((code, ZERO32) for code in range(101, 110)))},
        {"modifiers": modifiers((19, ZERO32), (19, ZERO32))},
        {"modifiers": modifiers((20, ZERO32), (19, ZERO32))},
        {"modifiers": modifiers((19, ZERO32), (21, ZERO32), (20, ZERO32))},
        {"modifiers": modifiers(*((code, ZERO32) for code in (101, 102, 103, 104, 105, 106, 107, 107)))},
    ],
)
def test_denies_a_malformed_directive(decide, change):
    assert decide(**change) == REASON.DIRECTIVE_MALFORMED


def test_permits_the_longest_term(decide):
    assert decide(notBefore=START - DAY, expiry=START - DAY + MAX_TERM) == REASON.PERMITTED


def test_permits_the_most_modifiers(decide):
    eight = modifiers(
        (0, ZERO32), (1, ZERO32), (2, ZERO32), (3, ZERO32), (4, ZERO32), (5, ZERO32), (6, ZERO32), (7, ZERO32)
    )
    assert decide(modifiers=eight) == REASON.MODIFIER_UNDECIDABLE


def test_denies_the_directive_of_another_patient(decide):
    assert decide(subject=BOB.address) == REASON.SUBJECT_DIFFERS


def test_denies_the_directive_of_another_patient_also_when_it_is_recorded(study, record, decide_again):
    """Bob can't allow what is Alice's."""
    of_bob = directive_of(study, subject=BOB.address)
    record(of_bob, patient=BOB)
    assert decide_again(of_bob) == REASON.SUBJECT_DIFFERS


def test_denies_a_directive_in_alices_name_that_bob_recorded(consents, study, domain, people, decide_again):
    forged = directive_of(study, salt=digest("forged"))
    forged_hash = domain.struct_hash("Directive", forged)
    consents.record(BOB.address, forged_hash, 0, BOB.sign(domain, "Directive", forged), sender=people.eve)
    assert decide_again(forged) == REASON.DIRECTIVE_NOT_RECORDED


def test_denies_a_directive_that_is_not_recorded(study, decide_again):
    assert decide_again(directive_of(study, salt=digest("drawer"))) == REASON.DIRECTIVE_NOT_RECORDED


@pytest.mark.parametrize(
    "change",
    [
        {"study": ZERO32},
        {"grantee": ANY_GRANTEE_LATER_TOO},
        {"categories": CT | MR},
        {"purposes": 2**64 - 1},
        {"permission": 4},
        {"notBefore": START - 2 * DAY},
        {"expiry": START + 301 * DAY},
        {"salt": digest("another")},
        {"modifiers": modifiers((19, ZERO32))},
        {"generation": 1},
        {"vocabulary": 2},
    ],
    ids=lambda change: next(iter(change)),
)
def test_denies_a_body_that_is_not_the_one_recorded(directive, directive_hash, decide_again, change):
    assert decide_again(directive | change) == REASON.DIRECTIVE_NOT_RECORDED


def test_denies_a_directive_that_was_withdrawn(directive, directive_hash, revoke, decide_again):
    revoke(directive_hash)
    assert decide_again(directive) == REASON.DIRECTIVE_REVOKED


def test_denies_as_withdrawn_what_was_never_recorded(study, revoke, domain, decide_again):
    in_a_drawer = directive_of(study, salt=digest("drawer"))
    revoke(domain.struct_hash("Directive", in_a_drawer))
    assert decide_again(in_a_drawer) == REASON.DIRECTIVE_REVOKED


def test_denies_all_directives_of_generations_before(directive, directive_hash, revoke_all, decide_again):
    revoke_all(1)
    assert decide_again(directive) == REASON.GENERATION_PAST


def test_denies_what_is_recorded_only_after_all_was_withdrawn(study, record, revoke_all, decide_again):
    kept_back = directive_of(study, salt=digest("kept back by a relay"))
    revoke_all(1)
    record(kept_back)
    assert decide_again(kept_back) == REASON.GENERATION_PAST


def test_denies_a_generation_that_is_not_there_yet(decide):
    assert decide(generation=1) == REASON.GENERATION_PAST


def test_permits_a_directive_of_the_new_generation(study, record, revoke_all, decide_again):
    revoke_all(1)
    anew = directive_of(study, generation=1)
    record(anew)
    assert decide_again(anew) == REASON.PERMITTED


# 7 time


@pytest.mark.parametrize(
    ("not_before", "expiry", "expected"),
    [
        (1_001, 2_000, REASON.NOT_YET_VALID),
        (1_000, 2_000, REASON.PERMITTED),
        (999, 1_001, REASON.PERMITTED),
        (500, 1_000, REASON.EXPIRED),
        (500, 999, REASON.EXPIRED),
    ],
)
def test_is_valid_from_not_before_until_before_expiry(
    ledger, chain, people, study, record, person, not_before, expiry, expected
):
    directive = directive_of(study, notBefore=START + not_before, expiry=START + expiry)
    record(directive)
    chain.pending_timestamp = START + 1_000
    receipt = ledger.request(9, query_of(study), *cited(directive), person, sender=people.hospital_b)
    assert receipt.return_value.reason == expected
    assert chain.blocks.head.timestamp == START + 1_000


# 8 scope


def test_denies_a_directive_for_another_study(decide):
    assert decide(study=digest("another")) == REASON.STUDY_NOT_COVERED


def test_permits_a_directive_for_the_whole_record(decide):
    assert decide(study=ZERO32) == REASON.PERMITTED


# 9 grantee


def test_denies_whom_the_directive_does_not_name(decide):
    assert decide(COMPANY_C) == REASON.GRANTEE_DIFFERS


@pytest.mark.parametrize("requester", [HOSPITAL_A, HOSPITAL_B, COMPANY_C, HOSPITAL_D])
def test_permits_any_requester_that_was_one_before(decide, requester):
    assert decide(requester, grantee=ANY_GRANTEE) == REASON.PERMITTED


@pytest.mark.parametrize(
    ("founded", "expected"),
    [(-1, REASON.PERMITTED), (0, REASON.GRANTEE_JOINED_LATER), (1, REASON.GRANTEE_JOINED_LATER)],
)
def test_denies_requesters_that_came_after_the_recording_or_with_it(
    project, chain, people, institutions, studies, projects, founded, expected
):
    """The ConsentRegistry of an older consortium, to which the institutions are unknown: they come a second
    before a directive is recorded, in the same second, or a second after it.
    """
    consents = people.relay.deploy(project.ConsentRegistry, institutions, studies)
    study = bytes(keccak(encode(["uint32", "bytes32"], [HOSPITAL_A, digest("local")])))
    domain = Domain(chain.chain_id, consents.address)

    def record_all() -> None:
        chain.pending_timestamp = START + 1_000
        for grantee in (ANY_GRANTEE, ANY_GRANTEE_LATER_TOO, HOSPITAL_B):
            directive = directive_of(study, grantee=grantee)
            directive_hash = domain.struct_hash("Directive", directive)
            signature = ALICE.sign(domain, "Directive", directive)
            consents.record(ALICE.address, directive_hash, 0, signature, sender=people.relay)
            chain.pending_timestamp = START + 1_000

    def found() -> Any:
        chain.pending_timestamp = START + 1_000 + founded
        admins = [(people.hospital_a, CUSTODIAN, b"GB", 1), (people.hospital_b, REQUESTER, b"GB", 1)]
        return people.relay.deploy(project.InstitutionRegistry, admins, TERMS)

    if founded < 0:
        institutions = found()
        record_all()
    else:
        record_all()
        institutions = found()
    assert institutions.institution(HOSPITAL_B).requesterSince == START + 1_000 + founded
    studies = people.relay.deploy(project.StudyRegistry, institutions)
    engine = people.relay.deploy(project.PolicyEngine, institutions, projects, 1)
    ledger = people.relay.deploy(project.AccessLedger, institutions, studies, consents, engine)
    studies.register(digest("local"), ALICE.address, CT, digest("m"), digest("c"), sender=people.hospital_a)

    def decide(grantee: int) -> int:
        return ledger.decide(HOSPITAL_B, query_of(study), *cited(directive_of(study, grantee=grantee)))

    assert decide(ANY_GRANTEE) == expected
    assert decide(ANY_GRANTEE_LATER_TOO) == REASON.PERMITTED
    assert decide(HOSPITAL_B) == REASON.PERMITTED


# 10 categories


@pytest.mark.parametrize("asked", [0, MR])
def test_denies_who_did_not_ask_for_all_that_is_in_the_study(decide, asked):
    assert decide(query={"categories": asked}, categories=CT | MR) == REASON.CATEGORY_NOT_ASKED


@pytest.mark.parametrize("granted", [0, MR, ~CT & (2**64 - 1)])
def test_denies_what_the_directive_does_not_grant(decide, granted):
    assert decide(categories=granted) == REASON.CATEGORY_NOT_GRANTED


def test_denies_who_asks_for_more_than_is_granted(decide):
    assert decide(query={"categories": CT | MR}) == REASON.CATEGORY_NOT_GRANTED


def test_permits_who_asks_for_more_than_is_in_the_study(decide):
    assert decide(query={"categories": CT | MR}, categories=CT | MR) == REASON.PERMITTED


# 11 purpose


@pytest.mark.parametrize("purpose", [59, 63, 64, 255])
def test_denies_a_purpose_that_nobody_knows(decide, purpose):
    assert decide(query={"purpose": purpose}, purposes=2**64 - 1) == REASON.PURPOSE_UNKNOWN


def test_covers_each_purpose_by_itself_and_its_ancestors_only(decide_again, record, study):
    """A root, a branch and a leaf, in both words of the table of parents."""
    ancestors = {}
    for code, parent in PARENT.items():
        ancestors[code] = {code} | (ancestors[parent] if parent else set())
    for code in ("TREAT", "CLINTRCH", "HTEST", "COVERAGE"):
        directive = directive_of(
            study, purposes=1 << getattr(PURPOSE, code), permission=4, salt=digest(f"grant {code}")
        )
        record(directive)
        covered = {
            other
            for other, index in vars(PURPOSE).items()
            if decide_again(directive, purpose=index) == REASON.PERMITTED
        }
        assert covered == {other for other in PARENT if code in ancestors[other]}


def test_denies_without_any_purpose(decide):
    assert decide(purposes=0) == REASON.PURPOSE_NOT_GRANTED


# the order


def test_takes_the_steps_in_their_order(
    ledger, institutions, studies, consents, people, study, record, refuse, revoke, domain
):
    """Everything fails at once; each check that is put right shows the next one."""
    wrong = directive_of(
        study,
        subject=BOB.address,
        custodian=HOSPITAL_D,
        study=digest("another"),
        grantee=COMPANY_C,
        categories=0,
        purposes=0,
        vocabulary=2,
        generation=1,
        notBefore=START + 20 * DAY,
        expiry=START + 20 * DAY,
    )
    query = query_of(study, purpose=60, categories=MR)
    refuse(1 << 60)

    def reason(requester: int = BOARD_E, **right: Any) -> int:
        query.update({name: right.pop(name) for name in ("purpose",) if name in right})
        wrong.update(right)
        return ledger.decide(requester, query, *cited(wrong))

    assert reason(STRANGE_HOSPITAL) == REASON.REQUESTER_NOT_ACTIVE
    assert reason(BOARD_E) == REASON.REQUESTER_LACKS_ROLE
    assert reason(HOSPITAL_B) == REASON.CUSTODIAN_DIFFERS
    assert reason(HOSPITAL_B, custodian=HOSPITAL_A) == REASON.REFUSED_BY_PATIENT
    refuse(0, sequence=2)
    assert reason(HOSPITAL_B) == REASON.DIRECTIVE_MALFORMED
    assert reason(HOSPITAL_B, expiry=START + 21 * DAY) == REASON.SUBJECT_DIFFERS
    assert reason(HOSPITAL_B, subject=ALICE.address) == REASON.DIRECTIVE_NOT_RECORDED
    record(wrong)
    assert reason(HOSPITAL_B) == REASON.GENERATION_PAST
    wrong["generation"] = 0
    record(wrong)
    assert reason(HOSPITAL_B) == REASON.NOT_YET_VALID
    wrong.update({"notBefore": START - 20 * DAY, "expiry": START - 10 * DAY})
    record(wrong)
    assert reason(HOSPITAL_B) == REASON.EXPIRED
    wrong["expiry"] = START + 20 * DAY
    record(wrong)
    assert reason(HOSPITAL_B) == REASON.STUDY_NOT_COVERED
    wrong["study"] = study
    record(wrong)
    assert reason(HOSPITAL_B) == REASON.GRANTEE_DIFFERS
    wrong["grantee"] = HOSPITAL_B
    record(wrong)
    assert reason(HOSPITAL_B) == REASON.CATEGORY_NOT_ASKED
    query["categories"] = CT
    assert reason(HOSPITAL_B) == REASON.CATEGORY_NOT_GRANTED
    wrong["categories"] = CT
    record(wrong)
    assert reason(HOSPITAL_B) == REASON.PURPOSE_UNKNOWN
    assert reason(HOSPITAL_B, purpose=PURPOSE.TREAT) == REASON.PURPOSE_NOT_GRANTED
    wrong["purposes"] = 1
    record(wrong)
    assert reason(HOSPITAL_B) == REASON.VOCABULARY_UNKNOWN
    wrong["vocabulary"] = 1
    directive_hash = record(wrong)
    assert reason(HOSPITAL_B) == REASON.PERMITTED
    revoke(directive_hash)
    assert reason(HOSPITAL_B, generation=0) == REASON.DIRECTIVE_REVOKED
    institutions.suspendSelf(sender=people.hospital_a)
    assert reason(HOSPITAL_B) == REASON.CUSTODIAN_NOT_ACTIVE
    assert reason(STRANGE_HOSPITAL) == REASON.REQUESTER_NOT_ACTIVE


def test_looks_at_a_study_before_anything_else(studies, people, study, decide_again):
    studies.withdraw(study, sender=people.hospital_a)
    assert decide_again(no_directive(), STRANGE_HOSPITAL) == REASON.STUDY_WITHDRAWN


def test_looks_at_withdrawn_before_generation_and_time(
    directive, directive_hash, revoke, revoke_all, chain, decide_again
):
    revoke(directive_hash)
    revoke_all(1)
    chain.mine(timestamp=START + 400 * DAY)
    assert decide_again(directive) == REASON.DIRECTIVE_REVOKED
