"""Consents that a batch shows, that a guardian gave, or that stand on paper, as the ledger decides them."""

from typing import Any

import pytest
from consenting import Consenting, chain_of
from scenario import (
    ALICE,
    ANY_GRANTEE,
    BOB,
    COMPANY_C,
    DAY,
    GUARDIAN,
    HOSPITAL_B,
    HOSPITAL_D,
    NO_EVIDENCE,
    PURPOSE,
    REASON,
    START,
    TERMS,
    YEAR,
    ZERO32,
    cited,
    digest,
    events_of,
    query_of,
    release_of,
    reverts,
)

PAPER_DELAY = TERMS["paperDelay"]
LONGEST_PAPER = 31_557_600


@pytest.fixture
def decide(ledger, study):
    """What the ledger answers to hospital B."""

    def decide_(
        directive: Any, evidence: Any = NO_EVIDENCE, requester: int = HOSPITAL_B, **query: Any
    ) -> int:
        return ledger.decide(requester, query_of(study) | query, *cited(directive, evidence))

    return decide_


@pytest.fixture
def batch(consenting):
    """A directive of Alice's that nobody recorded, in a batch of depth 3 that hospital A anchored."""

    def batch_(signer: Any = ALICE, appointment: int = 0, **changes: Any) -> tuple[Any, Any]:
        directive = consenting.directive("in a batch", **changes)
        root, path = chain_of(consenting.leaf(directive), 3)
        consenting.anchor(root)
        return directive, consenting.evidence(directive, path, root, signer, appointment=appointment)

    return batch_


# A batch


def test_permits_what_a_batch_shows_and_writes_the_evidence(
    ledger, batch, decide, study, people, person, consenting
):
    directive, evidence = batch()
    assert decide(directive, evidence) == REASON.PERMITTED
    receipt = ledger.request(
        2, query_of(study), *cited(directive, evidence), person, sender=people.hospital_b
    )
    ((_, event),) = events_of(receipt)
    assert event["reason"] == REASON.PERMITTED
    assert [bytes(part) if isinstance(part, bytes) else part for part in event["evidence"]] == list(evidence)


def test_permits_by_no_batch_that_is_not_cited_or_not_anchored(batch, decide, consenting):
    """A leaf that is withheld permits nothing."""
    directive, evidence = batch()
    assert decide(directive) == REASON.DIRECTIVE_NOT_RECORDED
    poster, root, *rest = evidence
    for changed in (
        (HOSPITAL_D, root, *rest),
        (poster, digest("not anchored"), *rest),
        (poster, ZERO32, *rest),
    ):
        assert decide(directive, changed) == REASON.DIRECTIVE_NOT_RECORDED


def test_denies_bad_evidence(batch, decide, consenting, people):
    directive, evidence = batch()
    poster, root, path, appointment, signature = evidence
    by_bob = BOB.sign(consenting.domain, "Directive", directive)
    of_another = ALICE.sign(consenting.domain, "Directive", consenting.directive("another one"))
    bad = [
        (poster, root, path[:-1], appointment, signature),
        (poster, root, [*path, ZERO32], appointment, signature),
        (poster, root, path[::-1], appointment, signature),
        (poster, root, path, appointment, by_bob),
        (poster, root, path, appointment, of_another),
        (poster, root, path, appointment, b""),
        (poster, root, path, 1, signature),
    ]
    for changed in bad:
        assert decide(directive, changed) == REASON.EVIDENCE_INVALID
    # Another institution anchors the same root: a leaf names its poster, so it is not theirs.
    consenting.anchor(root, people.hospital_d)
    assert decide(directive, (HOSPITAL_D, root, path, appointment, signature)) == REASON.EVIDENCE_INVALID
    # A directive that the batch does not hold.
    other = consenting.directive("not in it")
    assert decide(other, (poster, root, path, appointment, signature)) == REASON.EVIDENCE_INVALID


def test_counts_a_batch_from_its_anchoring(batch, decide, ledger, consenting, people, institutions, carry):
    """Who became a requester in or after that second came later."""
    directive, evidence = batch(grantee=ANY_GRANTEE)
    assert decide(directive, evidence, COMPANY_C) == REASON.PERMITTED
    carry(action=4, institution=5, roles=2 | 4, country=b"GB", attributes=1)
    assert decide(directive, evidence, 5) == REASON.GRANTEE_JOINED_LATER


