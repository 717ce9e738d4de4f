from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from actors_town import PowerCut, Town, cut

from pixelpact.chain import (
    AccessDisputed,
    AccessReleased,
    AccessRequested,
    At,
    Chain,
    KeyPublished,
    RequestStatus,
    StudyRecord,
)
from pixelpact.chain.contracts import StudyRegistry
from pixelpact.errors import (
    BlockError,
    ChainMismatchError,
    DeniedError,
    InputError,
    SealedStudyError,
    VaultError,
)
from pixelpact.models import RAW
from pixelpact.policy import FailureClass, Obligation, Purpose, Reason
from pixelpact.vault import Kind


def test_a_denial_is_an_answer_with_a_sentence_and_recorded(town: Town) -> None:
    asked = town.ask(None)
    assert asked.decision.reason is Reason.DIRECTIVE_ABSENT
    assert asked.decision.sentence == "No consent was cited; without one nothing is shared."
    assert town.net.chain().ledger.request_of(asked.number).status is RequestStatus.DENIED


def test_asking_again_is_another_request(town: Town) -> None:
    first, second = town.ask(None), town.ask(None)
    assert first.number != second.number


@pytest.mark.parametrize("cut_before", ["prepare", "send", "wait_final"])
def test_a_request_cut_off_goes_on_and_is_made_once(
    town: Town, monkeypatch: pytest.MonkeyPatch, cut_before: str
) -> None:
    consent = town.consent()

    with monkeypatch.context() as patched:
        patched.setattr(Chain, cut_before, cut)
        with pytest.raises(PowerCut):
            town.ask(consent)
    asked = town.ask(consent)
    requests = list(town.net.chain().find(AccessRequested, requester=2))
    assert [each.request for each in requests] == [asked.number]
    assert town.net[2].vault.pending() == []


def test_an_invitation_to_another_network_is_refused(town: Town) -> None:
    signed = town.hospital.invite(town.study.number)
    for changes in ({"genesis": bytes(32)}, {"chain_id": 1}):
        other = replace(signed, invitation=replace(signed.invitation, **changes))
        with pytest.raises(InputError, match="another network"):
            town.clinic.request(other, purpose=Purpose.TREAT, person="dr-b")


def test_another_purpose_than_the_consents_is_denied(town: Town) -> None:
    invitation = town.hospital.invite(town.study.number, town.consent())
    asked = town.clinic.request(invitation, purpose=Purpose.HMARKT, person="dr-b")
    assert asked.decision.reason is Reason.PURPOSE_NOT_GRANTED


def test_nothing_is_fetched_before_it_was_released_or_after_a_denial(town: Town) -> None:
    permitted, denied = town.ask(town.consent()), town.ask(None)
    with pytest.raises(InputError, match="Nothing was released"):
        town.clinic.fetch(permitted.number)
    with pytest.raises(DeniedError) as told:
        town.clinic.fetch(denied.number)
    assert told.value.reason == Reason.DIRECTIVE_ABSENT


def test_another_institution_can_not_fetch_what_was_released_to_the_clinic(town: Town) -> None:
    asked = town.ask(town.consent())
    town.hospital.release(asked.number, person="archive")
    with pytest.raises(InputError, match="not one of this profile"):
        town.other.fetch(asked.number)


def test_without_the_key_the_vault_is_named(town: Town) -> None:
    asked = town.ask(town.consent())
    town.hospital.release(asked.number, person="archive")
    (seed,) = town.net[2].vault.ids(Kind.ENCRYPTION_SEED)
    town.net[2].vault.delete(Kind.ENCRYPTION_SEED, seed)
    with pytest.raises(VaultError, match="encryption key"):
        town.clinic.fetch(asked.number)


def test_a_confirmation_comes_after_everything_was_read_and_found_right(town: Town) -> None:
    asked = town.ask(town.consent())
    town.hospital.release(asked.number, person="archive")
    fetched = town.clinic.fetch(asked.number)
    # A bit of the data flips after the study was opened: confirming reads everything, and must not confirm.
    cid = next(cid for cid in fetched.opened.cids() if cid.codec == RAW)
    path = town.net.store.path(cid)
    whole = path.read_bytes()
    path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    with pytest.raises(BlockError, match="damaged"):
        town.clinic.confirm(fetched, person="dr-b")
    assert town.net.chain().ledger.request_of(asked.number).confirmed_epoch == 0
    path.write_bytes(whole)
    town.clinic.confirm(fetched, person="dr-b")
    assert town.net.chain().ledger.request_of(asked.number).confirmed_epoch == 1


