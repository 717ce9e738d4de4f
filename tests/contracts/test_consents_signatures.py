"""What counts as a patient's signature; the same for record, revoke, revokeAll and refuse."""

from dataclasses import replace

import pytest
from scenario import ALICE, BOB, NO_EVIDENCE, ZERO32, ZERO_ADDRESS, digest, directive_of, reverts

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.fixture
def directive(study):
    """A directive that nobody recorded yet."""
    return directive_of(study, salt=digest("unrecorded"))


@pytest.fixture
def signed(directive, domain):
    """Alice's directive: its hash and her signature."""
    return domain.struct_hash("Directive", directive), ALICE.sign(domain, "Directive", directive)


@pytest.fixture
def assert_invalid(consents, directive, domain, people):
    """Record Alice's directive with this signature, and be told that it is not hers."""

    def assert_invalid_(signature: bytes) -> None:
        with reverts(
            consents.ConsentRegistry_SignatureInvalid,
            signer=ALICE.address,
            digest=domain.digest("Directive", directive),
        ):
            consents.record(
                ALICE.address, domain.struct_hash("Directive", directive), 0, signature, sender=people.relay
            )

    return assert_invalid_


@pytest.fixture
def wallet(mocks, people):
    """A wallet contract that answers in the way that is asked, owned by Alice's key."""
    ways = ("owner", "no", "junk", "short", "reverting", "burning", "hungry", "long", "silent")
    return lambda way: people.relay.deploy(mocks.Wallet, ways.index(way), ALICE.address)


def record_for(consents, domain, people, subject, signer=ALICE):
    directive = directive_of(ZERO32, subject=subject.address)
    directive_hash = domain.struct_hash("Directive", directive)
    signature = signer.sign(domain, "Directive", directive)
    return directive_hash, lambda: consents.record(
        subject.address, directive_hash, 0, signature, sender=people.relay
    )


@pytest.mark.parametrize("length", [0, 1, 64, 66, 130])
def test_refuses_any_other_length(assert_invalid, signed, length):
    assert_invalid((signed[1] * 2)[:length])


def test_refuses_the_same_signature_with_a_high_s(assert_invalid, signed):
    r, s, v = signed[1][:32], int.from_bytes(signed[1][32:64], "big"), signed[1][64]
    assert_invalid(r + (ORDER - s).to_bytes(32, "big") + bytes([55 - v]))


@pytest.mark.parametrize("v", [0, 1, 2, 26, 29, 255])
def test_refuses_any_v_but_27_and_28(assert_invalid, signed, v):
    assert_invalid(signed[1][:64] + bytes([v]))


def test_refuses_the_other_v(assert_invalid, signed):
    assert_invalid(signed[1][:64] + bytes([55 - signed[1][64]]))


def test_refuses_zeros(assert_invalid):
    assert_invalid(bytes(65))
    assert_invalid(bytes(64) + b"\x1b")


@pytest.mark.parametrize("at", [0, 31, 32, 63])
def test_refuses_a_changed_byte(assert_invalid, signed, at):
    changed = bytearray(signed[1])
    changed[at] ^= 1
    assert_invalid(bytes(changed))


