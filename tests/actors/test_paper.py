"""What stands on paper: two operators, the form, the delay, and the patient's own key that ends it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from actors_town import PowerCut, Town, cut

from pixelpact.chain import Chain, DirectiveRecorded, GuardianAppointed, Means, PaperRecorded, RefusalTaken
from pixelpact.custodian import Custodian
from pixelpact.documents import draft_text, kept_papers, matches_salted, parse_draft
from pixelpact.errors import ContractError, InputError
from pixelpact.models import ZERO32, AttestedAppointment, PaperDirective, RefusalLift
from pixelpact.policy import GuardianPower, OperatorPermission, Purpose, Reason
from pixelpact.vault import Kind

_FORM = b"%PDF the scanned form"
_NOTE = b"called on Monday, wants no research"


def draft(town: Town) -> PaperDirective:
    return town.hospital.draft_paper(
        _FORM,
        subject=town.patient.address(custodian=1),
        grantee=2,
        purposes=[Purpose.TREAT],
        categories=town.study.categories,
    )


def recorded(town: Town) -> PaperDirective:
    drafted = draft(town)
    town.hospital.record_paper(drafted, Custodian(town.second()).attest_paper(drafted, _FORM))
    return drafted


def ask(town: Town, drafted: PaperDirective) -> Reason:
    invitation = town.hospital.invite(town.study.number, drafted)
    asked = town.clinic.request(invitation, purpose=Purpose.TREAT, person="dr-b")
    return Reason(asked.decision.reason)


def test_a_consent_on_paper_counts_after_the_delay(town: Town) -> None:
    drafted = recorded(town)
    (event,) = town.net.chain().find(PaperRecorded, directive=drafted.number)
    assert event.first != event.second
    assert matches_salted(event.form, drafted.salt, _FORM)
    assert kept_papers(town.net[1].vault, town.net.network) == [drafted]
    town.net.travel(10)
    assert ask(town, drafted) is Reason.PERMITTED


def test_the_patients_own_refusal_ends_it(town: Town) -> None:
    drafted = recorded(town)
    town.net.travel(10)
    town.hospital.relay(town.patient.refuse(custodian=1, purposes=[Purpose.HMARKT]))
    assert ask(town, drafted) is Reason.PAPER_ENDED
    with pytest.raises(InputError, match="Nothing on paper counts"):
        draft(town)


def test_the_draft_travels_as_a_document(town: Town) -> None:
    drafted = draft(town)
    assert parse_draft(draft_text(drafted, town.net.network), town.net.network) == drafted
    other = replace(town.net.network, chain_id=1)
    with pytest.raises(InputError, match="another network"):
        parse_draft(draft_text(drafted, town.net.network), other)


def test_another_form_is_not_attested(town: Town) -> None:
    second = Custodian(town.second())
    with pytest.raises(InputError, match="not the form"):
        second.attest_paper(draft(town), _FORM + b" ")


def test_nobody_attests_alone_or_without_the_permission_or_for_another_hospital(town: Town) -> None:
    drafted = draft(town)
    with pytest.raises(InputError, match="can't be both"):
        town.hospital.record_paper(drafted, town.hospital.attest_paper(drafted, _FORM))
    weak = Custodian(town.second(int(OperatorPermission.RELEASES)))
    with pytest.raises(InputError, match="may not attest"):
        weak.attest_paper(drafted, _FORM)
    with pytest.raises(InputError, match="another institution's"):
        Custodian(town.net[2]).attest_paper(drafted, _FORM)
    assert not list(town.net.chain().find(PaperRecorded))


def test_an_attestation_of_another_draft_is_refused(town: Town) -> None:
    attested = Custodian(town.second()).attest_paper(draft(town), _FORM)
    with pytest.raises(InputError, match="not of this draft"):
        town.hospital.record_paper(draft(town), attested)


def test_a_form_is_not_empty_and_a_term_at_most_a_year(town: Town) -> None:
    terms = {
        "subject": town.patient.address(custodian=1),
        "grantee": 2,
        "purposes": [Purpose.TREAT],
        "categories": town.study.categories,
    }
    with pytest.raises(InputError, match="form is empty"):
        town.hospital.draft_paper(b"", **terms)
    with pytest.raises(InputError, match="at most a year"):
        town.hospital.draft_paper(_FORM, **terms, term=timedelta(days=366))
    with pytest.raises(InputError, match="not one of this patient's here"):
        town.hospital.draft_paper(_FORM, **terms, study=b"\1" * 32)


@pytest.mark.parametrize("cut_before", ["prepare", "send", "wait_final"])
def test_recording_that_was_cut_off_goes_on_and_is_done_once(
    town: Town, monkeypatch: pytest.MonkeyPatch, cut_before: str
) -> None:
    drafted = draft(town)
    attested = Custodian(town.second()).attest_paper(drafted, _FORM)
    with monkeypatch.context() as patched:
        patched.setattr(Chain, cut_before, cut)
        with pytest.raises(PowerCut):
            town.hospital.record_paper(drafted, attested)
    for _ in range(2):
        town.hospital.record_paper(drafted, attested)
    assert len(list(town.net.chain().find(DirectiveRecorded, directive=drafted.number))) == 1
    assert town.net[1].vault.pending() == []
    assert town.net[1].vault.find(Kind.FORM, drafted.form.hex()) is not None


def test_a_refusal_by_phone_denies_and_is_lifted_by_two(town: Town) -> None:
    consent, subject = town.consent(), town.patient.address(custodian=1)
    town.hospital.take_refusal(_NOTE, subject=subject, means=Means.PHONE, purposes=[Purpose.TREAT])
    assert town.ask(consent).decision.reason is Reason.REFUSED_BY_PATIENT
    with pytest.raises(ContractError):
        town.hospital.take_refusal(_NOTE, subject=subject, means=Means.PHONE, purposes=[Purpose.TREAT])

    drafted = town.hospital.draft_lift(_FORM, subject=subject)
    assert isinstance(drafted.attestation, RefusalLift)
    assert parse_draft(draft_text(drafted, town.net.network), town.net.network) == drafted
    town.hospital.record_paper(drafted, Custodian(town.second()).attest_paper(drafted, _FORM))
    assert town.ask(consent).decision.permitted
    with pytest.raises(InputError, match="nothing to lift"):
        town.hospital.draft_lift(_FORM, subject=subject)


def test_a_refusal_for_one_study_that_was_cut_off_goes_on_with_its_salt(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = town.patient.address(custodian=1)

    def take() -> None:
        town.hospital.take_refusal(_NOTE, subject=subject, study=town.study.number, means=Means.PAPER)

    with monkeypatch.context() as patched:
        patched.setattr(Chain, "send", cut)
        with pytest.raises(PowerCut):
            take()
    take()
    (event,) = town.net.chain().find(RefusalTaken, subject=subject)
    (kept,) = town.net[1].vault.records(Kind.FORM).values()
    assert matches_salted(event.form, kept["salt"], _NOTE)
    assert town.ask(None).decision.reason is Reason.REFUSED_BY_PATIENT
    lift = town.hospital.draft_lift(_FORM, subject=subject, study=town.study.number)
    town.hospital.record_paper(lift, Custodian(town.second()).attest_paper(lift, _FORM))
    assert town.ask(None).decision.reason is Reason.DIRECTIVE_ABSENT


def test_a_withdrawal_is_taken_of_ones_own_images_only(town: Town) -> None:
    consent = town.consent()
    with pytest.raises(InputError, match="not for this hospital"):
        Custodian(town.net[2]).take_revocation(consent, _NOTE, means=Means.PHONE)
    with pytest.raises(InputError, match="note is empty"):
        town.hospital.take_revocation(consent, b"", means=Means.PHONE)
    town.hospital.take_revocation(consent, _NOTE, means=Means.PHONE)
    assert town.ask(consent).decision.reason is Reason.DIRECTIVE_REVOKED


def test_a_guardian_is_attested_by_two_and_without_the_power_to_recover(town: Town) -> None:
    subject, guardian = town.patient.address(custodian=1), b"\7" * 20
    until = town.net.chain().now() + 1000
    with pytest.raises(InputError, match="may give a new key"):
        town.hospital.draft_appointment(
            _FORM, subject=subject, guardian=guardian, until=until, powers=GuardianPower.RECOVER
        )
    drafted = town.hospital.draft_appointment(_FORM, subject=subject, guardian=guardian, until=until)
    assert isinstance(drafted.attestation, AttestedAppointment)
    assert parse_draft(draft_text(drafted, town.net.network), town.net.network) == drafted
    attested = Custodian(town.second()).attest_paper(drafted, _FORM)
    for _ in range(2):
        town.hospital.record_paper(drafted, attested)
    (event,) = town.net.chain().find(GuardianAppointed, subject=subject)
    assert (event.number, event.custodian, event.until) == (1, 1, until)
    assert event.form != ZERO32
