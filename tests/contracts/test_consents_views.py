import pytest
from scenario import (
    ALICE,
    HOSPITAL_A,
    HOSPITAL_B,
    MAX_TERM,
    NO_EVIDENCE,
    ZERO32,
    digest,
    directive_of,
    modifiers,
    no_directive,
    number,
    plain,
    sent,
)

NOTHING = {"kind": 0, "recordedAt": 0, "revokedAt": 0, "authority": 0, "generation": 0}


def test_commitment_is_zeros_when_unknown(consents):
    assert plain(consents.commitment(ALICE.address, digest("nothing"))) == NOTHING


def test_standing_is_zeros_when_unknown(consents):
    assert set(plain(consents.standing(ALICE.address, ZERO32, (0, 0, ZERO32, 0), NO_EVIDENCE)).values()) == {
        0
    }


def test_standing_is_commitment_generation_and_refusals(consents, directive_hash, refuse, revoke_all, study):
    revoke_all(1)
    refuse(0b01)
    refuse(0b10, study=study)
    scope = (HOSPITAL_A, 0, study, HOSPITAL_B)
    commitment = plain(consents.commitment(ALICE.address, directive_hash))
    assert plain(consents.standing(ALICE.address, directive_hash, scope, NO_EVIDENCE)) == {
        "kind": 1,
        "recordedAt": commitment["recordedAt"],
        "revokedAt": 0,
        "generation": 1,
        "generationSince": consents.subjectOf(ALICE.address).generationSince,
        "refused": 0b11,
        "standsFrom": 0,
        "flaw": 0,
    }
    assert consents.refusedPurposes(ALICE.address, scope) == 0b11


FIELDS = {
    "subject": "0x" + "77" * 20,
    "custodian": 2**32 - 1,
    "study": digest("another study"),
    "grantee": 7,
    "categories": 2**64 - 1,
    "purposes": 2**63,
    "permission": 65_535,
    "vocabulary": 9,
    "generation": 3,
    "notBefore": 5,
    "expiry": MAX_TERM,
    "salt": digest("another salt"),
    "modifiers": modifiers((19, ZERO32)),
}


@pytest.mark.parametrize("field", FIELDS)
def test_hash_directive_is_what_a_wallet_signs_whatever_the_field(consents, domain, study, field):
    directive = directive_of(study, **{field: FIELDS[field]})
    expected = domain.struct_hash("Directive", directive)
    assert bytes(consents.hashDirective(sent(directive))) == expected
    assert expected != domain.struct_hash("Directive", directive_of(study))


@pytest.mark.parametrize("count", [0, 1, 2, 8, 9])
def test_hash_directive_is_what_a_wallet_signs_with_any_number_of_modifiers(consents, domain, study, count):
    directive = directive_of(study, modifiers=modifiers(*((19 + i, number(i)) for i in range(count))))
    assert bytes(consents.hashDirective(sent(directive))) == domain.struct_hash("Directive", directive)


def test_hash_directive_depends_on_the_order_of_the_modifiers(consents, domain, study):
    two = modifiers((19, ZERO32), (20, ZERO32))
    hashes = {
        bytes(consents.hashDirective(sent(directive_of(study, modifiers=order))))
        for order in (two, two[::-1])
    }
    assert len(hashes) == 2


def test_hash_directive_of_none_is_not_zero(consents):
    assert bytes(consents.hashDirective(sent(no_directive()))) != ZERO32


def test_domain_is_what_a_wallet_shows(consents, domain):
    fields, name, version, chain_id, contract, salt, extensions = consents.eip712Domain()
    assert (bytes(fields), name, version, chain_id) == (b"\x0f", "PixelPact", "1", domain.chain_id)
    assert (contract, bytes(salt), list(extensions)) == (consents.address, ZERO32, [])