def test_denies_what_was_withdrawn_before_or_after_the_anchoring(batch, decide, consenting):
    directive = consenting.directive("in a batch")
    consenting.revoke(consenting.hash(directive))
    directive, evidence = batch()
    assert decide(directive, evidence) == REASON.DIRECTIVE_REVOKED
    poster, root, path, appointment, _ = evidence
    assert decide(directive, (poster, root, path, appointment, b"")) == REASON.DIRECTIVE_REVOKED


def test_denies_a_batch_of_another_generation(batch, decide, consenting):
    """Also one that was signed for the next generation, and anchored before it began."""
    directive, evidence = batch()
    ahead, evidence_ahead = batch(generation=1)
    assert decide(ahead, evidence_ahead) == REASON.GENERATION_PAST
    consenting.revoke_all(1)
    assert decide(directive, evidence) == REASON.GENERATION_PAST
    assert decide(ahead, evidence_ahead) == REASON.GENERATION_PAST


def test_permits_a_batch_of_the_generation_that_was_anchored_in_it(batch, decide, consenting, chain):
    consenting.revoke_all(1)
    chain.pending_timestamp += 10
    directive, evidence = batch(generation=1)
    assert decide(directive, evidence) == REASON.PERMITTED


def test_releases_by_the_evidence_only(ledger, batch, study, people, person, consenting):
    directive, evidence = batch()
    asked = ledger.request(2, query_of(study), *cited(directive, evidence), person, sender=people.hospital_b)
    request = bytes(asked.return_value.id)
    with reverts(ledger.AccessLedger_Denied, request=request, reason=REASON.DIRECTIVE_NOT_RECORDED):
        ledger.release(2, query_of(study), *cited(directive), release_of(), sender=people.hospital_a)
    other, path = chain_of(consenting.leaf(directive), 4)
    consenting.anchor(other)
    again = consenting.evidence(directive, path, other)
    receipt = ledger.release(
        2, query_of(study), *cited(directive, again), release_of(), sender=people.hospital_a
    )
    ((_, event),) = events_of(receipt)
    assert [bytes(part) if isinstance(part, bytes) else part for part in event["evidence"]] == list(again)
    assert event["evidence"][1] != evidence[1]
    assert ledger.requestOf(request).servedEpoch == 1


# A guardian


def test_permits_what_a_guardian_gave_while_the_appointment_lasts(decide, consenting, chain):
    consenting.appoint()
    directive = consenting.directive("by a guardian", expiry=START + 3 * YEAR)
    consenting.record(directive, GUARDIAN, 1)
    assert decide(directive) == REASON.PERMITTED
    consenting.at(START + YEAR - 1)
    assert decide(directive) == REASON.PERMITTED
    consenting.at(START + YEAR)
    assert decide(directive) == REASON.GUARDIAN_ENDED


def test_denies_what_a_guardian_gave_who_was_dismissed(decide, consenting, batch):
    consenting.appoint()
    directive = consenting.directive("by a guardian")
    consenting.record(directive, GUARDIAN, 1)
    in_a_batch, evidence = batch(GUARDIAN, 1)
    assert (decide(directive), decide(in_a_batch, evidence)) == (REASON.PERMITTED, REASON.PERMITTED)
    consenting.dismiss()
    assert decide(directive) == REASON.GUARDIAN_ENDED
    assert decide(in_a_batch, evidence) == REASON.GUARDIAN_ENDED


def test_denies_what_an_attested_guardian_gave_once_the_patient_signs(decide, consenting):
    consenting.attest()
    directive = consenting.directive("by the mother")
    consenting.record(directive, GUARDIAN, 1)
    assert decide(directive) == REASON.PERMITTED
    consenting.end_paper()
    assert decide(directive) == REASON.GUARDIAN_ENDED


def test_denies_what_a_guardian_gave_for_another_custodian(decide, batch, consenting):
    """Or, in a batch, without the power to allow."""
    consenting.appoint(custodian=HOSPITAL_D)
    directive, evidence = batch(GUARDIAN, 1)
    assert decide(directive, evidence) == REASON.AUTHORITY_EXCEEDED


def test_denies_what_a_guardian_gave_who_may_only_withdraw(decide, batch, consenting):
    consenting.appoint(powers=0)
    directive, evidence = batch(GUARDIAN, 1)
    assert decide(directive, evidence) == REASON.AUTHORITY_EXCEEDED


