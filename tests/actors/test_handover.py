"""Custody of a study goes to another hospital: offered, checked, accepted, sealed under a key of its own."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from actors_town import PowerCut, Town, cut

from pixelpact import sealing
from pixelpact.chain import Chain, CustodyOffered, CustodyTransferred
from pixelpact.crypto import list_cids
from pixelpact.custodian import Custodian
from pixelpact.documents import handover_text, parse_handover
from pixelpact.errors import BlockError, ContractError, HeaderError, InputError, UnwrapError, VaultError
from pixelpact.models import RAW, Cid, Handover
from pixelpact.policy import Purpose, Reason
from pixelpact.sealing import open_sealed
from pixelpact.vault import Kind


def test_the_new_custodian_shares_it_and_the_old_keys_open_nothing_new(town: Town) -> None:
    consent = town.consent(grantee=3)
    asked = town.ask(consent, town.other)
    town.hospital.release(asked.number, person="archive")
    old = sealing.study_keys(town.net[1].vault, town.study.number, 1, town.study.sealed.manifest_digest)
    handover = town.hospital.offer(town.study.number, 2)
    clinic = Custodian(town.net[2])
    rotation = clinic.accept(handover, person="archive-b")
    # The consent named the old hospital.
    assert [(each, error.reason) for each, error in rotation.denied] == [
        (asked.number, Reason.CUSTODIAN_DIFFERS)
    ]
    record = town.net.chain().studies.study(town.study.number)
    assert (record.custodian, record.formers, record.registrar, record.epoch) == (2, (1,), 1, 2)
    (mine,) = clinic.studies()
    assert mine.sealed.study_uid == town.study.sealed.study_uid
    with pytest.raises(HeaderError):
        open_sealed(
            town.net.store,
            old,
            custodian=1,
            context=mine.sealed.context,
            manifest_digest=record.manifest_digest,
            content_commitment=record.content_commitment,
        )
    with pytest.raises(InputError, match="not one of this institution's"):
        town.hospital.release(asked.number, person="archive")

    # A consent for the new one, and the requester opens what the first one registered.
    paper = clinic.draft_paper(
        b"form",
        subject=town.patient.address(custodian=1),
        grantee=3,
        purposes=[Purpose.TREAT],
        categories=town.study.categories,
    )
    second = Custodian(town.second(institution=2))
    clinic.record_paper(paper, second.attest_paper(paper, b"form"))
    town.net.travel(10)
    invitation = clinic.invite(town.study.number, paper)
    again = town.other.request(invitation, purpose=Purpose.TREAT, person="dr-c")
    assert again.decision.permitted
    clinic.release(again.number, person="archive-b")
    fetched = town.other.fetch(again.number)
    town.other.confirm(fetched, person="dr-c")
    assert {each.digest for each in fetched.opened} == {
        each.digest for each, _ in town.other.fetch(again.number).instances()
    }
    assert town.net[2].vault.pending() == []


def test_the_document_opens_for_one_institution_on_one_network(town: Town) -> None:
    handover = town.hospital.offer(town.study.number, 2)
    text = handover_text(handover, town.net.network)
    assert parse_handover(text, town.net.network) == handover
    with pytest.raises(InputError, match="another network"):
        parse_handover(text, replace(town.net.network, chain_id=1))
    with pytest.raises(InputError, match="to another institution"):
        Custodian(town.net[3]).accept(handover, person="archive")
    clinic = Custodian(town.net[2])
    flipped = bytes([handover.envelope[0] ^ 1]) + handover.envelope[1:]
    for changed, error, told in (
        (replace(handover, custodian=3), InputError, "not offered"),
        (replace(handover, study=b"\1" * 32), InputError, "not offered"),
        (replace(handover, epoch=2), InputError, "older sealing"),
        (replace(handover, manifest_digest=b"\1" * 32), InputError, "older sealing"),
        (replace(handover, envelope=flipped), UnwrapError, "does not open"),
        (replace(handover, envelope=flipped[:-1]), UnwrapError, "does not open"),
        (replace(handover, key_version=7), VaultError, "not in this vault"),
    ):
        with pytest.raises(error, match=told):
            clinic.accept(changed, person="archive")
    assert not list(town.net.chain().find(CustodyTransferred))
    assert town.net[2].vault.find(Kind.STUDY_SECRET, town.study.number.hex()) is None


def test_what_is_not_what_was_registered_is_not_accepted(town: Town) -> None:
    handover = town.hospital.offer(town.study.number, 2)
    cid = next(each for each in _cids(town) if each.codec == RAW)
    path = town.net.store.path(cid)
    whole = path.read_bytes()
    path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    with pytest.raises(BlockError, match="damaged"):
        Custodian(town.net[2]).accept(handover, person="archive")
    assert not list(town.net.chain().find(CustodyTransferred))
    path.write_bytes(whole)
    Custodian(town.net[2]).accept(handover, person="archive")


def _cids(town: Town) -> list[Cid]:
    return list(list_cids(town.study.sealed.manifest_digest, town.net.store.get))


def test_who_can_not_take_it_is_offered_nothing(town: Town) -> None:
    for to in (0, 1, 4):
        with pytest.raises(InputError, match="can't be offered"):
            town.hospital.offer(town.study.number, to)
    with pytest.raises(InputError, match="not one of this institution's"):
        Custodian(town.net[2]).offer(town.study.number, 3)
    with pytest.raises(InputError, match="nothing to take back"):
        town.hospital.take_back(town.study.number)
    assert not list(town.net.chain().find(CustodyOffered))


def test_an_offer_that_was_taken_back_or_outrun_by_a_rotation_is_not_accepted(town: Town) -> None:
    clinic, handover = Custodian(town.net[2]), town.hospital.offer(town.study.number, 2)
    town.hospital.take_back(town.study.number)
    with pytest.raises(InputError, match="not offered"):
        clinic.accept(handover, person="archive")
    handover = town.hospital.offer(town.study.number, 2)
    town.hospital.rotate(town.study.number, person="archive")
    with pytest.raises(InputError, match="older sealing"):
        clinic.accept(handover, person="archive")
    clinic.accept(town.hospital.offer(town.study.number, 2), person="archive")


def _cut_at(owner: object, name: str, town: Town, handover: Handover, patched: pytest.MonkeyPatch) -> None:
    patched.setattr(owner, name, cut)
    with pytest.raises(PowerCut):
        Custodian(town.net[2]).accept(handover, person="archive")


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Chain, "prepare"),
        (Chain, "send"),
        (Chain, "wait_final"),
        (sealing, "import_taken"),
        (sealing, "reseal"),
    ],
)
def test_accepting_that_was_cut_off_goes_on_and_happens_once(
    town: Town, monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    handover = town.hospital.offer(town.study.number, 2)
    with monkeypatch.context() as patched:
        _cut_at(owner, name, town, handover, patched)
    rotation = Custodian(town.net[2]).accept(handover, person="archive")
    assert rotation.epoch == 2
    assert len(list(town.net.chain().find(CustodyTransferred))) == 1
    assert town.net[2].vault.pending() == []


@pytest.mark.parametrize("name", ["prepare", "send", "wait_final"])
def test_offering_that_was_cut_off_gives_the_same_document(
    town: Town, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    offer = partial(town.hospital.offer, town.study.number, 2)
    with monkeypatch.context() as patched:
        patched.setattr(Chain, name, cut)
        with pytest.raises(PowerCut):
            offer()
    offer()
    assert len(list(town.net.chain().find(CustodyOffered))) == 1
    assert town.net[1].vault.pending() == []


def test_an_institution_that_may_not_take_it_keeps_no_key(town: Town) -> None:
    handover = town.hospital.offer(town.study.number, 2)
    chain = town.net[2].chain
    chain.wait_final(chain.transact(chain.institutions.suspend_self()))
    with pytest.raises(ContractError):
        Custodian(town.net[2]).accept(handover, person="archive")
    assert town.net[2].vault.find(Kind.STUDY_SECRET, town.study.number.hex()) is None
    assert town.net[2].vault.pending() == []
