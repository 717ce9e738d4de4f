from scenario import ACTIVE, ALL, FOUNDED, HOSPITAL_A, SUSPENDED, ZERO32, ZERO_ADDRESS, plain

NO_STANDING = {
    "status": 0,
    "roles": 0,
    "country": b"\0\0",
    "attributes": 0,
    "keyVersion": 0,
    "requesterSince": 0,
    "statusSince": 0,
    "operatorEpoch": 0,
}


def test_institution_is_zeros_when_unknown(institutions):
    for unknown in (0, 6, 2**32 - 1):
        assert plain(institutions.institution(unknown)) == NO_STANDING | {"admin": ZERO_ADDRESS}


def test_standing_is_zeros_when_unknown(institutions):
    for unknown in (0, 6, 2**32 - 1):
        assert plain(institutions.standing(unknown)) == NO_STANDING


def test_standing_is_the_institution_without_its_admin(institutions, people):
    institutions.suspendSelf(sender=people.hospital_a)
    whole = plain(institutions.institution(HOSPITAL_A))
    assert whole.pop("admin") == people.hospital_a.address
    assert plain(institutions.standing(HOSPITAL_A)) == whole
    assert (whole["status"], whole["keyVersion"], whole["requesterSince"]) == (SUSPENDED, 1, FOUNDED)


def test_operator_is_zeros_when_the_account_acts_for_nobody(institutions, people):
    assert list(institutions.operator(people.eve)) == [0, 0]


def test_acting_for_is_zeros_when_the_account_acts_for_nobody(institutions, people):
    assert plain(institutions.actingFor(people.eve)) == [0, 0, NO_STANDING]


def test_acting_for_tells_the_institution_the_permissions_and_its_standing(institutions, people):
    institutions.setOperator(people.operator, 5, sender=people.hospital_a)
    assert plain(institutions.actingFor(people.operator)) == [
        HOSPITAL_A,
        5,
        plain(institutions.standing(HOSPITAL_A)),
    ]
    assert plain(institutions.actingFor(people.hospital_a))[:2] == [HOSPITAL_A, ALL]
    assert plain(institutions.actingFor(people.operator))[2]["status"] == ACTIVE


def test_key_digest_is_zero_when_there_is_no_such_version(institutions):
    for version in (0, 2):
        assert bytes(institutions.keyDigest(HOSPITAL_A, version)) == ZERO32
