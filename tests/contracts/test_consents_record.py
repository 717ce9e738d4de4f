import pytest
from scenario import ALICE, BOB, START, digest, directive_of, events_of, plain, reverts


@pytest.fixture
def directive(study):
    """A directive that nobody recorded yet."""
    return directive_of(study, salt=digest("unrecorded"))


def test_reverts_when_the_directive_is_recorded_already(consents, chain, directive, domain, people):
    directive_hash = domain.struct_hash("Directive", directive)
    signature = ALICE.sign(domain, "Directive", directive)
    chain.pending_timestamp = START + 700
    consents.record(ALICE.address, directive_hash, 0, signature, sender=people.relay)
    with reverts(
        consents.ConsentRegistry_AlreadyRecorded,
        subject=ALICE.address,
        directive=directive_hash,
        recordedAt=START + 700,
    ):
        consents.record(ALICE.address, directive_hash, 0, signature, sender=people.relay)


def test_reverts_when_the_directive_was_withdrawn(consents, chain, directive, domain, people, record, revoke):
    directive_hash = record(directive)
    chain.pending_timestamp = START + 800
    revoke(directive_hash)
    with reverts(
        consents.ConsentRegistry_AlreadyRevoked,
        subject=ALICE.address,
        directive=directive_hash,
        revokedAt=START + 800,
    ):
        consents.record(
            ALICE.address, directive_hash, 0, ALICE.sign(domain, "Directive", directive), sender=people.relay
        )


def test_reverts_when_the_directive_was_withdrawn_before_it_was_recorded(
    consents, chain, directive, domain, people, revoke
):
    directive_hash = domain.struct_hash("Directive", directive)
    chain.pending_timestamp = START + 800
    revoke(directive_hash)
    with reverts(
        consents.ConsentRegistry_AlreadyRevoked,
        subject=ALICE.address,
        directive=directive_hash,
        revokedAt=START + 800,
    ):
        consents.record(
            ALICE.address, directive_hash, 0, ALICE.sign(domain, "Directive", directive), sender=people.relay
        )


def test_reverts_when_another_patient_signed(consents, directive, domain, people):
    with reverts(
        consents.ConsentRegistry_SignatureInvalid,
        signer=ALICE.address,
        digest=domain.digest("Directive", directive),
    ):
        consents.record(
            ALICE.address,
            domain.struct_hash("Directive", directive),
            0,
            BOB.sign(domain, "Directive", directive),
            sender=people.relay,
        )


def test_records_the_directive(consents, chain, directive, domain, people):
    directive_hash = domain.struct_hash("Directive", directive)
    chain.pending_timestamp = START + 700
    receipt = consents.record(
        ALICE.address, directive_hash, 0, ALICE.sign(domain, "Directive", directive), sender=people.relay
    )
    assert plain(consents.commitment(ALICE.address, directive_hash)) == {
        "kind": 1,
        "recordedAt": START + 700,
        "revokedAt": 0,
        "authority": 0,
        "generation": 0,
    }
    assert events_of(receipt) == [
        (
            "DirectiveRecorded",
            {"subject": ALICE.address, "directive": directive_hash, "kind": 1, "authority": 0},
        )
    ]


def test_keeps_what_one_patient_signed_apart_from_anothers(consents, study, domain, people):
    """A stranger who records or withdraws the same hash under its own address touches nothing of Alice's."""
    directive = directive_of(study, salt=digest("unrecorded"))
    directive_hash = domain.struct_hash("Directive", directive)
    message = {"subject": BOB.address, "directive": directive_hash}
    consents.record(
        BOB.address, directive_hash, 0, BOB.sign(domain, "Directive", directive), sender=people.eve
    )
    consents.revoke(
        BOB.address, directive_hash, 0, BOB.sign(domain, "Revocation", message), sender=people.eve
    )
    assert plain(consents.commitment(ALICE.address, directive_hash)) == {
        "kind": 0,
        "recordedAt": 0,
        "revokedAt": 0,
        "authority": 0,
        "generation": 0,
    }
    consents.record(
        ALICE.address, directive_hash, 0, ALICE.sign(domain, "Directive", directive), sender=people.relay
    )
    assert consents.commitment(ALICE.address, directive_hash).kind == 1


def test_records_a_signed_revocation_as_nothing_that_counts(consents, directive, domain, people, record):
    """The struct hash of another message can be recorded, but no directive hashes to it."""
    directive_hash = record(directive)
    message = {"subject": ALICE.address, "directive": directive_hash}
    other_hash = domain.struct_hash("Revocation", message)
    consents.record(
        ALICE.address, other_hash, 0, ALICE.sign(domain, "Revocation", message), sender=people.eve
    )
    assert other_hash != directive_hash
    assert consents.commitment(ALICE.address, directive_hash).revokedAt == 0
    assert consents.commitment(ALICE.address, digest("nothing")).kind == 0
