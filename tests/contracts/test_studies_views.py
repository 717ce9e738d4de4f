from eth_abi import encode
from eth_utils import keccak
from scenario import ALICE, CT, HOSPITAL_A, STUDY_ACTIVE, ZERO32, ZERO_ADDRESS, digest, plain


def test_study_is_zeros_when_unknown(studies):
    assert plain(studies.study(digest("nothing"))) == {
        "subject": ZERO_ADDRESS,
        "custodian": 0,
        "epoch": 0,
        "status": 0,
        "categories": 0,
        "registeredAt": 0,
        "formers": 0,
        "manifestDigest": ZERO32,
        "contentCommitment": ZERO32,
    }


def test_standing_is_zeros_when_unknown(studies):
    assert plain(studies.standing(digest("nothing"))) == {
        "subject": ZERO_ADDRESS,
        "custodian": 0,
        "epoch": 0,
        "status": 0,
        "categories": 0,
        "formers": 0,
    }


def test_standing_is_what_a_decision_needs(studies, study):
    assert plain(studies.standing(study)) == {
        "subject": ALICE.address,
        "custodian": HOSPITAL_A,
        "epoch": 1,
        "status": STUDY_ACTIVE,
        "categories": CT,
        "formers": 0,
    }


def test_manifest_digest_is_the_current_one(studies, study, people):
    assert bytes(studies.manifestDigest(study)) == digest("manifest")
    studies.rotate(study, 1, digest("second manifest"), sender=people.hospital_a)
    assert bytes(studies.manifestDigest(study)) == digest("second manifest")
    assert bytes(studies.manifestDigest(digest("nothing"))) == ZERO32


def test_offered_to_is_0_when_nothing_is_offered(studies, study):
    assert studies.offeredTo(study) == studies.offeredTo(digest("nothing")) == 0


def test_study_id_is_the_digest_of_custodian_and_local_id(studies):
    expected = keccak(encode(["uint32", "bytes32"], [7, digest("local")]))
    assert bytes(studies.studyId(7, digest("local"))) == expected
