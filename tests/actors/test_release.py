"""A key leaves only while the chain says yes, and only after that is final; interrupted, it goes on, once."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from actors_town import PowerCut, Town, cut

from pixelpact.chain import (
    AccessReleased,
    At,
    Call,
    Chain,
    Receipt,
    SignedCall,
    StudyRecord,
)
from pixelpact.chain.contracts import InstitutionRegistry, StudyRegistry
from pixelpact.custodian import Custodian, releasing
from pixelpact.errors import (
    BlockError,
    ChainMismatchError,
    ClockApartError,
    DeniedError,
    InputError,
    UnreachableError,
    VaultError,
)
from pixelpact.models import RAW, Cid
from pixelpact.policy import Purpose, Reason, RefusalReason
from pixelpact.requester import Requester
from pixelpact.storage import FolderStore
from pixelpact.vault import Kind, study_key_id


def releases(town: Town) -> list[AccessReleased]:
    return list(town.net.chain().find(AccessReleased, study=town.study.number))


def envelopes(town: Town) -> list[str]:
    blocks = (town.net.store.folder / "blocks").rglob("*")
    return [path.name for path in blocks if path.is_file() and path.stat().st_size == 1200]


def test_a_permitted_request_is_served_and_opens_to_the_same_bytes(town: Town) -> None:
    asked = town.ask(town.consent())
    released = town.hospital.release(asked.number, person="archive")
    fetched = town.clinic.fetch(asked.number)
    for instance in fetched.opened:
        original = next(each for each in town.source if each.sop_uid == instance.sop_uid)
        with fetched.opened.open(instance) as opened, town.source.open(original) as given:
            assert opened.read() == given.read()
    assert (released.epoch, released.requester) == (1, 2)


def test_a_denied_request_is_not_served(town: Town) -> None:
    asked = town.ask(None)
    with pytest.raises(DeniedError) as denied:
        town.hospital.release(asked.number, person="archive")
    assert denied.value.reason == Reason.DIRECTIVE_ABSENT
    assert releases(town) == []


def test_a_permit_does_not_outlive_its_consent(town: Town) -> None:
    consent = town.consent()
    asked = town.ask(consent)
    town.hospital.relay(town.patient.withdraw(consent))
    with pytest.raises(DeniedError) as denied:
        town.hospital.release(asked.number, person="archive")
    assert denied.value.reason == Reason.DIRECTIVE_REVOKED
    assert releases(town) == []
    assert envelopes(town) == []


def test_the_chain_decides_again_although_the_custodian_asked_before(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    consent = town.consent()
    asked = town.ask(consent)
    town.hospital.relay(town.patient.withdraw(consent))
    monkeypatch.setattr(releasing, "_require_permitted", lambda *_: None)
    with pytest.raises(DeniedError) as denied:
        town.hospital.release(asked.number, person="archive")
    assert denied.value.reason == Reason.DIRECTIVE_REVOKED


def test_no_envelope_is_published_before_its_release_is_final(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = town.ask(town.consent())

    with monkeypatch.context() as patched:
        patched.setattr(Chain, "wait_final", cut)
        with pytest.raises(PowerCut):
            town.hospital.release(asked.number, person="archive")
    assert envelopes(town) == []
    with pytest.raises(InputError, match="Nothing was released"):
        town.clinic.fetch(asked.number)

    released = town.hospital.release(asked.number, person="archive")
    assert [each.envelope_digest for each in releases(town)] == [released.envelope_digest]
    assert envelopes(town) == [str(Cid(RAW, released.envelope_digest))]
    town.clinic.fetch(asked.number).verify()


def test_a_withdrawal_while_the_release_becomes_final_keeps_the_envelope_back(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    consent = town.consent()
    asked = town.ask(consent)
    wait_final = Chain.wait_final

    def withdrawn_meanwhile(chain: Chain, receipt: object) -> object:
        with monkeypatch.context() as restored:
            restored.setattr(Chain, "wait_final", wait_final)
            Custodian(town.net[3]).relay(town.patient.withdraw(consent))
        return wait_final(chain, receipt)

    with monkeypatch.context() as patched:
        patched.setattr(Chain, "wait_final", withdrawn_meanwhile)
        with pytest.raises(DeniedError, match="kept back"):
            town.hospital.release(asked.number, person="archive")
    assert len(releases(town)) == 1
    assert envelopes(town) == []
    assert town.net[1].vault.pending() == []
    with pytest.raises(InputError, match="not there yet"):
        town.clinic.fetch(asked.number)
    # Released again it says what is the matter, and publishes nothing.
    with pytest.raises(InputError, match="not in the store"):
        town.hospital.release(asked.number, person="archive")
    assert envelopes(town) == []


@pytest.mark.parametrize("cut_before", ["prepare", "send", "wait_final"])
def test_a_release_cut_off_anywhere_goes_on_and_happens_once(
    town: Town, monkeypatch: pytest.MonkeyPatch, cut_before: str
) -> None:
    asked = town.ask(town.consent())

    with monkeypatch.context() as patched:
        patched.setattr(Chain, cut_before, cut)
        with pytest.raises(PowerCut):
            town.hospital.release(asked.number, person="archive")
    town.hospital.release(asked.number, person="archive")
    assert len(releases(town)) == 1
    assert len(envelopes(town)) == 1
    assert town.net[1].vault.pending() == []
    town.clinic.fetch(asked.number).verify()


def test_a_release_cut_off_after_the_chain_has_it_is_not_sent_twice(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = town.ask(town.consent())

    with monkeypatch.context() as patched:
        patched.setattr(FolderStore, "put", cut)
        with pytest.raises(PowerCut):
            town.hospital.release(asked.number, person="archive")
    assert len(releases(town)) == 1
    town.hospital.release(asked.number, person="archive")
    assert len(releases(town)) == 1
    town.clinic.fetch(asked.number).verify()


def test_a_key_published_in_between_gets_a_new_envelope(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = town.ask(town.consent())

    with monkeypatch.context() as patched:
        patched.setattr(Chain, "prepare", cut)
        with pytest.raises(PowerCut):
            town.hospital.release(asked.number, person="archive")
    town.clinic.publish_key()
    town.hospital.release(asked.number, person="archive")
    assert [each.key_version for each in releases(town)] == [2]
    town.clinic.fetch(asked.number).verify()


def test_a_request_is_served_once_in_an_epoch(town: Town) -> None:
    asked = town.ask(town.consent())
    first = town.hospital.release(asked.number, person="archive")
    assert town.hospital.release(asked.number, person="archive") == first
    assert len(releases(town)) == 1
    assert town.net[1].vault.pending() == []


def test_only_the_custodian_releases(town: Town) -> None:
    asked = town.ask(town.consent())
    with pytest.raises(InputError, match="not one of this institution's"):
        Custodian(town.net[3]).release(asked.number, person="somebody")


def test_an_unknown_request_is_not_served(town: Town) -> None:
    with pytest.raises(InputError, match="no request"):
        town.hospital.release(b"\1" * 32, person="archive")


def test_a_requester_without_a_key_is_not_served(town: Town) -> None:
    keyless = Requester(town.net[1])
    asked = town.ask(town.consent(1), keyless)
    with pytest.raises(InputError, match="no encryption key"):
        town.hospital.release(asked.number, person="archive")


def test_a_vault_without_the_epochs_key_fails_closed(town: Town) -> None:
    asked = town.ask(town.consent())
    town.net[1].vault.delete(Kind.STUDY_KEY, study_key_id(town.study.number, 1))
    with pytest.raises(VaultError):
        town.hospital.release(asked.number, person="archive")
    assert releases(town) == []


def test_a_refused_request_stays_refused(town: Town) -> None:
    asked = town.ask(town.consent())
    town.hospital.refuse(asked.number, RefusalReason.LEGAL_HOLD, person="archive")
    with pytest.raises(DeniedError) as denied:
        town.hospital.release(asked.number, person="archive")
    assert denied.value.reason == RefusalReason.LEGAL_HOLD
    with pytest.raises(DeniedError, match="refused by the hospital") as told:
        town.clinic.fetch(asked.number)
    assert told.value.reason == RefusalReason.LEGAL_HOLD


def test_an_envelope_that_was_tampered_with_in_the_store_does_not_open(town: Town) -> None:
    asked = town.ask(town.consent())
    released = town.hospital.release(asked.number, person="archive")
    path = town.net.store.path(Cid(RAW, released.envelope_digest))
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(BlockError):
        town.clinic.fetch(asked.number)


def test_the_person_behind_a_release_is_a_digest_that_only_the_institution_can_open(town: Town) -> None:
    asked = town.ask(town.consent())
    town.hospital.release(asked.number, person="archive")
    (event,) = releases(town)
    assert event.person == town.net[1].person_digest("archive")
    assert event.person != town.net[2].person_digest("archive")
    assert event.person != hashlib.sha256(b"archive").digest()


def test_nothing_is_published_while_the_chain_stands_still(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = town.ask(town.consent())
    with monkeypatch.context() as patched:
        patched.setattr(FolderStore, "put", cut)
        with pytest.raises(PowerCut):
            town.hospital.release(asked.number, person="archive")

    def still(_: Chain) -> None:
        raise ClockApartError("The chain stands still")

    with monkeypatch.context() as patched:
        patched.setattr(Chain, "check_clock", still)
        with pytest.raises(ClockApartError):
            town.hospital.release(asked.number, person="archive")
    assert envelopes(town) == []
    town.hospital.release(asked.number, person="archive")
    assert len(envelopes(town)) == 1


def test_a_release_that_the_chain_refused_is_made_anew_when_the_answer_changes(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = town.ask(town.consent())
    prepare = Chain.prepare

    def refused_meanwhile(chain: Chain, call: Call) -> SignedCall:
        signed = prepare(chain, call)
        with monkeypatch.context() as restored:
            restored.setattr(Chain, "prepare", prepare)
            Custodian(town.net[3]).relay(town.patient.refuse(custodian=1, purposes=[Purpose.TREAT]))
        return signed

    with monkeypatch.context() as patched:
        patched.setattr(Chain, "prepare", refused_meanwhile)
        with pytest.raises(DeniedError) as denied:
            town.hospital.release(asked.number, person="archive")
    assert denied.value.reason == Reason.REFUSED_BY_PATIENT
    Custodian(town.net[3]).relay(town.patient.lift_refusal(custodian=1))
    town.hospital.release(asked.number, person="archive")
    assert len(releases(town)) == 1
    town.clinic.fetch(asked.number).verify()


def test_a_transaction_that_was_never_sent_does_not_block_a_withdrawal(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    consent = town.consent()
    asked = town.ask(consent)

    def silent(*_: object, **__: object) -> None:
        raise UnreachableError("No node answers")

    with monkeypatch.context() as patched:
        patched.setattr(Chain, "send", silent)
        with pytest.raises(UnreachableError):
            town.hospital.release(asked.number, person="archive")
    Custodian(town.net[3]).relay(town.patient.withdraw(consent))
    # The release's nonce comes first; it is sent, and the contract refuses it.
    town.hospital.relay(town.patient.withdraw_all(custodian=1))
    assert releases(town) == []
    with pytest.raises(DeniedError):
        town.hospital.release(asked.number, person="archive")
    assert town.net[1].vault.pending() == []
    assert town.ask(town.consent()).decision.permitted


def test_a_transaction_whose_nonce_was_taken_is_made_anew(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = town.ask(town.consent())
    with monkeypatch.context() as patched:
        patched.setattr(Chain, "send", cut)
        with pytest.raises(PowerCut):
            town.hospital.release(asked.number, person="archive")
    # Another process of the hospital, which knows nothing of this journal, takes the nonce.
    chain = Chain.connect(town.net.network, town.net[1].chain.account)
    entry = next(iter(town.net[1].vault.records(Kind.JOURNAL).values()))
    chain.abandon(SignedCall.parse(entry["state"]["transaction released"]))
    chain.transact(chain.institutions.publish_key(bytes(1216)))
    town.hospital.release(asked.number, person="archive")
    assert len(releases(town)) == 1
    town.clinic.fetch(asked.number).verify()


def test_a_key_that_is_not_the_registrys_gets_no_envelope(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = town.ask(town.consent())
    monkeypatch.setattr(InstitutionRegistry, "key_digest", lambda *_, **__: bytes(32))
    with pytest.raises(ChainMismatchError, match="not the one that the registry holds"):
        town.hospital.release(asked.number, person="archive")
    assert releases(town) == []


def test_a_rotation_while_the_release_becomes_final_keeps_the_envelope_back(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = town.ask(town.consent())
    with monkeypatch.context() as patched:
        patched.setattr(FolderStore, "put", cut)
        with pytest.raises(PowerCut):
            town.hospital.release(asked.number, person="archive")
    study = StudyRegistry.study

    def sealed_anew(registry: StudyRegistry, number: bytes, *, at: At = "latest") -> StudyRecord:
        record = study(registry, number, at=at)
        return replace(record, epoch=record.epoch + 1) if seen.append(at) or len(seen) > 1 else record

    seen: list[At] = []
    monkeypatch.setattr(StudyRegistry, "study", sealed_anew)
    with pytest.raises(InputError, match="sealed anew"):
        town.hospital.release(asked.number, person="archive")
    assert envelopes(town) == []


@pytest.mark.parametrize("person", ["", "  "])
def test_somebody_must_be_named(town: Town, person: str) -> None:
    asked = town.ask(town.consent())
    with pytest.raises(InputError, match="who acts"):
        town.hospital.release(asked.number, person=person)


def test_a_consent_that_another_relay_brought_is_there(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    signed = town.patient.allow(
        custodian=1, grantee=2, purposes=[Purpose.TREAT], categories=town.study.categories
    )
    refusal = town.patient.refuse(custodian=1, purposes=[Purpose.HMARKT])
    for message in (signed, refusal):
        Custodian(town.net[3]).relay(message)
        town.hospital.relay(message)
        town.hospital.relay(message)
    # And one that is faster by a block.
    withdrawal, prepare = town.patient.withdraw(signed), Chain.prepare

    def overtaken(chain: Chain, call: Call) -> SignedCall:
        prepared = prepare(chain, call)
        with monkeypatch.context() as restored:
            restored.setattr(Chain, "prepare", prepare)
            Custodian(town.net[3]).relay(withdrawal)
        return prepared

    with monkeypatch.context() as patched:
        patched.setattr(Chain, "prepare", overtaken)
        town.hospital.relay(withdrawal)
    assert town.net[1].vault.pending() == []


def test_a_refusal_while_the_release_becomes_final_keeps_the_envelope_back(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = town.ask(town.consent())
    wait_final = Chain.wait_final

    def refused_meanwhile(chain: Chain, receipt: Receipt) -> Receipt:
        with monkeypatch.context() as restored:
            restored.setattr(Chain, "wait_final", wait_final)
            town.hospital.refuse(asked.number, RefusalReason.LEGAL_HOLD, person="legal")
        return wait_final(chain, receipt)

    with monkeypatch.context() as patched:
        patched.setattr(Chain, "wait_final", refused_meanwhile)
        with pytest.raises(DeniedError) as denied:
            town.hospital.release(asked.number, person="archive")
    assert denied.value.reason == RefusalReason.LEGAL_HOLD
    assert envelopes(town) == []


def test_the_decision_is_the_last_thing_that_is_asked_before_the_envelope_leaves(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = town.ask(town.consent())
    order: list[str] = []
    for owner, name in ((releasing, "_require_current"), (releasing, "why_not"), (FolderStore, "put")):
        kept = getattr(owner, name)

        def noted(*given: Any, kept: Any = kept, name: str = name, **named: Any) -> Any:
            order.append(name)
            return kept(*given, **named)

        monkeypatch.setattr(owner, name, noted)
    town.hospital.release(asked.number, person="archive")
    assert order[-3:] == ["_require_current", "why_not", "put"]
