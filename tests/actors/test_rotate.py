from __future__ import annotations

import pytest
from actors_town import PowerCut, Town, cut

from pixelpact import crypto, sealing
from pixelpact.audit import Auditor
from pixelpact.chain import AccessReleased, Chain, DisposalAttested, StudyRotated
from pixelpact.custodian import Custodian, Release, rotating
from pixelpact.errors import InputError
from pixelpact.models import RAW, Cid
from pixelpact.policy import Reason, RefusalReason
from pixelpact.profile import Profile
from pixelpact.sealing import DisposalReport
from pixelpact.vault import Kind, Vault, study_key_id


def old_cids(town: Town) -> tuple[object, ...]:
    return tuple(crypto.list_cids(town.study.sealed.manifest_digest, town.net.store.get))


def test_who_is_permitted_is_served_again_and_who_is_not_is_not(town: Town) -> None:
    clinics, others = town.consent(2), town.consent(3)
    first, second = town.ask(clinics), town.ask(others, town.other)
    town.hospital.release(first.number, person="archive")
    town.hospital.release(second.number, person="archive")
    old = old_cids(town)
    town.hospital.relay(town.patient.withdraw(clinics))
    rotation = town.hospital.rotate(town.study.number, person="archive")
    assert rotation.epoch == 2
    assert [each.request for each in rotation.served] == [second.number]
    assert [(number, error.reason) for number, error in rotation.denied] == [
        (first.number, Reason.DIRECTIVE_REVOKED)
    ]
    assert rotation.failed == ()
    assert town.net.store.present(old) == ()
    town.other.fetch(second.number).verify()
    with pytest.raises(InputError, match="older sealing"):
        town.clinic.fetch(first.number)


def test_the_old_key_is_gone_from_the_vault(town: Town) -> None:
    vault = town.net[1].vault
    assert vault.find(Kind.STUDY_KEY, study_key_id(town.study.number, 1)) is not None
    town.hospital.rotate(town.study.number, person="archive")
    assert vault.find(Kind.STUDY_KEY, study_key_id(town.study.number, 1)) is None


def test_the_old_envelopes_are_gone_from_the_store(town: Town) -> None:
    asked = town.ask(town.consent())
    released = town.hospital.release(asked.number, person="archive")
    town.hospital.rotate(town.study.number, person="archive")
    names = [path.name for path in (town.net.store.folder / "blocks").rglob("*")]
    assert str(Cid(RAW, released.envelope_digest)) not in names


_CUTS = {
    "resealing": (sealing, "reseal"),
    "the transaction": (Chain, "prepare"),
    "sending": (Chain, "send"),
    "finality": (Chain, "wait_final"),
    "erasing the key": (Vault, "erase"),
    "disposing": (sealing, "dispose"),
    "serving again": (rotating, "release"),
    "attesting": (DisposalReport, "digest"),
}


@pytest.mark.parametrize("moment", _CUTS)
def test_a_rotation_cut_off_anywhere_goes_on_and_happens_once(
    town: Town, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    asked = town.ask(town.consent())
    town.hospital.release(asked.number, person="archive")
    old = old_cids(town)

    with monkeypatch.context() as patched:
        patched.setattr(*_CUTS[moment], property(cut) if moment == "attesting" else cut)
        with pytest.raises(PowerCut):
            town.hospital.rotate(town.study.number, person="archive")
    rotation = town.hospital.rotate(town.study.number, person="archive")
    chain = town.net.chain()
    assert rotation.epoch == 2
    assert [each.epoch for each in chain.find(StudyRotated, study=town.study.number)] == [2]
    assert [each.epoch for each in chain.find(DisposalAttested, study=town.study.number)] == [1]
    assert town.net.store.present(old) == ()
    assert town.net[1].vault.pending() == []
    town.clinic.fetch(asked.number).verify()


def test_only_the_custodian_rotates(town: Town) -> None:
    with pytest.raises(InputError, match="not one of this institution's"):
        Custodian(town.net[3]).rotate(town.study.number, person="somebody")


def test_a_rotation_cut_off_between_two_releases_serves_the_rest(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = town.ask(town.consent(2)), town.ask(town.consent(3), town.other)
    for asked in (first, second):
        town.hospital.release(asked.number, person="archive")
    release, served = rotating.release, []

    def once(profile: Profile, request: bytes, *, person: str) -> Release:
        if served:
            raise PowerCut
        served.append(request)
        return release(profile, request, person=person)

    with monkeypatch.context() as patched:
        patched.setattr(rotating, "release", once)
        with pytest.raises(PowerCut):
            town.hospital.rotate(town.study.number, person="archive")
    rotation = town.hospital.rotate(town.study.number, person="archive")
    assert [each.request for each in rotation.served] == [first.number, second.number]
    town.clinic.fetch(first.number).verify()
    town.other.fetch(second.number).verify()
    released = [each.epoch for each in town.net.chain().find(AccessReleased, study=town.study.number)]
    assert released == [1, 1, 2, 2]


def test_what_one_requester_does_keeps_no_other_from_the_new_key(town: Town) -> None:
    first, second = town.ask(town.consent(2)), town.ask(town.consent(3), town.other)
    third = town.ask(town.consent(2))
    for asked in (first, second, third):
        town.hospital.release(asked.number, person="archive")
    # The first requester's key becomes unusable; a request of its is refused after it was served.
    chain = town.net[2].chain
    chain.wait_final(chain.transact(chain.institutions.publish_key(bytes(1216))))
    town.hospital.refuse(third.number, RefusalReason.OTHER, person="archive")
    rotation = town.hospital.rotate(town.study.number, person="archive")
    assert [each.request for each in rotation.served] == [second.number]
    assert [number for number, _ in rotation.failed] == [first.number]
    assert [(number, error.reason) for number, error in rotation.denied] == [
        (third.number, RefusalReason.OTHER)
    ]
    assert rotation.disposal.blocks > 0
    # Mended, it is served.
    town.clinic.publish_key()
    town.hospital.release(first.number, person="archive")
    town.clinic.fetch(first.number).verify()


def test_finishing_an_old_rotation_does_not_stand_for_the_one_that_is_owed_now(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    consent = town.consent()
    asked = town.ask(consent)
    town.hospital.release(asked.number, person="archive")
    with monkeypatch.context() as patched:
        patched.setattr(sealing, "dispose", cut)
        with pytest.raises(PowerCut):
            town.hospital.rotate(town.study.number, person="archive")
    town.hospital.relay(town.patient.withdraw(consent))
    rotation = town.hospital.rotate(town.study.number, person="archive")
    assert rotation.epoch == 3
    assert not [each for each in Auditor(town.net.chain()).report().findings if each.severity != "note"]


def test_an_erased_study_is_not_sealed_again(town: Town) -> None:
    chain = town.net[1].chain
    chain.wait_final(chain.transact(chain.studies.erase(town.study.number, b"\1" * 32)))
    with pytest.raises(InputError, match="erased"):
        town.hospital.rotate(town.study.number, person="archive")
    assert town.net[1].vault.pending() == []
    with pytest.raises(InputError, match="not shared"):
        town.hospital.invite(town.study.number)
    with pytest.raises(InputError, match="not shared"):
        town.hospital.share(town.source, subject=town.patient.address(custodian=1))
