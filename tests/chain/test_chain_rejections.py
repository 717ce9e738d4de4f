"""What a contract refuses with arrives as an exception with name, arguments and a sentence."""

from __future__ import annotations

import random
import secrets
from typing import Any

import pytest
from chain_engines import Consortium
from chain_story import PERSON, TREAT, release_to, some_directive
from eth_abi.abi import encode

from pixelpact.chain import AccessRequested, Account, Call, Chain, RequestStatus, StudyRegistered, eip712
from pixelpact.chain.abi import Entry, Item, custom_errors
from pixelpact.chain.rejections import named_errors
from pixelpact.errors import ContractError
from pixelpact.models import ZERO32, AccessQuery

ERRORS = sorted(custom_errors().values(), key=lambda entry: entry.name)
NAMES = [entry.name for entry in ERRORS]
# Bytes that Python's repr spells in its several ways: the embedded chain passes revert data on as one.
AWKWARD = [
    b"'" * 32,
    b'"' * 32,
    b"'\"" * 16,
    b"\\" * 32,
    b"\n\r\t\0" * 8,
    bytes(range(128, 160)),
    b"b'x'" * 8,
]


def reverting_with(data: bytes) -> Call:
    """A creation whose code does nothing but revert with these bytes."""
    length = len(data).to_bytes(2, "big").hex()
    code = bytes.fromhex(f"61{length}600e6000396" + f"1{length}6000fd")
    assert len(code) == 14
    return Call("none", "constructor", None, code + data)


def some_value(item: Item, source: random.Random) -> Any:
    kind: str = item["type"]
    if kind == "tuple":
        return {part["name"]: some_value(part, source) for part in item["components"]}
    if kind == "address":
        return source.randbytes(20)
    if kind == "string":
        return source.choice(["b'x'", "é" * 40, ""])
    if kind.startswith("bytes"):
        return source.choice([*AWKWARD, source.randbytes(32)])[: int(kind[5:])]
    assert kind.startswith("uint"), kind
    return source.getrandbits(int(kind[4:]))


def error_data(entry: Entry, source: random.Random) -> tuple[dict[str, Any], bytes]:
    arguments = {item["name"]: some_value(item, source) for item in entry.inputs}
    return arguments, entry.encode(list(arguments.values()))


def test_every_error_has_a_sentence_and_every_sentence_an_error():
    assert named_errors() == set(NAMES)


def test_no_two_errors_share_a_selector():
    assert len({entry.selector for entry in ERRORS}) == len({entry.signature for entry in ERRORS})


@pytest.mark.parametrize("entry", ERRORS, ids=NAMES)
def test_every_error_decodes_with_its_arguments(hospital: Chain, entry: Entry):
    source = random.Random(entry.name)
    for _ in range(4):
        arguments, data = error_data(entry, source)
        with pytest.raises(ContractError) as caught:
            hospital.prepare(reverting_with(data))
        assert caught.value.name == entry.name
        assert caught.value.arguments == arguments
        assert entry.name in caught.value.sentence
        assert "{" not in caught.value.sentence


@pytest.mark.parametrize("entry", ERRORS[::7], ids=NAMES[::7])
def test_it_also_decodes_from_a_block(hospital: Chain, entry: Entry):
    arguments, data = error_data(entry, random.Random(entry.name))
    with pytest.raises(ContractError) as caught:
        hospital.send(hospital.prepare(reverting_with(data), gas=300_000))
    assert (caught.value.name, caught.value.arguments) == (entry.name, arguments)


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (bytes.fromhex("08c379a0") + encode(["string"], ["b'no'"]), "Error", "b'no'"),
        (bytes.fromhex("4e487b71") + encode(["uint256"], [0x11]), "Panic", "a number overflowed"),
        (bytes.fromhex("4e487b71") + encode(["uint256"], [0x99]), "Panic", "0x99"),
        (bytes.fromhex("4e487b71"), "Panic", ""),
        (b"\xde\xad\xbe\xef" * 3, "", "deadbeef"),
        (next(each for each in ERRORS if each.name == "AccessLedger_Denied").selector, "", ""),
        (b"\1", "", "01"),
        (b"", "", ""),
    ],
    ids=["string", "panic", "unknown panic", "cut panic", "unknown", "cut", "one byte", "nothing"],
)
def test_what_no_contract_of_ours_says_is_still_a_contract_error(
    hospital: Chain, data: bytes, name: str, words: str
):
    with pytest.raises(ContractError, match="stopped the call") as caught:
        hospital.prepare(reverting_with(data))
    assert (caught.value.name, caught.value.arguments) == (name, {})
    assert words in caught.value.sentence


