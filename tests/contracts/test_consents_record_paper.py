import pytest
from consenting import FORM, ON_PAPER, OWN_KEY, PAPER, SIGNED, unsigned
from scenario import (
    ALICE,
    BOB,
    DAY,
    GUARDIAN,
    HARRY,
    HOSPITAL_A,
    HOSPITAL_D,
    NEW_KEY,
    REASON,
    START,
    ZERO32,
    digest,
    events_of,
    plain,
    reverts,
)

DELAY = 3 * DAY

SIGNINGS = {
    "record": lambda acts: acts.record(acts.directive("signed")),
    "revoke": lambda acts: acts.revoke(digest("in a drawer")),
    "revokeAll": lambda acts: acts.revoke_all(1),
    "refuse": lambda acts: acts.refuse(0b10),
    "refuse somebody": lambda acts: acts.refuse(0b10, grantee=4),
    "endPaper": lambda acts: acts.end_paper(),
    "appoint": lambda acts: acts.appoint(),
    "nameRecovery": lambda acts: acts.name(),
}


def test_reverts_without_a_form(consents, consenting):
    with reverts(consents.ConsentRegistry_DigestMissing):
        consenting.paper(consenting.directive(), form=ZERO32)


def test_reverts_when_the_directive_was_withdrawn(consents, consenting, chain):
    directive = consenting.directive()
    chain.pending_timestamp = START + 600
    consenting.take_revocation(directive)
    with reverts(
        consents.ConsentRegistry_AlreadyRevoked,
        subject=ALICE.address,
        directive=consenting.hash(directive),
        revokedAt=START + 600,
    ):
        consenting.paper(directive)


@pytest.mark.parametrize("first", ["paper", "record"])
@pytest.mark.parametrize("second", ["paper", "record"])
def test_reverts_when_the_directive_was_recorded(consents, consenting, chain, first, second):
    directive = consenting.directive()
    chain.pending_timestamp = START + 600
    getattr(consenting, first)(directive)
    with reverts(
        consents.ConsentRegistry_AlreadyRecorded,
        subject=ALICE.address,
        directive=consenting.hash(directive),
        recordedAt=START + 600,
    ):
        getattr(consenting, second)(directive)


@pytest.mark.parametrize("sign", [act for name, act in SIGNINGS.items() if name not in ("record", "revoke")])
def test_reverts_for_a_patient_who_signs_with_a_key(consents, consenting, sign):
    sign(consenting)
    with reverts(consents.ConsentRegistry_PaperEnded, subject=ALICE.address):
        consenting.paper(consenting.directive())


def test_does_not_know_a_key_that_only_recorded(consenting):
    """Known, and said in the interface: `record` writes its own slot only; the next one ends paper."""
    directive = consenting.directive()
    consenting.record(consenting.directive("before"))
    consenting.paper(directive)
    assert consenting.standing(directive).flaw == 0
    consenting.record(consenting.directive("after"))
    assert consenting.standing(directive).flaw == REASON.PAPER_ENDED


@pytest.mark.parametrize(
    "signed",
    [
        {"subject": BOB.address},
        {"directive": digest("another")},
        {"custodian": HOSPITAL_D},
        {"form": digest("another form")},
    ],
    ids=lambda signed: next(iter(signed)),
)
def test_reverts_when_the_second_signed_something_else(consents, consenting, signed):
    with unsigned(consents, HARRY):
        consenting.paper(consenting.directive(), signed=signed)


def test_records_it_as_this_hospitals_word(consents, consenting, chain, people):
    directive = consenting.directive()
    chain.pending_timestamp = START + 700
    receipt = consenting.paper(directive)
    assert plain(consents.commitment(ALICE.address, consenting.hash(directive))) == {
        "kind": ON_PAPER,
        "recordedAt": START + 700,
        "revokedAt": 0,
        "authority": HOSPITAL_A,
        "generation": 0,
    }
    assert consenting.flags() == PAPER
    of = {"subject": ALICE.address, "directive": consenting.hash(directive)}
    assert events_of(receipt) == [
        ("DirectiveRecorded", of | {"kind": ON_PAPER, "authority": HOSPITAL_A}),
        (
            "PaperRecorded",
            of
            | {
                "custodian": HOSPITAL_A,
                "form": FORM,
                "first": people.hospital_a.address,
                "second": HARRY.address,
            },
        ),
    ]


def test_counts_from_the_delay_on_for_its_own_studies(consenting, chain):
    directive = consenting.directive()
    chain.pending_timestamp = START + 700
    consenting.paper(directive)
    here, elsewhere = consenting.standing(directive), consenting.standing(directive, custodian=HOSPITAL_D)
    assert (here.kind, here.standsFrom, here.flaw) == (ON_PAPER, START + 700 + DELAY, 0)
    assert elsewhere.flaw == REASON.AUTHORITY_EXCEEDED


@pytest.mark.parametrize("sign", SIGNINGS.values(), ids=SIGNINGS)
def test_ends_with_the_patients_own_signature(consenting, sign):
    directive = consenting.directive()
    consenting.paper(directive)
    receipt = sign(consenting)
    assert ("PaperEnded", {"subject": ALICE.address}) in events_of(receipt)
    assert consenting.flags() & OWN_KEY
    assert consenting.standing(directive).flaw == REASON.PAPER_ENDED
    assert "PaperEnded" not in [name for name, _ in events_of(consenting.revoke(digest("once more")))]


def test_ends_when_another_key_takes_over(consents, consenting, chain):
    consenting.attest(guardian=GUARDIAN)
    directive = consenting.directive()
    consenting.paper(directive)
    consenting.name()
    consenting.start(NEW_KEY.address)
    consenting.at(consents.recoveryOf(ALICE.address).readyAt)
    consenting.finish()
    assert consenting.standing(directive).flaw == REASON.PAPER_ENDED


def test_does_not_turn_what_the_patient_signed_into_paper(consents, consenting, directive_hash):
    consenting.paper(consenting.directive())
    kept = consents.commitment(ALICE.address, directive_hash)
    assert (kept.kind, kept.authority) == (SIGNED, 0)
