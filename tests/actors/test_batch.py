"""A consent that stands in a batch: invited, asked for, released and fetched with what shows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from actors_town import Town

from pixelpact.chain import AccessReleased, Account, Batch, Call, batches, eip712
from pixelpact.documents import invitation_link, parse_invitation, sign_invitation, standing_of
from pixelpact.errors import DeniedError, InputError
from pixelpact.models import Evidence, SignedDirective
from pixelpact.policy import Purpose, Reason


def batched(town: Town, count: int = 3) -> tuple[SignedDirective, Evidence]:
    """A consent that the hospital will anchor among others, and what shows it."""
    consents = [
        town.patient.allow(custodian=1, grantee=2, purposes=[Purpose.TREAT], categories=town.study.categories)
        for _ in range(count)
    ]
    network = town.net.network
    leaves = [batches.leaf_of(network, 1, each.directive.subject, each.number) for each in consents]
    batch = Batch.of(leaves)
    return consents[1], Evidence(1, batch.root, batch.path(leaves[1]), 0, consents[1].signature)


def anchor(town: Town, evidence: Evidence) -> None:
    chain = town.net[1].chain
    chain.wait_final(chain.transact(chain.consents.anchor(evidence.root)))


def test_a_consent_in_a_batch_goes_all_the_way(town: Town) -> None:
    consent, evidence = batched(town)
    anchor(town, evidence)
    assert standing_of(town.net.chain(), consent).word == "unrecorded"
    assert standing_of(town.net.chain(), consent, evidence).word == "in force"
    invitation = town.hospital.invite(town.study.number, consent, evidence=evidence)
    received = parse_invitation(invitation_link(invitation))
    asked = town.clinic.request(received, purpose=Purpose.TREAT, person="dr-b")
    assert asked.decision.permitted
    released = town.hospital.release(asked.number, person="archive")
    fetched = town.clinic.fetch(asked.number)
    fetched.verify()
    assert fetched.epoch == released.epoch
    # What was recorded is of the batch: the patient withdraws this one consent of it alone.
    town.hospital.relay(town.patient.withdraw(consent))
    assert standing_of(town.net.chain(), consent, evidence).word == "withdrawn"
    again = town.clinic.request(received, purpose=Purpose.TREAT, person="dr-b")
    assert again.decision.reason is Reason.DIRECTIVE_REVOKED
    assert len(list(town.net.chain().find(AccessReleased))) == 1


def test_the_patient_invites_with_evidence_too(town: Town) -> None:
    consent, evidence = batched(town)
    anchor(town, evidence)
    invitation = town.patient.invite(town.study.number, consent, evidence=evidence)
    assert town.clinic.request(invitation, purpose=Purpose.TREAT, person="dr-b").decision.permitted


def test_what_does_not_show_the_consent_is_refused_before_anybody_asks(town: Town) -> None:
    consent, evidence = batched(town)
    with pytest.raises(InputError, match="not on the chain"):
        town.hospital.invite(town.study.number, consent, evidence=evidence)
    anchor(town, evidence)
    network, stranger = town.net.network, Account.generate()
    for wrong, why in (
        (replace(evidence, path=evidence.path[:-1]), "not in this batch"),
        (replace(evidence, poster=2), "not in this batch"),
        (replace(evidence, signature=eip712.sign(stranger, network, consent.directive)), "another key's"),
        (replace(evidence, appointment=1), "another key's"),
    ):
        with pytest.raises(InputError, match=why):
            town.hospital.invite(town.study.number, consent, evidence=wrong)
        # Nor by whoever is invited by somebody who did not look.
        good = town.hospital.invite(town.study.number, consent, evidence=evidence).invitation
        account = town.net[1].chain.account
        assert account is not None
        with pytest.raises(InputError, match=why):
            town.clinic.request(
                sign_invitation(account, replace(good, evidence=wrong)), purpose=Purpose.TREAT, person="dr-b"
            )
    with pytest.raises(InputError, match="none is cited"):
        town.hospital.invite(town.study.number, None, evidence=evidence, term=timedelta(days=1))


def test_a_release_to_another_key_than_the_one_that_was_checked_is_denied(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = town.ask(town.consent())
    ledger = town.net[1].chain.ledger
    honest = ledger.release

    def swapped(*asked: Any, evidence: Evidence | None = None) -> Call:
        *rest, release = asked
        return honest(*rest, replace(release, key_digest=b"\x01" * 32), evidence=evidence)

    monkeypatch.setattr(ledger, "release", swapped)
    with pytest.raises(DeniedError) as caught:
        town.hospital.release(asked.number, person="archive")
    assert caught.value.reason == Reason.KEY_DIFFERS
    assert list(town.net.chain().find(AccessReleased)) == []
