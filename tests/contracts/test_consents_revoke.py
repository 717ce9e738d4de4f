from scenario import ALICE, BOB, START, digest, events_of, plain, reverts


def test_reverts_when_the_directive_was_withdrawn_already(consents, chain, directive_hash, revoke):
    chain.pending_timestamp = START + 800
    revoke(directive_hash)
    with reverts(
        consents.ConsentRegistry_AlreadyRevoked,
        subject=ALICE.address,
        directive=directive_hash,
        revokedAt=START + 800,
    ):
        revoke(directive_hash)


def test_reverts_when_another_patient_signed(consents, directive_hash, domain, people):
    message = {"subject": ALICE.address, "directive": directive_hash}
    with reverts(
        consents.ConsentRegistry_SignatureInvalid,
        signer=ALICE.address,
        digest=domain.digest("Revocation", message),
    ):
        consents.revoke(
            ALICE.address, directive_hash, 0, BOB.sign(domain, "Revocation", message), sender=people.relay
        )


def test_reverts_when_the_signature_is_that_of_another_directives_withdrawal(
    consents, directive_hash, domain, people
):
    other = {"subject": ALICE.address, "directive": digest("another directive")}
    with reverts(
        consents.ConsentRegistry_SignatureInvalid,
        signer=ALICE.address,
        digest=domain.digest("Revocation", {"subject": ALICE.address, "directive": directive_hash}),
    ):
        consents.revoke(
            ALICE.address, directive_hash, 0, ALICE.sign(domain, "Revocation", other), sender=people.relay
        )


def test_reverts_when_the_signature_is_that_of_the_directive(
    consents, directive, directive_hash, domain, people
):
    with reverts(
        consents.ConsentRegistry_SignatureInvalid,
        signer=ALICE.address,
        digest=domain.digest("Revocation", {"subject": ALICE.address, "directive": directive_hash}),
    ):
        consents.revoke(
            ALICE.address, directive_hash, 0, ALICE.sign(domain, "Directive", directive), sender=people.relay
        )


def test_withdraws_the_directive_and_keeps_when_it_was_recorded(consents, chain, directive_hash, revoke):
    before = plain(consents.commitment(ALICE.address, directive_hash))
    chain.pending_timestamp = START + 800
    receipt = revoke(directive_hash)
    assert plain(consents.commitment(ALICE.address, directive_hash)) == before | {"revokedAt": START + 800}
    assert events_of(receipt) == [
        ("DirectiveRevoked", {"subject": ALICE.address, "directive": directive_hash, "appointment": 0})
    ]


def test_withdraws_a_directive_that_was_not_recorded(consents, chain, revoke):
    chain.pending_timestamp = START + 800
    receipt = revoke(digest("a directive in a drawer"))
    assert plain(consents.commitment(ALICE.address, digest("a directive in a drawer"))) == {
        "kind": 0,
        "recordedAt": 0,
        "revokedAt": START + 800,
        "authority": 0,
        "generation": 0,
    }
    assert len(events_of(receipt)) == 1
