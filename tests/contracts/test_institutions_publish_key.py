from hashlib import sha256

import pytest
from scenario import ALL, BOARD_E, HOSPITAL_A, HOSPITAL_B, SUSPENDED, events_of, plain, reverts

KEY, NEXT_KEY = b"K" * 1_216, b"N" * 1_216


def test_reverts_when_the_caller_acts_for_nobody(institutions, people):
    with reverts(institutions.InstitutionRegistry_NotAdmin, account=people.eve.address):
        institutions.publishKey(KEY, sender=people.eve)


def test_reverts_when_the_caller_is_an_operator_but_not_the_admin(institutions, people):
    institutions.setOperator(people.operator, ALL, sender=people.hospital_a)
    with reverts(institutions.InstitutionRegistry_NotAdmin, account=people.operator.address):
        institutions.publishKey(KEY, sender=people.operator)


def test_reverts_when_the_institution_is_suspended(institutions, people):
    institutions.suspendSelf(sender=people.hospital_a)
    with reverts(institutions.InstitutionRegistry_NotActive, institution=HOSPITAL_A, status=SUSPENDED):
        institutions.publishKey(KEY, sender=people.hospital_a)


@pytest.mark.parametrize("length", [0, 1, 1_215, 1_217])
def test_reverts_when_the_key_has_another_length(institutions, people, length):
    with reverts(institutions.InstitutionRegistry_KeyLength, length=length):
        institutions.publishKey(b"K" * length, sender=people.hospital_a)


def test_stores_the_digest_of_the_first_key(institutions, people):
    receipt = institutions.publishKey(KEY, sender=people.board_e)
    assert institutions.institution(BOARD_E).keyVersion == 1
    assert bytes(institutions.keyDigest(BOARD_E, 1)) == sha256(KEY).digest()
    assert events_of(receipt) == [
        (
            "KeyPublished",
            {
                "institution": BOARD_E,
                "version": 1,
                "digest": sha256(KEY).digest(),
                "publicKey": KEY,
            },
        )
    ]


def test_keeps_the_keys_before(institutions, people):
    institutions.publishKey(KEY, sender=people.board_e)
    receipt = institutions.publishKey(NEXT_KEY, sender=people.board_e)
    assert institutions.institution(BOARD_E).keyVersion == 2
    assert bytes(institutions.keyDigest(BOARD_E, 1)) == sha256(KEY).digest()
    assert bytes(institutions.keyDigest(BOARD_E, 2)) == sha256(NEXT_KEY).digest()
    assert events_of(receipt)[0][1]["version"] == 2


def test_touches_no_other_institution(institutions, people):
    before = plain(institutions.institution(HOSPITAL_B)), institutions.keyDigest(HOSPITAL_B, 1)
    institutions.publishKey(KEY, sender=people.hospital_a)
    assert (plain(institutions.institution(HOSPITAL_B)), institutions.keyDigest(HOSPITAL_B, 1)) == before
