"""A lost wallet: named accounts, guardians with a hospital, the delay, and what the old key can still do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from actors_town import PowerCut, Town, cut
from eth_utils.crypto import keccak

from pixelpact.chain import Chain, KeyReplaced, RecoveryStarted
from pixelpact.custodian import Custodian
from pixelpact.documents import invitation_text, parse_invitation, parse_signed, signed_text
from pixelpact.errors import ContractError, InputError
from pixelpact.models import SignedRecovery
from pixelpact.patient import Guardian, Patient, Wallet
from pixelpact.policy import GuardianPower, Purpose, Reason
from pixelpact.vault import KeyFile, Vault

DELAY = 3


@pytest.fixture
def trusted(town: Town) -> Guardian:
    return Guardian.create(town.net.chain())


@pytest.fixture
def new(town: Town) -> Patient:
    """The wallet that comes after the lost one."""
    return Patient.create(town.net.chain())


@pytest.fixture
def subject(town: Town) -> bytes:
    return town.patient.address(custodian=1)


def begin(town: Town, trusted: Guardian, new: Patient) -> SignedRecovery:
    """Name the trusted account and begin a recovery with it."""
    town.hospital.relay(town.patient.name_recovery(trusted.address, custodian=1))
    signed = trusted.start_recovery(town.patient.address(custodian=1), new.key_address(custodian=1))
    town.hospital.relay(signed)
    return signed


def test_a_new_wallet_takes_over_and_what_was_allowed_before_counts_no_more(
    town: Town, trusted: Guardian, new: Patient, subject: bytes
) -> None:
    before = town.consent()
    begin(town, trusted, new)
    with pytest.raises(InputError, match="does not sign for the patient"):
        new.recover(subject, custodian=1)
    town.net._embedded.travel(DELAY)
    # Anyone may finish it.
    Custodian(town.net[2]).finish_recovery(subject)
    new.recover(subject, custodian=1)
    assert new.address(custodian=1) == subject != new.key_address(custodian=1)
    assert town.ask(before).decision.reason is Reason.GENERATION_PAST
    terms = {"custodian": 1, "grantee": 2, "purposes": [Purpose.TREAT], "categories": town.study.categories}
    again = new.allow(**terms)  # type: ignore[arg-type]
    town.hospital.relay(again)
    assert town.ask(again).decision.permitted
    # It invites too, and the lost wallet does neither any more.
    invitation = parse_invitation(invitation_text(new.invite(town.study.number, again)))
    assert town.clinic.request(invitation, purpose=Purpose.TREAT, person="dr-b").decision.permitted
    with pytest.raises(InputError, match="not from the study's hospital or patient"):
        town.clinic.request(town.patient.invite(town.study.number), purpose=Purpose.TREAT, person="dr-b")
    with pytest.raises(ContractError) as refused:
        town.hospital.relay(town.patient.allow(**terms))  # type: ignore[arg-type]
    assert refused.value.name == "ConsentRegistry_SignatureInvalid"
    town.hospital.relay(new.withdraw(again))
    town.hospital.relay(new.refuse(custodian=1))
    town.hospital.relay(new.withdraw_all(custodian=1))


def test_the_present_key_stops_a_recovery_and_it_is_not_replayed(
    town: Town, trusted: Guardian, new: Patient, subject: bytes
) -> None:
    signed = begin(town, trusted, new)
    with pytest.raises(InputError, match="is under way"):
        trusted.start_recovery(subject, new.key_address(custodian=1))
    town.hospital.relay(town.patient.stop_recovery(custodian=1))
    town.net._embedded.travel(DELAY)
    with pytest.raises(InputError, match="the present key stopped it"):
        town.hospital.finish_recovery(subject)
    with pytest.raises(InputError, match="is under way"):
        town.patient.stop_recovery(custodian=1)
    # What was carried out is found; a relay with a vault of its own can't send it a second time either.
    town.hospital.relay(signed)
    assert len(list(town.net.chain().find(RecoveryStarted))) == 1
    assert town.net.chain().consents.key_of(subject) == subject


def test_a_recovery_that_is_too_early_is_not_finished(
    town: Town, trusted: Guardian, new: Patient, subject: bytes
) -> None:
    with pytest.raises(InputError, match="none was begun"):
        town.hospital.finish_recovery(subject)
    town.net._embedded.travel(60)
    town.hospital.relay(town.patient.name_recovery(trusted.address, custodian=1))
    signed = trusted.start_recovery(subject, new.key_address(custodian=1))
    town.net[1].chain.transact(
        town.net[1].chain.consents.start_recovery(subject, signed.candidate, 1, signed.signature)
    )
    with pytest.raises(ContractError) as refused:
        town.hospital.finish_recovery(subject)
    assert refused.value.name == "ConsentRegistry_RecoveryTooEarly"
    assert town.net[1].vault.pending() == []


def test_a_guardian_and_a_hospital_together_give_a_new_key(
    town: Town, trusted: Guardian, new: Patient, subject: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    powers = GuardianPower.RECOVER
    town.hospital.relay(town.patient.appoint(trusted.address, custodian=1, powers=powers))
    candidate = new.key_address(custodian=1)
    signed = trusted.start_recovery(subject, candidate, appointment=1)
    # Neither alone: no relay takes it, and no hospital without a study of this patient.
    with pytest.raises(InputError, match="not sent alone"):
        town.hospital.relay(signed)
    with pytest.raises(InputError, match="not one of this institution's"):
        Custodian(town.net[2]).start_recovery(signed, study=town.study.number)
    with pytest.raises(InputError, match="not one of this patient's"):
        town.hospital.start_recovery(replace(signed, subject=bytes([7]) * 20), study=town.study.number)
    with pytest.raises(InputError, match="not begun by a guardian"):
        town.hospital.start_recovery(replace(signed, appointment=0), study=town.study.number)
    with monkeypatch.context() as patched:
        patched.setattr(Chain, "send_until_final", cut)
        with pytest.raises(PowerCut):
            town.hospital.start_recovery(signed, study=town.study.number)
    town.hospital.start_recovery(signed, study=town.study.number)
    town.hospital.start_recovery(signed, study=town.study.number)
    (started,) = town.net.chain().find(RecoveryStarted)
    assert (started.candidate, started.appointment) == (candidate, 1)
    town.net._embedded.travel(DELAY)
    with monkeypatch.context() as patched:
        patched.setattr(Chain, "send_until_final", cut)
        with pytest.raises(PowerCut):
            town.hospital.finish_recovery(subject)
    town.hospital.finish_recovery(subject)
    Custodian(town.net[3]).finish_recovery(subject)
    (replaced,) = town.net.chain().find(KeyReplaced)
    assert (replaced.from_, replaced.to) == (subject, candidate)
    assert [each.vault.pending() for each in town.net] == [[], [], []]


def test_only_who_may_begins_a_recovery(town: Town, trusted: Guardian, new: Patient, subject: bytes) -> None:
    candidate = new.key_address(custodian=1)
    with pytest.raises(InputError, match="the chain has nobody"):
        trusted.start_recovery(subject, candidate)
    other = Guardian.create(town.net.chain())
    town.hospital.relay(town.patient.name_recovery(other.address, custodian=1))
    with pytest.raises(InputError, match=other.address.hex()):
        trusted.start_recovery(subject, candidate)
    town.hospital.relay(town.patient.appoint(trusted.address, custodian=1, powers=GuardianPower.GRANT))
    with pytest.raises(InputError, match="power RECOVER"):
        trusted.start_recovery(subject, candidate, appointment=1)
    with pytest.raises(InputError, match="new key is the present one"):
        other.start_recovery(subject, subject)
    with pytest.raises(InputError, match="not a new key's address"):
        other.start_recovery(subject, bytes(20))
    with pytest.raises(InputError, match="not a patient's address"):
        other.start_recovery(b"short", candidate)
    with pytest.raises(InputError, match="its own way back"):
        town.patient.name_recovery(subject, custodian=1)
    town.hospital.relay(town.patient.name_recovery(None, custodian=1))
    with pytest.raises(InputError, match="the chain has nobody"):
        other.start_recovery(subject, candidate)


def test_a_name_that_a_relay_held_back_does_not_come_after_a_later_one(
    town: Town, trusted: Guardian, subject: bytes
) -> None:
    held_back = town.patient.name_recovery(Guardian.create(town.net.chain()).address, custodian=1)
    town.hospital.relay(town.patient.name_recovery(trusted.address, custodian=1))
    with pytest.raises(ContractError) as refused:
        town.hospital.relay(held_back)
    assert refused.value.name == "ConsentRegistry_SequencePast"


def test_the_wallet_keeps_whom_it_signs_for_and_who_relays(
    town: Town, trusted: Guardian, new: Patient, subject: bytes, tmp_path: Path
) -> None:
    begin(town, trusted, new)
    town.net._embedded.travel(DELAY)
    town.hospital.finish_recovery(subject)
    chain = town.net.chain()
    with Vault.create(tmp_path / "vault", KeyFile(tmp_path / "key")) as vault:
        Wallet.keep(vault, new.reveal_words())
        wallet = Wallet(chain, vault)
        assert wallet.relays == ()
        wallet.recover(subject, custodian=1)
        wallet.choose_relays([3, 1])
        again = Wallet(chain, vault)
        assert again.patient.address(custodian=1) == subject
        assert again.patient.address(custodian=2) == new.address(custodian=2)
        assert again.relays == (3, 1)
        for wrong in ([1, 1], [4], [0], [-1]):
            with pytest.raises(InputError):
                again.choose_relays(wrong)
        assert again.relays == (3, 1)


def test_a_withdrawal_that_one_relay_holds_back_goes_by_another(town: Town) -> None:
    consent = town.consent()
    withdrawal = town.patient.withdraw(consent)
    # The hospital that profits does nothing; the patient hands the same document to the next.
    Custodian(town.net[3]).relay(withdrawal)
    assert town.ask(consent).decision.reason is Reason.DIRECTIVE_REVOKED
    town.hospital.relay(withdrawal)


def test_a_wallet_that_is_a_contract_speaks_by_the_key_that_it_trusts(town: Town) -> None:
    owner, stranger = (Patient.create(town.net.chain()) for _ in range(2))
    contract = _wallet_of(town, owner.key_address(custodian=1))
    patients = [
        Patient(town.net.chain(), each.reveal_words(), subjects={1: contract}) for each in (owner, stranger)
    ]
    consents = [
        each.allow(custodian=1, grantee=2, purposes=[Purpose.TREAT], categories=town.study.categories)
        for each in patients
    ]
    assert consents[0].directive.subject == contract != consents[0].signer
    received = parse_signed(signed_text(consents[0], town.net.network), town.net.network)
    town.hospital.relay(received)
    town.hospital.relay(patients[0].withdraw(consents[0]))
    with pytest.raises(ContractError) as refused:
        town.hospital.relay(consents[1])
    assert refused.value.name == "ConsentRegistry_SignatureInvalid"


def _wallet_of(town: Town, owner: bytes) -> bytes:
    """A contract whose isValidSignature(bytes32,bytes) says yes to what this key signed (EIP-1271)."""
    code = bytes.fromhex(
        "60043560005260a43560001a602052606435604052608435606052602060006080600060015afa50600051"
        f"73{owner.hex()}14631626ba7e60e01b0260005260206000f3"
    )
    creation = bytes.fromhex(f"60{len(code):02x}600c60003960{len(code):02x}6000f3") + code
    deployer, node = town.net._embedded.accounts[0], town.net.chain()._node
    fields = {
        "chainId": town.net.network.chain_id,
        "nonce": node.transaction_count(deployer.address, pending=False),
        "gas": 200_000,
        "maxFeePerGas": 10**10,
        "maxPriorityFeePerGas": 10**9,
        "data": creation,
        "value": 0,
        "type": 2,
    }
    raw = deployer.sign_transaction(fields)
    node.send_raw(raw)
    receipt = town.net._embedded._tester.get_transaction_receipt("0x" + keccak(raw).hex())
    return bytes.fromhex(receipt["contract_address"][2:])