@pytest.mark.parametrize("failure", SealedStudyError.__subclasses__())
def test_a_dispute_names_the_check_that_failed(town: Town, failure: type[SealedStudyError]) -> None:
    asked = town.ask(town.consent())
    town.hospital.release(asked.number, person="archive")
    town.clinic.dispute(asked.number, failure("It is not what was registered"), person="dr-b")
    (event,) = town.net.chain().find(AccessDisputed, request=asked.number)
    assert FailureClass(event.failure).name == failure.failure_class.upper()


def test_a_request_that_was_cut_off_is_not_taken_for_another_one(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    invitation = town.hospital.invite(town.study.number, town.consent())
    with monkeypatch.context() as patched:
        patched.setattr(Chain, "send", cut)
        with pytest.raises(PowerCut):
            town.clinic.request(invitation, purpose=Purpose.TREAT, person="dr-x")
    obligations = Obligation.RETURN_RESULTS
    town.clinic.request(invitation, purpose=Purpose.TREAT, person="dr-y", obligations=obligations)
    *_, event = town.net.chain().find(AccessRequested, requester=2)
    assert event.query.obligations == obligations
    assert event.person == town.net[2].person_digest("dr-y")
    # Nor is one for a project taken for one without.
    project = b"\x37" * 32
    town.clinic.request(invitation, purpose=Purpose.TREAT, person="dr-x", project=project)
    *_, event = town.net.chain().find(AccessRequested, requester=2)
    assert (event.query.project, event.query.obligations) == (project, 0)
    for wrong in (b"\x37" * 31, "37" * 32):
        with pytest.raises(InputError, match="not a project's number"):
            town.clinic.request(invitation, purpose=Purpose.TREAT, person="dr-x", project=wrong)  # type: ignore[arg-type]


def test_only_reading_everything_makes_a_study_verified(town: Town) -> None:
    asked = town.ask(town.consent())
    town.hospital.release(asked.number, person="archive")
    fetched = town.clinic.fetch(asked.number)
    assert not fetched.verified
    with pytest.raises(AttributeError):
        fetched.verified = True
    next(fetched.instances())
    assert not fetched.verified
    fetched.verify()
    assert fetched.verified


def test_a_release_that_the_registry_contradicts_is_refused(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = town.ask(town.consent())
    town.hospital.release(asked.number, person="archive")
    study = StudyRegistry.study
    for changes in ({"manifest_digest": bytes(32)}, {"custodian": 3}):

        def contradicting(
            registry: StudyRegistry, number: bytes, *, at: At = "latest", changes: Any = changes
        ) -> StudyRecord:
            return replace(study(registry, number, at=at), **changes)

        with monkeypatch.context() as patched:
            patched.setattr(StudyRegistry, "study", contradicting)
            with pytest.raises(ChainMismatchError, match="not of what the chain names"):
                town.clinic.fetch(asked.number)


def test_a_key_whose_publication_was_cut_off_is_published_once(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    for moment in ("prepare", "send", "wait_final"):
        with monkeypatch.context() as patched:
            patched.setattr(Chain, moment, cut)
            with pytest.raises(PowerCut):
                town.clinic.publish_key()
        town.clinic.publish_key()
    versions = [each.version for each in town.net.chain().find(KeyPublished, institution=2)]
    assert versions == [1, 2, 3, 4]
    assert len(town.net[2].vault.ids(Kind.ENCRYPTION_SEED)) == 4


def test_publishing_a_key_again_makes_a_new_version(town: Town) -> None:
    assert town.clinic.publish_key() == 2
    assert town.net.chain().institutions.institution(2).key_version == 2


def test_a_release_of_another_study_is_not_taken_for_the_one_that_was_asked_for(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = town.ask(town.consent())
    town.hospital.release(asked.number, person="archive")
    find = Chain.find
    for changes in ({"study": b"\1" * 32}, {"requester": 3}, {"epoch": 9}):

        def lying(chain: Chain, kind: Any, *, changes: Any = changes, **asked_for: Any) -> Any:
            for event in find(chain, kind, **asked_for):
                yield replace(event, **changes) if kind is AccessReleased else event

        with monkeypatch.context() as patched:
            patched.setattr(Chain, "find", lying)
            with pytest.raises(ChainMismatchError, match="not one of this request"):
                town.clinic.fetch(asked.number)
