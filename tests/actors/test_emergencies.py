"""Opening a record in an emergency: two people, a reason, a short life, and a review that is owed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from actors_town import PowerCut, Town, cut

from pixelpact.chain import Chain, EmergencyRequested, EmergencyReviewed, Verdict
from pixelpact.custodian import Custodian
from pixelpact.documents import emergency_draft_text, parse_emergency_draft
from pixelpact.errors import ContractError, DeniedError, InputError
from pixelpact.models import EmergencyAccess, EmergencyDraft, SignedAttestation
from pixelpact.policy import OperatorPermission, Purpose, Reason
from pixelpact.requester import AccessRequest, Requester

_WHY = "Unconscious after a fall; earlier scans are needed before the operation."
_REPORT = b"Both were on duty that night, and the patient was theirs."


def drafted(town: Town) -> tuple[EmergencyDraft, SignedAttestation]:
    draft = town.clinic.draft_emergency(town.study.number, justification=_WHY, person="dr-b")
    return draft, Requester(town.second(institution=2)).attest_emergency(draft, person="dr-c")


def opened(town: Town) -> tuple[EmergencyDraft, AccessRequest]:
    draft, attested = drafted(town)
    return draft, town.clinic.ask_in_emergency(draft, attested, person="dr-b")


def test_two_people_open_a_study_without_a_consent_and_the_hospital_reviews_it(town: Town) -> None:
    draft, asked = opened(town)
    assert asked.decision.permitted
    (waiting,) = town.hospital.waiting()
    assert (waiting.number, waiting.is_emergency, waiting.query.purpose) == (asked.number, True, Purpose.BTG)
    assert waiting.expires_at - waiting.requested_at == 3600
    town.hospital.release(town.hospital.find_request(asked.number.hex()[:12]), person="archive")
    fetched = town.clinic.fetch(asked.number)
    town.clinic.confirm(fetched, person="dr-b")

    (owed,) = town.hospital.unreviewed()
    assert (owed.number, owed.requester, owed.served, owed.late) == (asked.number, 2, True, False)
    assert town.hospital.find_emergency(asked.number.hex()[:8]) == asked.number
    assert Custodian(town.net[2]).unreviewed() == []
    late = town.hospital.review(asked.number, Verdict.JUSTIFIED, _REPORT, person="privacy", draft=draft)
    assert not late
    assert town.hospital.unreviewed() == []
    (event,) = town.net.chain().find(EmergencyReviewed)
    assert (event.reviewer, event.verdict) == (1, Verdict.JUSTIFIED)
    with pytest.raises(ContractError):
        town.hospital.review(asked.number, Verdict.JUSTIFIED, _REPORT, person="privacy")
    assert town.net[1].vault.pending() == []


def test_the_draft_travels_as_a_document(town: Town) -> None:
    draft, _ = drafted(town)
    text = emergency_draft_text(draft, town.net.network)
    assert parse_emergency_draft(text, town.net.network) == draft
    with pytest.raises(InputError, match="another network"):
        parse_emergency_draft(text, replace(town.net.network, chain_id=1))
    with pytest.raises(InputError, match="reason that can be read"):
        parse_emergency_draft(text.replace(_WHY, " "), town.net.network)


def test_a_refusal_of_it_stands_and_research_refused_does_not(town: Town) -> None:
    town.hospital.relay(town.patient.refuse(custodian=1, purposes=[Purpose.HRESCH]))
    _, asked = opened(town)
    assert asked.decision.permitted
    town.hospital.relay(town.patient.refuse(custodian=1, purposes=[Purpose.BTG]))
    with pytest.raises(DeniedError) as told:
        town.hospital.release(asked.number, person="archive")
    assert told.value.reason == Reason.REFUSED_BY_PATIENT
    _, denied = opened(town)
    assert denied.decision.reason is Reason.REFUSED_BY_PATIENT
    with pytest.raises(InputError, match="no emergency"):
        town.hospital.review(denied.number, Verdict.JUSTIFIED, _REPORT, person="privacy")


def test_nobody_opens_alone_or_without_the_permission(town: Town) -> None:
    draft, attested = drafted(town)
    with pytest.raises(InputError, match="One person can't be both"):
        town.clinic.attest_emergency(draft, person="dr-b")
    own = town.clinic.attest_emergency(draft, person="dr-c")
    with pytest.raises(InputError, match="One account can't be both"):
        town.clinic.ask_in_emergency(draft, own, person="dr-b")
    weak = Requester(town.second(int(OperatorPermission.REQUESTS), institution=2))
    with pytest.raises(InputError, match="may not open records"):
        weak.attest_emergency(draft, person="dr-c")
    with pytest.raises(InputError, match="another institution's"):
        town.other.attest_emergency(draft, person="dr-c")
    with pytest.raises(InputError, match="another person's"):
        town.clinic.ask_in_emergency(draft, attested, person="dr-x")
    with pytest.raises(InputError, match="not of this draft"):
        town.clinic.ask_in_emergency(replace(draft, justification="Another"), attested, person="dr-b")
    with pytest.raises(InputError, match="no study"):
        town.clinic.draft_emergency(b"\1" * 32, justification=_WHY, person="dr-b")
    with pytest.raises(InputError, match="reason that can be read"):
        town.clinic.draft_emergency(town.study.number, justification="", person="dr-b")
    assert not list(town.net.chain().find(EmergencyRequested))


def test_what_was_attested_is_good_for_half_an_hour(town: Town) -> None:
    draft, attested = drafted(town)
    second = Requester(town.second(institution=2))
    made = attested.attestation
    assert isinstance(made, EmergencyAccess)
    assert 0 < made.until - town.net.chain().now() <= 1_800
    town.net.travel(1_800)
    with pytest.raises(ContractError, match="over, or good for more than an hour"):
        town.clinic.ask_in_emergency(draft, attested, person="dr-b")
    with pytest.raises(InputError, match="What was attested is over"):
        second.attest_emergency(draft, person="dr-c", until=made.until)
    now = town.net.chain().now()
    with pytest.raises(InputError, match="not attested for later"):
        second.attest_emergency(draft, person="dr-c", until=now + 3_601)
    anew = second.attest_emergency(draft, person="dr-c", until=now + 3_600)
    assert town.clinic.ask_in_emergency(draft, anew, person="dr-b").decision.permitted
    assert town.net[2].vault.pending() == []


@pytest.mark.parametrize("cut_before", ["prepare", "send", "wait_final"])
def test_an_emergency_that_was_cut_off_goes_on_and_is_asked_once(
    town: Town, monkeypatch: pytest.MonkeyPatch, cut_before: str
) -> None:
    draft, attested = drafted(town)
    with monkeypatch.context() as patched:
        patched.setattr(Chain, cut_before, cut)
        with pytest.raises(PowerCut):
            town.clinic.ask_in_emergency(draft, attested, person="dr-b")
    first = town.clinic.ask_in_emergency(draft, attested, person="dr-b")
    assert town.clinic.ask_in_emergency(draft, attested, person="dr-b") == first
    assert [each.request for each in town.net.chain().find(EmergencyRequested)] == [first.number]
    assert town.net[2].vault.pending() == []


def test_a_review_that_was_cut_off_goes_on_with_its_report(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft, asked = opened(town)
    other = replace(draft, justification="Another reason")
    with pytest.raises(InputError, match="not of this emergency"):
        town.hospital.review(asked.number, Verdict.JUSTIFIED, _REPORT, person="privacy", draft=other)
    with pytest.raises(InputError, match="verdict and a report"):
        town.hospital.review(asked.number, Verdict.JUSTIFIED, b"", person="privacy")
    with monkeypatch.context() as patched:
        patched.setattr(Chain, "send", cut)
        with pytest.raises(PowerCut):
            town.hospital.review(asked.number, Verdict.UNJUSTIFIED, _REPORT, person="privacy")
    with pytest.raises(InputError, match="Another review"):
        town.hospital.review(asked.number, Verdict.JUSTIFIED, _REPORT, person="privacy")
    town.net.travel(4000)
    assert town.hospital.review(asked.number, Verdict.UNJUSTIFIED, _REPORT, person="privacy")
    (event,) = town.net.chain().find(EmergencyReviewed)
    assert (event.verdict, event.late) == (Verdict.UNJUSTIFIED, True)


def test_the_institution_that_opened_it_does_not_review_itself(town: Town) -> None:
    _, asked = opened(town)
    with pytest.raises(ContractError):
        Custodian(town.net[2]).review(asked.number, Verdict.JUSTIFIED, _REPORT, person="dr-b")
    assert town.net[2].vault.pending() == []