# As the contracts themselves refuse


def test_the_contracts_own_refusals(consortium: Consortium, hospital: Chain, asker: Chain):
    taken = {"account": consortium.c.address, "institution": 3}
    study, person = b"\x21" * 32, b"\x22" * 32
    query = AccessQuery(study=study, purpose=1, categories=1)
    for chain, call, name, arguments in (
        (
            hospital,
            hospital.institutions.set_operator(consortium.c.address, 1),
            "InstitutionRegistry_AccountTaken",
            taken,
        ),
        (
            hospital,
            hospital.institutions.publish_key(bytes(1215)),
            "InstitutionRegistry_KeyLength",
            {"length": 1215},
        ),
        (
            asker,
            asker.studies.register(study, person[:20], 1, study, person),
            "StudyRegistry_LacksRole",
            {"institution": 2, "roles": 2},
        ),
        (
            asker,
            asker.consents.revoke_all(person[:20], 5, 0, bytes(65)),
            "ConsentRegistry_GenerationDiffers",
            {"subject": person[:20], "generation": 5, "expected": 1},
        ),
        (asker, asker.ledger.request(1, query, None, ZERO32), "AccessLedger_PersonMissing", {}),
    ):
        with pytest.raises(ContractError) as caught:
            chain.transact(call)
        assert (caught.value.name, caught.value.arguments) == (name, arguments)


def test_a_release_after_the_withdrawal_is_denied_with_its_reason(hospital: Chain, asker: Chain):
    patient = Account.generate()
    receipt = hospital.transact(
        hospital.studies.register(secrets.token_bytes(32), patient.address, 1, b"\1" * 32, b"\2" * 32)
    )
    study = receipt.event(StudyRegistered).study
    directive = some_directive(patient, study, hospital)
    number, network = eip712.struct_hash(directive), hospital.network
    query = AccessQuery(study=study, purpose=TREAT, categories=1)
    hospital.transact(
        hospital.consents.record(patient.address, number, 0, eip712.sign(patient, network, directive))
    )
    request = asker.transact(asker.ledger.request(1, query, directive, PERSON)).event(AccessRequested)
    assert request.reason == 0
    assert request.request == asker.ledger.request_id(2, 1, query, number)
    assert asker.ledger.request_of(request.request).status is RequestStatus.PERMITTED
    revocation = eip712.Revocation(patient.address, number)
    hospital.transact(
        hospital.consents.revoke(patient.address, number, 0, eip712.sign(patient, network, revocation))
    )

    assert asker.ledger.decide(2, query, directive) == 44
    assert asker.ledger.decide(2, query, directive, at=request.block) == 0
    release = hospital.ledger.release(1, query, directive, release_to(2))
    for attempt in (
        lambda: hospital.transact(release),
        lambda: hospital.simulate(release),
        lambda: hospital.send(hospital.prepare(release, gas=1_000_000)),
    ):
        with pytest.raises(ContractError) as caught:
            attempt()
        assert caught.value.name == "AccessLedger_Denied"
        assert caught.value.arguments == {"request": request.request, "reason": 44}


def test_values_that_a_type_does_not_have_are_the_callers_fault(hospital: Chain):
    for wrong in (
        lambda: hospital.studies.study(b"\1" * 31),
        lambda: hospital.institutions.operator(b"\1" * 32),
        lambda: hospital.institutions.institution(2**32),
        lambda: hospital.institutions.institution(-1),
        lambda: hospital.institutions.set_operator(b"\1" * 20, 256),
        lambda: hospital.institutions.publish_key("00"),  # type: ignore[arg-type]
        lambda: hospital.studies.withdraw("x" * 32),  # type: ignore[arg-type]
    ):
        with pytest.raises(ValueError, match=r".+"):
            wrong()