def test_denies_what_a_guardian_withdrew_or_refused(decide, consenting, directive, directive_hash):
    """A guardian may always deny, what the patient allowed too."""
    consenting.appoint(powers=0)
    consenting.refuse(1 << PURPOSE.TREAT, GUARDIAN, 1, grantee=HOSPITAL_B)
    assert decide(directive) == REASON.REFUSED_BY_PATIENT
    consenting.refuse(0, grantee=HOSPITAL_B, sequence=2)
    assert decide(directive) == REASON.PERMITTED
    consenting.revoke(directive_hash, GUARDIAN, 1)
    assert decide(directive) == REASON.DIRECTIVE_REVOKED


# Paper


@pytest.fixture
def bob(chain, consents, domain, people, study):
    """What Bob says, once he has a key."""
    return Consenting(chain, consents, domain, people, study, BOB)


@pytest.fixture
def on_paper(consenting, studies, people, decide):
    """A directive of Bob's, who has no key, for his own study; how it is decided."""
    study = consenting.register(studies, "of Bob", BOB.address)

    def on_paper_(name: str = "on paper", **changes: Any) -> tuple[Any, Any]:
        directive = consenting.directive(name, subject=BOB.address, **({"study": study} | changes))
        consenting.paper(directive)
        recorded = consenting.consents.commitment(BOB.address, consenting.hash(directive)).recordedAt

        def ask(after: int) -> int:
            consenting.at(recorded + after)
            return decide(directive, study=study)

        return directive, ask

    return on_paper_


def test_permits_paper_once_its_delay_is_over(on_paper):
    _, ask = on_paper()
    assert ask(1) == REASON.PAPER_TOO_NEW
    assert ask(PAPER_DELAY - 1) == REASON.PAPER_TOO_NEW
    assert ask(PAPER_DELAY) == REASON.PERMITTED


@pytest.mark.parametrize(
    ("term", "expected"), [(LONGEST_PAPER, REASON.PERMITTED), (LONGEST_PAPER + 1, REASON.DIRECTIVE_MALFORMED)]
)
def test_denies_paper_for_more_than_a_year(on_paper, term, expected):
    _, ask = on_paper(notBefore=START - DAY, expiry=START - DAY + term)
    assert ask(PAPER_DELAY) == expected


def test_denies_paper_once_the_patient_signs(on_paper, bob):
    _, ask = on_paper()
    assert ask(PAPER_DELAY) == REASON.PERMITTED
    bob.end_paper()
    assert ask(PAPER_DELAY + 10) == REASON.PAPER_ENDED


def test_denies_paper_that_names_another_custodian_than_the_one_that_recorded_it(
    on_paper, consenting, decide, studies, people
):
    """Hospital A records it of a study that hospital D holds."""
    study = consenting.register(studies, "of Bob at D", BOB.address, people.hospital_d)
    directive = consenting.directive("on paper", subject=BOB.address, study=study, custodian=HOSPITAL_D)
    consenting.paper(directive)
    assert decide(directive, study=study) == REASON.AUTHORITY_EXCEEDED


def test_denies_what_the_hospital_took_back_or_a_refusal_that_it_took(on_paper, consenting):
    directive, ask = on_paper()
    assert ask(PAPER_DELAY) == REASON.PERMITTED
    consenting.take_refusal(1 << PURPOSE.TREAT, subject=BOB.address)
    assert ask(PAPER_DELAY + 10) == REASON.REFUSED_BY_PATIENT
    consenting.take_revocation(directive)
    assert ask(PAPER_DELAY + 20) == REASON.REFUSED_BY_PATIENT


def test_takes_its_steps_in_their_order(on_paper, consenting, bob):
    """41, then 44, then 45, then 48, then 50, then 52."""
    start = START + 2 * DAY
    longer, of_longer = on_paper("longer", notBefore=start, expiry=start + LONGEST_PAPER + 1, generation=1)
    next_one, of_next = on_paper("next", notBefore=start, generation=1)
    _, of_later = on_paper("later", notBefore=start)
    assert of_longer(10) == REASON.DIRECTIVE_MALFORMED
    assert of_next(20) == REASON.GENERATION_PAST
    assert of_later(30) == REASON.NOT_YET_VALID
    bob.end_paper()
    assert of_later(40) == REASON.PAPER_ENDED
    assert of_next(50) == REASON.GENERATION_PAST
    for directive in (longer, next_one):
        consenting.take_revocation(directive)
    assert of_longer(60) == REASON.DIRECTIVE_MALFORMED
    assert of_next(70) == REASON.DIRECTIVE_REVOKED
