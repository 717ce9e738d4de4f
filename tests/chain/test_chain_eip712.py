"""What people sign is what the contracts hash and check; every other signature is refused by both."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest
from chain_engines import Consortium
from chain_story import some_directive
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelpact.chain import (
    Account,
    Call,
    Chain,
    CommitmentKind,
    Network,
    RefusalRecord,
    Scope,
    SubjectFlag,
    eip712,
)
from pixelpact.chain.eip712 import Message, Revocation, RevocationOfAll
from pixelpact.errors import ContractError, InputError
from pixelpact.models import (
    Appointment,
    Approval,
    AttestedAppointment,
    Directive,
    EmergencyAccess,
    Modifier,
    PaperConsent,
    Refusal,
    RefusalLift,
)

ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141


def numbers(bits: int) -> st.SearchStrategy[int]:
    return st.integers(0, 2**bits - 1)


def words(length: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=length, max_size=length)


modifiers = st.builds(Modifier, numbers(16), words(32))
directives = st.builds(
    Directive,
    subject=words(20),
    custodian=numbers(32),
    study=words(32),
    grantee=numbers(32),
    categories=numbers(64),
    purposes=numbers(64),
    permission=numbers(16),
    vocabulary=numbers(16),
    generation=numbers(32),
    not_before=numbers(64),
    expiry=numbers(64),
    salt=words(32),
    modifiers=st.lists(modifiers, max_size=9).map(tuple),
)


@pytest.fixture(scope="module")
def reader(embedded_consortium: Consortium) -> Chain:
    return Chain.connect(embedded_consortium.network)


@pytest.fixture(scope="module")
def patient() -> Account:
    return Account.generate()


def messages(patient: Account) -> list[Message]:
    """One of each kind, with every field set."""
    return [
        Directive(
            patient.address, 1, b"\1" * 32, 2, 3, 4, 5, 6, 7, 8, 9, b"\2" * 32, (Modifier(10, b"\3" * 32),)
        ),
        Revocation(patient.address, b"\4" * 32),
        RevocationOfAll(patient.address, 1),
        Refusal(patient.address, 1, bytes(32), 0, 2, 3),
        APPOINTMENT,
        eip712.Dismissal(patient.address, 1),
        eip712.Recoverer(patient.address, b"\5" * 20, 1),
        eip712.Recovery(patient.address, b"\6" * 20, 1),
        eip712.RecoveryStop(patient.address, 1),
        eip712.EndOfPaper(patient.address),
        PaperConsent(patient.address, b"\4" * 32, 1, b"\7" * 32),
        RefusalLift(patient.address, 1, b"\4" * 32, b"\7" * 32, 1),
        AttestedAppointment(APPOINTMENT, b"\7" * 32),
        EmergencyAccess(b"\1" * 32, b"\2" * 32, b"\3" * 32, b"\4" * 32, 5),
        Approval(b"\1" * 32, 2, 3),
    ]


APPOINTMENT = Appointment(b"\x08" * 20, b"\x09" * 20, 1, 2, 3, 4)
KINDS = [type(message).__name__ for message in messages(Account.generate())]
every_kind = pytest.mark.parametrize("kind", range(len(KINDS)), ids=KINDS)


# Hashes


@settings(max_examples=60, deadline=None)
@given(directive=directives)
def test_a_directives_hash_is_the_contracts(reader: Chain, directive: Directive):
    assert eip712.struct_hash(directive) == reader.consents.hash_directive(directive)


def test_every_field_of_a_directive_counts(patient: Account):
    directive = messages(patient)[0]
    assert isinstance(directive, Directive)
    changed = [
        replace(directive, subject=b"\7" * 20),
        replace(directive, custodian=9),
        replace(directive, study=b"\7" * 32),
        replace(directive, grantee=9),
        replace(directive, categories=9),
        replace(directive, purposes=9),
        replace(directive, permission=9),
        replace(directive, vocabulary=9),
        replace(directive, generation=9),
        replace(directive, not_before=1),
        replace(directive, expiry=1),
        replace(directive, salt=b"\7" * 32),
        replace(directive, modifiers=()),
        replace(directive, modifiers=(Modifier(9, b"\3" * 32),)),
        replace(directive, modifiers=(Modifier(10, b"\7" * 32),)),
    ]
    hashes = {eip712.struct_hash(each) for each in [directive, *changed]}
    assert len(hashes) == len(changed) + 1


def test_a_struct_hash_is_the_same_everywhere_and_a_digest_is_not(patient: Account, reader: Chain):
    network = reader.network
    elsewhere = Network.from_dict(network.to_dict() | {"chain_id": network.chain_id + 1})
    names = list(network.contracts)
    swapped = network.with_contracts(dict(zip(names, reversed(network.contracts.values()), strict=True)))
    for message in messages(patient):
        digests = {eip712.digest(each, message) for each in (network, elsewhere, swapped)}
        assert len(digests) == 3
        assert eip712.struct_hash(message) not in digests


# Signatures


@every_kind
def test_a_signature_is_65_bytes_with_low_s_and_recovers(patient: Account, reader: Chain, kind: int):
    message = messages(patient)[kind]
    for _ in range(5):
        signature = eip712.sign(patient, reader.network, message)
        assert len(signature) == 65
        assert signature[64] in (27, 28)
        assert int.from_bytes(signature[32:64], "big") <= ORDER // 2
    assert eip712.recover(reader.network, message, signature) == patient.address
    eip712.verify(reader.network, message, signature, patient.address)


@every_kind
def test_a_signature_is_its_signers_only(patient: Account, reader: Chain, kind: int):
    other, message = Account.generate(), messages(patient)[kind]
    signature = eip712.sign(other, reader.network, message)
    eip712.verify(reader.network, message, signature, other.address)
    with pytest.raises(InputError, match="another key's than 0x" + patient.address.hex()):
        eip712.verify(reader.network, message, signature, patient.address)


def high_s(signature: bytes) -> bytes:
    """The other signature that the same key and text have: valid mathematics, refused by everyone."""
    s = ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


def broken(signature: bytes) -> list[bytes]:
    return [
        b"",
        signature[:64],
        signature + b"\0",
        high_s(signature),
        signature[:64] + b"\0",
        signature[:64] + b"\x1d",
        signature[:64] + bytes([55 - signature[64]]),
        bytes(64) + b"\x1b",
        bytes([signature[0] ^ 1]) + signature[1:],
        b"\xff" * 64 + b"\x1b",
    ]


@every_kind
def test_no_other_signature_verifies(patient: Account, reader: Chain, kind: int):
    network, message = reader.network, messages(patient)[kind]
    signature = eip712.sign(patient, network, message)
    for wrong in broken(signature):
        with pytest.raises(InputError, match="signature is not the signer's"):
            eip712.verify(network, message, wrong, patient.address)


@every_kind
def test_a_signature_is_for_one_network_only(patient: Account, reader: Chain, kind: int):
    network, message = reader.network, messages(patient)[kind]
    elsewhere = Network.from_dict(network.to_dict() | {"chain_id": 5})
    signature = eip712.sign(patient, elsewhere, message)
    with pytest.raises(InputError, match="another network"):
        eip712.verify(network, message, signature, patient.address)


def test_a_signature_of_one_kind_is_none_of_another(patient: Account, reader: Chain):
    network = reader.network
    revocation, of_all = (
        Revocation(patient.address, (1).to_bytes(32, "big")),
        RevocationOfAll(patient.address, 1),
    )
    with pytest.raises(InputError):
        eip712.verify(network, of_all, eip712.sign(patient, network, revocation), patient.address)


# The contract agrees


def calls(chain: Chain, patient: Account) -> list[tuple[Message, bytes, Call]]:
    """Each kind of message signed and relayed, to be sent in this order."""
    network, consents = chain.network, chain.consents
    directive = some_directive(patient, secrets.token_bytes(32), chain)
    number = eip712.struct_hash(directive)
    revocation = Revocation(patient.address, number)
    of_all = RevocationOfAll(patient.address, 1)
    refusal = Refusal(patient.address, 0, b"\1" * 32, 0, 1, 1)
    signatures = [eip712.sign(patient, network, each) for each in (directive, revocation, of_all, refusal)]
    return [
        (directive, signatures[0], consents.record(patient.address, number, 0, signatures[0])),
        (revocation, signatures[1], consents.revoke(patient.address, number, 0, signatures[1])),
        (of_all, signatures[2], consents.revoke_all(patient.address, 1, 0, signatures[2])),
        (refusal, signatures[3], consents.refuse(refusal, 0, signatures[3])),
    ]


def test_the_contract_takes_what_was_signed(hospital: Chain):
    patient = Account.generate()
    signed = calls(hospital, patient)
    number = eip712.struct_hash(signed[0][0])

    recorded = hospital.transact(signed[0][2])
    assert hospital.consents.commitment(patient.address, number).recorded_at == recorded.timestamp
    revoked, *_ = [hospital.transact(call) for _, _, call in signed[1:]]

    here, elsewhere = (Scope(1, (3, 4), study, 2) for study in (b"\1" * 32, b"\2" * 32))
    standing = hospital.consents.standing(patient.address, number, here)
    assert standing.kind is CommitmentKind.SIGNED
    assert (standing.recorded_at, standing.revoked_at) == (recorded.timestamp, revoked.timestamp)
    assert (standing.generation, standing.refused, standing.flaw) == (1, 1, 0)
    assert standing.generation_since > revoked.timestamp
    assert hospital.consents.generation(patient.address) == 1
    assert hospital.consents.refused_purposes(patient.address, here) == 1
    assert hospital.consents.refused_purposes(patient.address, elsewhere) == 0
    assert hospital.consents.refusal(patient.address, 0, b"\1" * 32, 0) == RefusalRecord(1, 1)
    assert hospital.consents.key_of(patient.address) == patient.address
    kept = hospital.consents.subject(patient.address)
    assert (kept.generation, kept.flags) == (1, SubjectFlag.NARROW | SubjectFlag.OWN_KEY)


def test_the_contract_refuses_what_verify_refuses(hospital: Chain):
    patient = Account.generate()
    for message, signature, call in calls(hospital, patient):
        for wrong in broken(signature):
            bad = replace(call, data=_with_signature(hospital, message, wrong))
            with pytest.raises(ContractError) as caught:
                hospital.simulate(bad)
            assert caught.value.name == "ConsentRegistry_SignatureInvalid"
            assert caught.value.arguments == {
                "signer": patient.address,
                "digest": eip712.digest(hospital.network, message),
            }


def _with_signature(chain: Chain, message: Message, signature: bytes) -> bytes:
    consents = chain.consents
    subject: bytes = getattr(message, "subject")  # noqa: B009  (attestations have none)
    match message:
        case Directive():
            return consents.record(subject, eip712.struct_hash(message), 0, signature).data
        case Revocation():
            return consents.revoke(subject, message.directive, 0, signature).data
        case RevocationOfAll():
            return consents.revoke_all(subject, message.generation, 0, signature).data
        case Refusal():
            return consents.refuse(message, 0, signature).data
    raise AssertionError(message)
