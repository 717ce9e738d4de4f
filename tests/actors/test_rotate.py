from __future__ import annotations

import pytest
from actors_town import PowerCut, Town, cut

from pixelpact import crypto, sealing
from pixelpact.chain import Chain, DisposalAttested, StudyRotated
from pixelpact.custodian import Custodian
from pixelpact.errors import InputError
from pixelpact.models import RAW, Cid
from pixelpact.policy import Reason
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
    assert [(number, each.reason) for number, each in rotation.denied] == [
        (first.number, Reason.DIRECTIVE_REVOKED)
    ]
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
    "serving again": (Custodian, "_serve_again"),
}


@pytest.mark.parametrize("moment", _CUTS)
def test_a_rotation_cut_off_anywhere_goes_on_and_happens_once(
    town: Town, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    asked = town.ask(town.consent())
    town.hospital.release(asked.number, person="archive")
    old = old_cids(town)

    with monkeypatch.context() as patched:
        patched.setattr(*_CUTS[moment], cut)
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