@pytest.mark.parametrize(
    "change",
    [
        {"chain_id": 1},
        {"registry": "0x" + "11" * 20},
        {"name": "Pixelpact"},
        {"version": "2"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_refuses_a_signature_for_another_domain(assert_invalid, directive, domain, change):
    assert_invalid(ALICE.sign(replace(domain, **change), "Directive", directive))


def test_refuses_a_signature_for_another_deployment(
    project, institutions, studies, assert_invalid, directive, domain, people
):
    other = people.relay.deploy(project.ConsentRegistry, institutions, studies)
    assert_invalid(ALICE.sign(replace(domain, registry=other.address), "Directive", directive))


def test_refuses_a_signature_for_another_directive(assert_invalid, study, domain):
    assert_invalid(ALICE.sign(domain, "Directive", directive_of(study, grantee=3)))


@pytest.mark.parametrize("signature", [b"", bytes(65), bytes(64) + b"\x1b", b"\xff" * 65])
def test_refuses_everything_for_the_zero_address(consents, directive, domain, people, signature):
    with reverts(
        consents.ConsentRegistry_SignatureInvalid,
        signer=ZERO_ADDRESS,
        digest=domain.digest("Directive", directive),
    ):
        consents.record(
            ZERO_ADDRESS, domain.struct_hash("Directive", directive), 0, signature, sender=people.relay
        )


@pytest.mark.parametrize("kind", ["Revocation", "RevocationOfAll", "Refusal"])
def test_refuses_a_signature_of_another_type_over_the_same_values(assert_invalid, domain, kind):
    message = {
        "Revocation": {"subject": ALICE.address, "directive": ZERO32},
        "RevocationOfAll": {"subject": ALICE.address, "generation": 1},
        "Refusal": {
            "subject": ALICE.address,
            "custodian": 0,
            "study": ZERO32,
            "grantee": 0,
            "purposes": 1,
            "sequence": 1,
        },
    }[kind]
    assert_invalid(ALICE.sign(domain, kind, message))


@pytest.mark.parametrize("way", ["owner", "hungry", "long"])
def test_believes_a_wallet_that_says_yes(consents, domain, people, wallet, way):
    contract = wallet(way)
    directive_hash, record = record_for(consents, domain, people, contract)
    record()
    assert consents.commitment(contract.address, directive_hash).kind == 1


@pytest.mark.parametrize("way", ["no", "junk", "short", "reverting", "burning", "silent"])
def test_believes_no_wallet_that_says_anything_else(consents, domain, people, wallet, way):
    contract = wallet(way)
    directive = directive_of(ZERO32, subject=contract.address)
    _, record = record_for(consents, domain, people, contract)
    with reverts(
        consents.ConsentRegistry_SignatureInvalid,
        signer=contract.address,
        digest=domain.digest("Directive", directive),
    ):
        record()


def test_believes_no_wallet_whose_owner_did_not_sign(consents, domain, people, wallet):
    contract = wallet("owner")
    directive = directive_of(ZERO32, subject=contract.address)
    _, record = record_for(consents, domain, people, contract, signer=BOB)
    with reverts(
        consents.ConsentRegistry_SignatureInvalid,
        signer=contract.address,
        digest=domain.digest("Directive", directive),
    ):
        record()


def test_believes_no_contract_that_knows_nothing_of_signatures(consents, engine, domain, people):
    directive = directive_of(ZERO32, subject=engine.address)
    _, record = record_for(consents, domain, people, engine)
    with reverts(
        consents.ConsentRegistry_SignatureInvalid,
        signer=engine.address,
        digest=domain.digest("Directive", directive),
    ):
        record()


def test_lets_a_wallet_use_no_more_gas_than_its_cap(chain, consents, domain, people, wallet):
    contract = wallet("burning")
    directive = directive_of(ZERO32, subject=contract.address)
    data = consents.record.encode_input(
        contract.address,
        domain.struct_hash("Directive", directive),
        0,
        ALICE.sign(domain, "Directive", directive),
    )
    hash_ = chain.provider.web3.eth.send_transaction(
        {"from": people.relay.address, "to": consents.address, "data": data, "gas": 5_000_000}
    )
    receipt = chain.provider.web3.eth.wait_for_transaction_receipt(hash_)
    assert receipt.status == 0
    assert receipt.gasUsed < 140_000


def test_pays_for_no_more_than_a_word_of_a_long_answer(consents, domain, people, wallet):
    _, by_owner = record_for(consents, domain, people, wallet("owner"))
    _, by_long = record_for(consents, domain, people, wallet("long"))
    # 33,000 bytes of memory cost the wallet itself 5,000 gas; copying them would cost as much again.
    assert by_long().gas_used < by_owner().gas_used + 6_000


def test_asks_a_wallet_for_each_kind_of_message(consents, domain, people, wallet):
    contract = wallet("owner")
    subject = contract.address
    directive_hash, record = record_for(consents, domain, people, contract)
    record()
    revocation = {"subject": subject, "directive": directive_hash}
    consents.revoke(
        subject, directive_hash, 0, ALICE.sign(domain, "Revocation", revocation), sender=people.relay
    )
    of_all = {"subject": subject, "generation": 1}
    consents.revokeAll(subject, 1, 0, ALICE.sign(domain, "RevocationOfAll", of_all), sender=people.relay)
    refusal = {
        "subject": subject,
        "custodian": 0,
        "study": ZERO32,
        "grantee": 0,
        "purposes": 5,
        "sequence": 1,
    }
    consents.refuse(refusal, 0, ALICE.sign(domain, "Refusal", refusal), sender=people.relay)
    standing = consents.standing(subject, directive_hash, (0, 0, ZERO32, 0), NO_EVIDENCE)
    assert standing.revokedAt > 0
    assert (standing.generation, standing.refused) == (1, 5)
