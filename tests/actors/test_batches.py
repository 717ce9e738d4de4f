"""Signed consents under one root: each counts alone, is proven alone, and ends alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from actors_town import PowerCut, Town, cut

from pixelpact.chain import BatchAnchored, Chain
from pixelpact.documents import batched_text, find_evidence, parse_batched, standing_of
from pixelpact.errors import InputError
from pixelpact.models import SignedDirective
from pixelpact.patient import Patient
from pixelpact.policy import Purpose, Reason
from pixelpact.vault import Kind


def signed(town: Town, count: int = 3) -> list[SignedDirective]:
    return [
        town.patient.allow(custodian=1, grantee=2, purposes=[Purpose.TREAT], categories=town.study.categories)
        for _ in range(count)
    ]


def ask(town: Town, consent: SignedDirective) -> Reason:
    invitation = town.hospital.invite(town.study.number, consent)
    return Reason(town.clinic.request(invitation, purpose=Purpose.TREAT, person="dr-b").decision.reason)


def test_each_consent_of_a_batch_counts_and_ends_alone(town: Town) -> None:
    first, second, third = consents = signed(town)
    batch = town.hospital.anchor(consents)
    assert set(batch.evidence) == {each.number for each in consents}
    (kept,) = town.hospital.batches()
    assert (kept.root, set(kept.consents)) == (batch.root, set(batch.evidence))
    assert kept.anchored_at == batch.anchored_at > 0
    assert ask(town, first) is Reason.PERMITTED
    town.hospital.relay(town.patient.withdraw(first))
    assert ask(town, first) is Reason.DIRECTIVE_REVOKED
    assert ask(town, second) is Reason.PERMITTED
    assert standing_of(town.net.chain(), third, batch.evidence[third.number]).word == "in force"
    assert standing_of(town.net.chain(), third).word == "unrecorded"


def test_what_proves_a_consent_travels_as_a_document_and_the_patient_invites_with_it(town: Town) -> None:
    consents = signed(town)
    town.hospital.anchor(consents)
    proven = town.hospital.prove(consents[1])
    read = parse_batched(batched_text(proven, town.net.network), town.net.network)
    assert read == proven
    invitation = town.patient.invite(town.study.number, consents[1], evidence=read.evidence)
    assert town.clinic.request(invitation, purpose=Purpose.TREAT, person="dr-b").decision.permitted
    with pytest.raises(InputError, match="stands in no batch"):
        town.hospital.prove(signed(town, 1)[0])


def test_one_that_was_recorded_by_itself_needs_no_batch(town: Town) -> None:
    consents = signed(town)
    town.hospital.anchor(consents)
    town.hospital.relay(consents[0])
    assert town.hospital.invite(town.study.number, consents[0]).invitation.evidence is None
    assert town.hospital.invite(town.study.number, consents[1]).invitation.evidence is not None


def test_one_bad_leaf_is_named_and_nothing_is_anchored(town: Town) -> None:
    good, stranger = signed(town), Patient.create(town.net.chain())
    withdrawn = signed(town, 1)[0]
    town.hospital.relay(town.patient.withdraw(withdrawn))
    forged = replace(
        stranger.allow(custodian=1, grantee=2, purposes=[Purpose.TREAT], categories=1),
        directive=good[0].directive,
        number=good[0].number,
    )
    unappointed = replace(good[1], appointment=1)
    for bad, why in (
        (good[0], "the same consent as a.json"),
        (withdrawn, "it is withdrawn"),
        (replace(unappointed, number=unappointed.number), "appointment 1"),
    ):
        others = good if bad in good else good[:1]
        names = ["a.json", *(f"b{place}.json" for place in range(len(others) - 1)), "bad.json"]
        with pytest.raises(
            InputError, match=r"bad\.json can't stand in a batch; nothing was anchored"
        ) as told:
            town.hospital.anchor([*others, bad], names=names)
        assert why in told.value.sentence
    with pytest.raises(InputError, match=r"bad\.json can't stand"):
        town.hospital.anchor([good[1], forged], names=["a.json", "bad.json"])
    with pytest.raises(InputError, match="no consent to anchor"):
        town.hospital.anchor([])
    assert not list(town.net.chain().find(BatchAnchored))
    assert not town.net[1].vault.ids(Kind.EVIDENCE)
    assert town.net[1].vault.pending() == []


@pytest.mark.parametrize("cut_before", ["prepare", "send", "wait_final"])
def test_a_batch_that_was_cut_off_goes_on_and_is_anchored_once(
    town: Town, monkeypatch: pytest.MonkeyPatch, cut_before: str
) -> None:
    consents = signed(town)
    with monkeypatch.context() as patched:
        patched.setattr(Chain, cut_before, cut)
        with pytest.raises(PowerCut):
            town.hospital.anchor(consents)
    first = town.hospital.anchor(consents)
    # Whatever order they come in.
    assert town.hospital.anchor(consents[::-1]).root == first.root
    assert len(list(town.net.chain().find(BatchAnchored))) == 1
    assert town.net[1].vault.pending() == []
    assert find_evidence(town.net[1].vault, consents[0].number) == first.evidence[consents[0].number]
