"""Documents come back as they went; whatever else is read is refused in a sentence."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelpact.chain import CONTRACTS, Account, Network, eip712
from pixelpact.documents import (
    Signed,
    complete,
    invitation_link,
    invitation_text,
    parse_attestation,
    parse_invitation,
    parse_signed,
    save_qr,
    sign_invitation,
    signed_text,
)
from pixelpact.documents.messages import signed_of
from pixelpact.errors import InputError
from pixelpact.models import (
    Appointment,
    Approval,
    AttestedAppointment,
    Directive,
    EmergencyAccess,
    Evidence,
    Invitation,
    Modifier,
    PaperConsent,
    Refusal,
    RefusalLift,
    SignedAttestation,
    SignedInvitation,
)

ACCOUNT = Account(b"\x11" * 32)
NETWORK = Network(
    "made up",
    7,
    b"\x22" * 32,
    1,
    30,
    "http://127.0.0.1:1",
    {name: bytes([number]) * 20 for number, name in enumerate(CONTRACTS, start=1)},
)


def uint(bits: int) -> st.SearchStrategy[int]:
    return st.integers(0, 2**bits - 1)


def words(length: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=length, max_size=length)


DIRECTIVES = st.builds(
    Directive,
    subject=st.just(ACCOUNT.address),
    custodian=uint(32),
    study=words(32),
    grantee=uint(32),
    categories=uint(64),
    purposes=uint(64),
    permission=uint(16),
    vocabulary=uint(16),
    generation=uint(32),
    not_before=uint(64),
    expiry=uint(64),
    salt=words(32),
    modifiers=st.lists(st.builds(Modifier, uint(16), words(32)), max_size=8).map(tuple),
)


def signed(message: Any, appointment: int = 0) -> Any:
    signature = eip712.sign(ACCOUNT, NETWORK, message)
    return signed_of(message, signature, ACCOUNT.address, appointment)


def addresses() -> st.SearchStrategy[bytes]:
    return words(20)


APPOINTMENTS = st.builds(
    Appointment,
    subject=addresses(),
    guardian=addresses(),
    powers=uint(8),
    custodian=uint(32),
    until=uint(64),
    number=uint(32),
)
BY_GUARDIANS = st.one_of(
    DIRECTIVES,
    st.builds(eip712.Revocation, addresses(), words(32)),
    st.builds(eip712.RevocationOfAll, addresses(), uint(32)),
    st.builds(Refusal, addresses(), uint(32), words(32), uint(32), uint(64), uint(64)),
    st.builds(eip712.Recovery, addresses(), addresses(), uint(32)),
)
BY_THE_PATIENT = st.one_of(
    APPOINTMENTS,
    st.builds(eip712.Dismissal, addresses(), uint(32)),
    st.builds(eip712.Recoverer, addresses(), addresses(), uint(64)),
    st.builds(eip712.RecoveryStop, addresses(), uint(32)),
    st.builds(eip712.EndOfPaper, addresses()),
)
SIGNED = st.builds(signed, BY_GUARDIANS, uint(32)) | BY_THE_PATIENT.map(signed)
ATTESTED = st.one_of(
    st.builds(PaperConsent, addresses(), words(32), uint(32), words(32)),
    st.builds(RefusalLift, addresses(), uint(32), words(32), words(32), uint(64)),
    st.builds(AttestedAppointment, APPOINTMENTS, words(32)),
    st.builds(EmergencyAccess, words(32), words(32), words(32), words(32), uint(64)),
    st.builds(Approval, words(32), uint(32), uint(64)),
).map(signed)
EVIDENCE = st.builds(
    Evidence,
    poster=uint(32),
    root=words(32).filter(any),
    path=st.lists(words(32), max_size=32).map(tuple),
    appointment=uint(32),
    signature=words(65),
)
BARE = st.builds(
    Invitation,
    genesis=words(32),
    chain_id=uint(64),
    custodian=uint(32),
    study=words(32),
    categories=uint(64),
    expiry=uint(64),
    directive=st.none() | DIRECTIVES,
)
INVITATIONS = (
    BARE
    | st.builds(
        lambda bare, cited, shown: replace(bare, directive=cited, evidence=shown), BARE, DIRECTIVES, EVIDENCE
    )
).map(lambda invitation: sign_invitation(ACCOUNT, invitation))


@settings(max_examples=60, deadline=None)
@given(SIGNED)
def test_what_a_patient_signs_comes_back_as_it_went(what: Signed) -> None:
    assert parse_signed(signed_text(what, NETWORK), NETWORK) == what


@settings(max_examples=30, deadline=None)
@given(ATTESTED)
def test_what_a_second_person_attests_comes_back_as_it_went(what: SignedAttestation) -> None:
    text = signed_text(what, NETWORK)
    assert parse_attestation(text, NETWORK) == what
    with pytest.raises(InputError, match="neither a consent, nor a withdrawal"):
        parse_signed(text, NETWORK)


@settings(max_examples=60, deadline=None)
@given(INVITATIONS)
def test_an_invitation_comes_back_as_it_went(invitation: SignedInvitation) -> None:
    assert parse_invitation(invitation_text(invitation)) == invitation
    assert parse_invitation(invitation_link(invitation)) == invitation


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [leaf for key, each in value.items() for leaf in leaves(each, (*path, key))]
    if isinstance(value, list):
        return [leaf for key, each in enumerate(value) for leaf in leaves(each, (*path, key))]
    return [path]


def changed(document: Any, path: tuple[Any, ...], value: Any) -> str:
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(document)


DIRECTIVE = Directive(
    ACCOUNT.address, 1, b"\x33" * 32, 2, 3, 1, 0, 1, 0, 100, 200, b"\x44" * 32, (Modifier(45),)
)
SHOWN = Evidence(1, b"\x55" * 32, (b"\x66" * 32, b"\x77" * 32), 0, b"\x88" * 65)
INVITATION = sign_invitation(ACCOUNT, Invitation(b"\x22" * 32, 7, 1, b"\x33" * 32, 3, 200, DIRECTIVE, SHOWN))
CONSENT = signed_text(signed(DIRECTIVE, 3), NETWORK)


@pytest.mark.parametrize("path", leaves(json.loads(CONSENT)), ids=lambda path: ".".join(map(str, path)))
def test_no_field_of_a_consent_can_be_changed(path: tuple[Any, ...]) -> None:
    before = json.loads(CONSENT)
    for key in path:
        before = before[key]
    other = before + 1 if isinstance(before, int) else before[:-1] + ("0" if before[-1] != "0" else "1")
    # Under which appointment a guardian signed is not in what is signed: the contract looks it up.
    others = () if path == ("appointment",) else (other,)
    for value in (*others, None, True, -1, 2**70, "", [], {}, "0xzz", 1.5):
        with pytest.raises(InputError):
            parse_signed(changed(json.loads(CONSENT), path, value), NETWORK)


@pytest.mark.parametrize(
    "path", leaves(json.loads(invitation_text(INVITATION))), ids=lambda path: ".".join(map(str, path))
)
def test_no_field_of_an_invitation_can_be_changed(path: tuple[Any, ...]) -> None:
    text = invitation_text(INVITATION)
    before = json.loads(text)
    for key in path:
        before = before[key]
    other = before + 1 if isinstance(before, int) else before[:-1] + ("0" if before[-1] != "0" else "1")
    for value in (other, None, True, -1, 2**70, "", [], {}):
        with pytest.raises(InputError):
            parse_invitation(changed(json.loads(text), path, value))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200) | st.text(max_size=80).map("pixelpact:invitation:{}".format))
def test_no_other_text_is_a_document(text: str) -> None:
    with pytest.raises(InputError):
        parse_invitation(text)
    with pytest.raises(InputError):
        parse_signed(text, NETWORK)


def test_a_key_twice_or_one_more_is_refused() -> None:
    twice = CONSENT.replace('"custodian": 1', '"custodian": 1, "custodian": 1')
    more = json.dumps({**json.loads(CONSENT), "more": 1})
    for text in (twice, more, "[" * 5000):
        with pytest.raises(InputError, match="not a document"):
            parse_signed(text, NETWORK)


def test_evidence_belongs_to_a_consent_and_to_a_batch() -> None:
    for evidence, directive in ((SHOWN, None), (replace(SHOWN, root=bytes(32)), DIRECTIVE)):
        strange = replace(INVITATION.invitation, directive=directive, evidence=evidence)
        with pytest.raises(InputError, match="not a document"):
            parse_invitation(invitation_text(sign_invitation(ACCOUNT, strange)))
    deep = replace(SHOWN, path=(b"\x66" * 32,) * 33)
    strange = replace(INVITATION.invitation, evidence=deep)
    with pytest.raises(InputError, match="at most 32 hashes"):
        parse_invitation(invitation_text(sign_invitation(ACCOUNT, strange)))


def test_other_versions_are_refused() -> None:
    for text, parse in (
        (CONSENT, lambda text: parse_signed(text, NETWORK)),
        (invitation_text(INVITATION), parse_invitation),
    ):
        for version in (1, 3, True, "2", 2.0):
            with pytest.raises(InputError, match="not version 2"):
                parse(json.dumps({**json.loads(text), "version": version}))


def test_a_link_that_would_grow_without_end_is_refused() -> None:
    bomb = base64.urlsafe_b64encode(zlib.compress(b" " * 50_000_000, 9)).decode().rstrip("=")
    with pytest.raises(InputError, match="not whole"):
        parse_invitation("pixelpact:invitation:" + bomb)


def test_a_document_is_for_one_network() -> None:
    attested = signed_text(signed(Approval(b"\x33" * 32, 1, 2)), NETWORK)
    with pytest.raises(InputError, match="another network"):
        parse_attestation(
            attested, NETWORK.with_contracts({**NETWORK.contracts, "ProjectRegistry": b"\x99" * 20})
        )
    for other in (
        replace(NETWORK, chain_id=8),
        replace(NETWORK, genesis=b"\x23" * 32),
        NETWORK.with_contracts({**NETWORK.contracts, "ConsentRegistry": b"\x99" * 20}),
    ):
        with pytest.raises(InputError, match="another network"):
            parse_signed(CONSENT, other)


def test_numbers_are_completed_only_when_one_is_meant() -> None:
    numbers = [b"\x12" + bytes(31), b"\x13" + bytes(31)]
    assert complete("0x12", "study", numbers, "Look") == numbers[0]
    assert complete("13" + "00" * 31, "study", numbers, "Look") == numbers[1]
    for digits, why in (
        ("1", "more than one study begins with 0x1: 2 do"),
        ("2F", "no study whose number begins with 0x2f. Look"),
        ("", "not a study"),
        ("0x12" * 17, "not a"),
    ):
        with pytest.raises(InputError, match=why):
            complete(digits, "study", numbers, "Look")


def test_a_picture_holds_the_evidence_of_a_batch_of_a_million(tmp_path: Path) -> None:
    def link(depth: int) -> str:
        path = tuple(hashlib.sha256(bytes([each])).digest() for each in range(depth))
        signature = hashlib.shake_256(b"made up").digest(65)
        shown = replace(SHOWN, path=path, signature=signature)
        return invitation_link(sign_invitation(ACCOUNT, replace(INVITATION.invitation, evidence=shown)))

    save_qr(link(20), tmp_path / "link.png")
    with pytest.raises(InputError, match="fits into no QR code"):
        save_qr(link(32), tmp_path / "deep.png")
    assert [each.name for each in tmp_path.iterdir()] == ["link.png"]
