"""Guardians: what each may sign for a patient, and what ends it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from actors_town import PowerCut, Town, cut

from pixelpact.chain import Account, Chain, GuardianAppointed, GuardianDismissed, eip712
from pixelpact.custodian import Custodian
from pixelpact.documents import parse_signed, signed_text
from pixelpact.errors import ContractError, InputError
from pixelpact.localnet import Sandbox
from pixelpact.models import Appointment, AttestedAppointment, SignedDirective
from pixelpact.patient import Guardian, Patient
from pixelpact.policy import GuardianPower, OperatorPermission, Purpose, Reason

GRANT, RECOVER = GuardianPower.GRANT, GuardianPower.RECOVER


@pytest.fixture
def guardian(town: Town) -> Guardian:
    return Guardian.create(town.net.chain())


@pytest.fixture
def subject(town: Town) -> bytes:
    return town.patient.address(custodian=1)


def appoint(town: Town, guardian: Guardian, powers: GuardianPower = GRANT, **more: object) -> int:
    """Appoint, bring it to the chain, and give the number."""
    signed = town.patient.appoint(guardian.address, custodian=1, powers=powers, **more)  # type: ignore[arg-type]
    town.hospital.relay(signed)
    return signed.appointment.number


def allow(town: Town, guardian: Guardian, subject: bytes, number: int) -> SignedDirective:
    return guardian.allow(
        subject, number, custodian=1, grantee=2, purposes=[Purpose.TREAT], categories=town.study.categories
    )


def test_what_a_guardian_allows_permits_until_the_guardian_is_dismissed(
    town: Town, guardian: Guardian, subject: bytes
) -> None:
    number = appoint(town, guardian)
    consent = allow(town, guardian, subject, number)
    town.hospital.relay(consent)
    assert (consent.signer, consent.appointment) == (guardian.address, number)
    assert town.ask(consent).decision.permitted
    town.hospital.relay(town.patient.dismiss(number, custodian=1))
    assert town.ask(consent).decision.reason is Reason.GUARDIAN_ENDED
    with pytest.raises(InputError, match="ended before"):
        allow(town, guardian, subject, number)


def test_a_guardian_who_resigns_ends_what_the_guardian_allowed(
    town: Town, guardian: Guardian, subject: bytes
) -> None:
    number = appoint(town, guardian)
    consent = allow(town, guardian, subject, number)
    town.hospital.relay(consent)
    town.hospital.relay(guardian.resign(subject, appointment=number))
    assert town.ask(consent).decision.reason is Reason.GUARDIAN_ENDED
    assert [each.word for each in town.patient.guardians(custodian=1)] == ["dismissed"]
    with pytest.raises(InputError, match="ended before"):
        guardian.resign(subject, appointment=number)
    with pytest.raises(InputError, match="ended before"):
        town.patient.dismiss(number, custodian=1)


def test_a_guardian_without_powers_withdraws_and_refuses_and_allows_nothing(
    town: Town, guardian: Guardian, subject: bytes
) -> None:
    number = appoint(town, guardian, GuardianPower(0))
    with pytest.raises(InputError, match="power GRANT"):
        allow(town, guardian, subject, number)
    consent, other = town.consent(), town.consent(3)
    town.hospital.relay(guardian.withdraw(subject, consent.number, appointment=number))
    assert town.ask(consent).decision.reason is Reason.DIRECTIVE_REVOKED
    town.hospital.relay(guardian.refuse(subject, number, purposes=[Purpose.TREAT], grantee=3))
    assert town.ask(other, town.other).decision.reason is Reason.REFUSED_BY_PATIENT
    later = town.consent()
    town.hospital.relay(guardian.withdraw_all(subject, appointment=number))
    assert town.ask(later).decision.reason is Reason.GENERATION_PAST


def test_a_guardian_adds_to_what_is_refused_and_lifts_nothing(
    town: Town, guardian: Guardian, subject: bytes
) -> None:
    number = appoint(town, guardian)
    town.hospital.relay(town.patient.refuse(custodian=1, purposes=[Purpose.HMARKT]))
    added = guardian.refuse(subject, number, purposes=[Purpose.TREAT])
    town.hospital.relay(added)
    with pytest.raises(InputError, match="refused already"):
        guardian.refuse(subject, number, purposes=[Purpose.TREAT, Purpose.HMARKT])
    # Both stand; and what the patient signs next is after what the guardian did.
    stored = town.net.chain().consents.refusal(subject, 0, bytes(32), 0)
    assert stored.purposes == 1 << Purpose.TREAT | 1 << Purpose.HMARKT
    less = guardian.sign_refusal(
        replace(added.refusal, purposes=1 << Purpose.TREAT, sequence=stored.sequence + 1), appointment=number
    )
    with pytest.raises(ContractError) as refused:
        town.hospital.relay(less)
    assert refused.value.name == "ConsentRegistry_RefusalNarrowed"
    town.hospital.relay(town.patient.lift_refusal(custodian=1))
    assert town.ask(town.consent()).decision.permitted


def test_an_appointment_for_one_hospital_allows_nothing_elsewhere(
    town: Town, guardian: Guardian, subject: bytes
) -> None:
    number = appoint(town, guardian, for_custodian=3)
    with pytest.raises(InputError, match="institution 3 only"):
        allow(town, guardian, subject, number)


def test_a_guardian_whose_time_is_over_signs_nothing(town: Town, guardian: Guardian, subject: bytes) -> None:
    number = appoint(town, guardian, term=timedelta(hours=1))
    consent = allow(town, guardian, subject, number)
    town.hospital.relay(consent)
    town.net._embedded.travel(3_600)
    assert town.ask(consent).decision.reason is Reason.GUARDIAN_ENDED
    with pytest.raises(InputError, match="time is over"):
        guardian.withdraw(subject, consent.number, appointment=number)
    assert [each.word for each in guardian.patients()] == ["over"]


def test_a_guardian_whom_a_hospital_attested_acts_until_the_patient_signs(
    town: Town, guardian: Guardian, subject: bytes
) -> None:
    chain, second = town.net[1].chain, Account.generate()
    permissions = OperatorPermission.CONSENTS
    chain.transact(chain.institutions.set_operator(second.address, permissions))
    until = chain.now() + 86_400
    form = b"\7" * 32
    attested = AttestedAppointment(Appointment(subject, guardian.address, int(GRANT), 1, until, 1), form)
    signature = eip712.sign(second, town.net.network, attested)
    chain.transact(chain.consents.appoint_attested(attested.appointment, form, second.address, signature))
    consent = allow(town, guardian, subject, 1)
    town.hospital.relay(consent)
    assert town.ask(consent).decision.permitted
    assert [(each.word, each.attested) for each in guardian.patients()] == [("acts", True)]
    town.hospital.relay(town.patient.end_paper(custodian=1))
    assert town.ask(consent).decision.reason is Reason.GUARDIAN_ENDED
    assert [each.word for each in guardian.patients()] == ["ended by key"]
    with pytest.raises(InputError, match="signs with a key now"):
        guardian.withdraw(subject, consent.number, appointment=1)


def test_nobody_signs_by_an_appointment_that_is_anothers(
    town: Town, guardian: Guardian, subject: bytes
) -> None:
    number = appoint(town, guardian)
    stranger = Guardian.create(town.net.chain())
    for signed in (
        lambda: allow(town, stranger, subject, number),
        lambda: stranger.withdraw(subject, bytes([1]) * 32, appointment=number),
        lambda: stranger.withdraw_all(subject, appointment=number),
        lambda: stranger.refuse(subject, number),
        lambda: stranger.resign(subject, appointment=number),
    ):
        with pytest.raises(InputError, match="not this guardian's"):
            signed()
    with pytest.raises(InputError, match="has no appointment 2"):
        allow(town, guardian, subject, 2)
    assert stranger.patients() == []
    # A document that says more than the chain knows is refused there.
    signed = allow(town, guardian, subject, number)
    forged = replace(signed, signature=eip712.sign(stranger._account(0), town.net.network, signed.directive))
    with pytest.raises(InputError, match="not the signer's"):
        parse_signed(signed_text(forged, town.net.network), town.net.network)
    with pytest.raises(ContractError) as refused:
        town.hospital.relay(forged)
    assert refused.value.name == "ConsentRegistry_SignatureInvalid"


def test_one_wallet_is_a_patient_and_a_guardian_with_different_keys(town: Town) -> None:
    words = town.patient.reveal_words()
    guardian = Guardian(town.net.chain(), words)
    assert guardian.address not in {town.patient.address(custodian=number) for number in (1, 2, 3)}
    assert not any(word in repr(guardian) for word in words.split())


def test_an_appointment_that_the_chain_would_refuse_is_not_signed(town: Town, guardian: Guardian) -> None:
    changes: list[tuple[dict[str, object], str]] = [
        ({"guardian": b"short"}, "not a guardian's address"),
        ({"guardian": bytes(20)}, "not a guardian's address"),
        ({"guardian": town.patient.address(custodian=1)}, "own guardian"),
        ({"term": timedelta(0)}, "can't end then"),
        ({"term": timedelta(days=6_576)}, "can't end then"),
        ({"until": 1}, "can't end then"),
        ({"powers": GuardianPower(0) | 4}, "no such power"),
        ({"custodian": 0}, "no institution 0"),
        ({"for_custodian": -1}, "no institution -1"),
    ]
    for change, why in changes:
        with pytest.raises(InputError, match=why):
            town.patient.appoint(**{"guardian": guardian.address, "custodian": 1, **change})  # type: ignore[arg-type]


def test_another_patients_appointment_is_not_signed(town: Town, guardian: Guardian) -> None:
    drafted = Patient.create(town.net.chain()).draft_appointment(guardian.address, custodian=1)
    with pytest.raises(InputError, match="not this patient's"):
        town.patient.sign_appointment(drafted, custodian=1)


def test_the_guardian_of_one_network_is_a_stranger_on_another(town: Town, guardian: Guardian) -> None:
    signed = town.patient.appoint(guardian.address, custodian=1)
    with Sandbox(members=1) as elsewhere:
        assert Guardian(elsewhere.chain(), guardian.reveal_words()).address != guardian.address
        with pytest.raises(InputError, match="another network"):
            parse_signed(signed_text(signed, town.net.network), elsewhere.network)


_CUTS: dict[str, tuple[object, str]] = {
    "the transaction": (Chain, "prepare"),
    "sending": (Chain, "send_until_final"),
}


@pytest.mark.parametrize("moment", _CUTS)
def test_what_was_cut_off_goes_on_and_appoints_once(
    town: Town, guardian: Guardian, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    signed = town.patient.appoint(guardian.address, custodian=1)
    with monkeypatch.context() as patched:
        patched.setattr(*_CUTS[moment], cut)
        with pytest.raises(PowerCut):
            town.hospital.relay(signed)
    town.hospital.relay(signed)
    town.hospital.relay(signed)
    assert len(list(town.net.chain().find(GuardianAppointed))) == 1
    assert town.net[1].vault.pending() == []


def test_any_relay_will_do_and_the_second_finds_it_there(town: Town, guardian: Guardian) -> None:
    second = Custodian(town.net[2])
    appointed = town.patient.appoint(guardian.address, custodian=1)
    town.hospital.relay(appointed)
    second.relay(appointed)
    for signed in (town.patient.dismiss(1, custodian=1), town.patient.end_paper(custodian=2)):
        second.relay(signed)
        town.hospital.relay(signed)
    chain = town.net.chain()
    assert [len(list(chain.find(kind))) for kind in (GuardianAppointed, GuardianDismissed)] == [1, 1]
    assert town.net[1].vault.pending() == town.net[2].vault.pending() == []
