"""The people, what they sign, and how a contract's refusal is asserted.

Every time and every number is fixed, so that a transaction costs the same gas in each run.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ape.exceptions import CustomError
from eth_abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak, to_checksum_address
from web3.exceptions import ContractCustomError

DATA = Path(__file__).resolve().parents[2] / "client" / "pixelpact" / "policy" / "data"

DAY = 86_400
YEAR = 365 * DAY
#: When the story starts, in seconds since 1970, and when the consortium was founded before that.
START = 2_000_000_000
FOUNDED = START - DAY
MAX_TERM = 315_576_000
#: What the consortium was founded on: the recommended terms (docs/contracts.md, Terms).
TERMS = {
    "voteLifetime": 30 * DAY,
    "engineNotice": 7 * DAY,
    "recoveryNotice": 7 * DAY,
    "longestStop": 14 * DAY,
    "paperDelay": 3 * DAY,
    "keyRecoveryDelay": 7 * DAY,
    "reviewTerm": 7 * DAY,
}
ZERO32 = bytes(32)
ZERO_ADDRESS = to_checksum_address(bytes(20))
ANY_GRANTEE = 0
ANY_GRANTEE_LATER_TOO = 2**32 - 1

CUSTODIAN, REQUESTER, BOARD, VOTER = 1, 2, 4, 8
STUDIES, RELEASES, REQUESTS, CONSENTS, EMERGENCIES, PROJECTS, VOTES, ALL = 1, 2, 4, 8, 16, 32, 64, 127
UNKNOWN, ACTIVE, SUSPENDED = 0, 1, 2
STUDY_ACTIVE, WITHDRAWN, ERASED = 1, 2, 3
PERMITTED, DENIED, REFUSED = 1, 2, 3
CT, MR = 1 << 1, 1 << 2

#: Something as long as an encryption key, without zero bytes, which all that have one publish.
ENCRYPTION_KEY = (b"key of somebody" * 82)[:1_216]

#: No batch is cited.
NO_EVIDENCE = (0, ZERO32, [], 0, b"")

#: The institutions by their numbers.
HOSPITAL_A, HOSPITAL_B, COMPANY_C, HOSPITAL_D, BOARD_E, STRANGE_HOSPITAL = 1, 2, 3, 4, 5, 99


def table(name: str) -> list[dict[str, str]]:
    """The rows of one of the tables that the contracts' numbers are generated from."""
    with (DATA / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


REASON = SimpleNamespace(**{row["name"]: int(row["number"]) for row in table("reasons")})
PURPOSE = SimpleNamespace(**{row["code"]: int(row["index"]) for row in table("purposes")})
PARENT = {int(row["index"]): row["parent"] for row in table("purposes")}


def digest(text: str) -> bytes:
    """Any 32 bytes that a word stands for."""
    return keccak(text=text)


def number(value: int) -> bytes:
    """A number as 32 bytes."""
    return value.to_bytes(32, "big")


TYPES = {
    "Directive": [
        ("subject", "address"),
        ("custodian", "uint32"),
        ("study", "bytes32"),
        ("grantee", "uint32"),
        ("categories", "uint64"),
        ("purposes", "uint64"),
        ("permission", "uint16"),
        ("vocabulary", "uint16"),
        ("generation", "uint32"),
        ("notBefore", "uint64"),
        ("expiry", "uint64"),
        ("salt", "bytes32"),
        ("modifiers", "Modifier[]"),
    ],
    "Modifier": [("code", "uint16"), ("value", "bytes32")],
    "Revocation": [("subject", "address"), ("directive", "bytes32")],
    "RevocationOfAll": [("subject", "address"), ("generation", "uint32")],
    "Refusal": [
        ("subject", "address"),
        ("custodian", "uint32"),
        ("study", "bytes32"),
        ("grantee", "uint32"),
        ("purposes", "uint64"),
        ("sequence", "uint64"),
    ],
    "EmergencyAccess": [
        ("request", "bytes32"),
        ("justification", "bytes32"),
        ("person", "bytes32"),
        ("secondPerson", "bytes32"),
        ("until", "uint64"),
    ],
    "Approval": [("project", "bytes32"), ("board", "uint32"), ("until", "uint64")],
    "EndOfPaper": [("subject", "address")],
    "PaperConsent": [
        ("subject", "address"),
        ("directive", "bytes32"),
        ("custodian", "uint32"),
        ("form", "bytes32"),
    ],
    "RefusalLift": [
        ("subject", "address"),
        ("custodian", "uint32"),
        ("study", "bytes32"),
        ("form", "bytes32"),
        ("sequence", "uint64"),
    ],
    "Appointment": [
        ("subject", "address"),
        ("guardian", "address"),
        ("powers", "uint8"),
        ("custodian", "uint32"),
        ("until", "uint64"),
        ("number", "uint32"),
    ],
    "AttestedAppointment": [("appointment", "Appointment"), ("form", "bytes32")],
    "Dismissal": [("subject", "address"), ("number", "uint32")],
    "Recoverer": [("subject", "address"), ("account", "address"), ("sequence", "uint64")],
    "Recovery": [("subject", "address"), ("candidate", "address"), ("attempt", "uint32")],
    "RecoveryStop": [("subject", "address"), ("attempt", "uint32")],
}
PARTS = {
    "Directive": ["Directive", "Modifier"],
    "AttestedAppointment": ["AttestedAppointment", "Appointment"],
}


@dataclass(frozen=True)
class Domain:
    """The EIP-712 domain of a contract: of a ConsentRegistry, if nothing else is said."""

    chain_id: int
    registry: str
    name: str = "PixelPact"
    version: str = "1"

    def signable(self, kind: str, message: dict[str, Any]) -> Any:
        """What a wallet signs, by eth-account's own encoder."""
        return encode_typed_data(
            {
                "name": self.name,
                "version": self.version,
                "chainId": self.chain_id,
                "verifyingContract": self.registry,
            },
            {
                part: [{"name": name, "type": type_} for name, type_ in TYPES[part]]
                for part in PARTS.get(kind, [kind])
            },
            message,
        )

    def struct_hash(self, kind: str, message: dict[str, Any]) -> bytes:
        """The EIP-712 struct hash of a message."""
        return self.signable(kind, message).body

    def digest(self, kind: str, message: dict[str, Any]) -> bytes:
        """What the signature is over."""
        signable = self.signable(kind, message)
        return keccak(b"\x19" + signable.version + signable.header + signable.body)


class Patient:
    """A person with a key and no ether."""

    def __init__(self, name: str) -> None:
        self.key = Account.from_key(keccak(text=f"the made-up key of {name}"))
        self.address = self.key.address

    def sign(self, domain: Domain, kind: str, message: dict[str, Any]) -> bytes:
        """The signature as 65 bytes."""
        return bytes(self.key.sign_message(domain.signable(kind, message)).signature)


ALICE, BOB = Patient("Alice"), Patient("Bob")
#: Who may act for Alice, who may in vain, and the key that Alice has after she lost the first.
GUARDIAN, STRANGER, NEW_KEY, SAFE = (
    Patient("Gwen"),
    Patient("Sven"),
    Patient("Alice anew"),
    Patient("her safe"),
)
#: Who signs for hospital A beside its admin, in matters of consent.
HARRY = Patient("Harry")
#: Who signs for the ethics board, and who is the second of hospital B in an emergency; without ether too.
FRANCES, GRACE = Patient("Frances"), Patient("Grace")


def directive_of(study: bytes, /, **changes: Any) -> dict[str, Any]:
    """Alice allows hospital B her CT study for treatment; changed as the test needs it."""
    return {
        "subject": ALICE.address,
        "custodian": HOSPITAL_A,
        "study": study,
        "grantee": HOSPITAL_B,
        "categories": CT,
        "purposes": 1 << PURPOSE.TREAT,
        "permission": 0,
        "vocabulary": 1,
        "generation": 0,
        "notBefore": START - DAY,
        "expiry": START + 300 * DAY,
        "salt": digest("salt"),
        "modifiers": [],
    } | changes


def no_directive() -> dict[str, Any]:
    """The directive that is none."""
    return directive_of(
        ZERO32,
        subject=ZERO_ADDRESS,
        custodian=0,
        grantee=0,
        categories=0,
        purposes=0,
        vocabulary=0,
        notBefore=0,
        expiry=0,
        salt=ZERO32,
    )


ADMIT, SUSPEND, REINSTATE, CHANGE, RECOVER_ADMIN, REPLACE_ENGINE, STOP = range(1, 8)

#: The longest approval in seconds, the traits of a project, and where it may stand.
FIVE_YEARS = 157_788_000
METHODS, GENETIC, COMMERCIAL, ANCESTRY = 1, 2, 4, 8
REGISTERED, APPROVED, PROJECT_WITHDRAWN = 1, 2, 3


def code_of(text: str) -> bytes:
    """A disease or a kind of research as 32 bytes: ASCII and zeros behind it."""
    return text.encode("ascii").ljust(32, b"\0")


def project_of(**changes: Any) -> dict[str, Any]:
    """Hospital B leads, company C takes part, in Great Britain; changed as the test needs it."""
    return {
        "lead": HOSPITAL_B,
        "partners": [COMPANY_C],
        "traits": 0,
        "country": b"GB",
        "protocol": digest("a protocol"),
        "codes": [code_of("MONDO:0005148"), code_of("screening")],
        "salt": digest("the salt of a project"),
    } | changes


def modifiers(*pairs: tuple[int, bytes]) -> list[dict[str, Any]]:
    """Modifiers from (code, value)."""
    return [{"code": code, "value": value} for code, value in pairs]


def query_of(study: bytes, /, **changes: Any) -> dict[str, Any]:
    """Hospital B asks for Alice's CT study for treatment; changed as the test needs it."""
    return {
        "study": study,
        "purpose": PURPOSE.TREAT,
        "categories": CT,
        "project": ZERO32,
        "obligations": 0,
    } | changes


def motion_of(action: int, **changes: Any) -> dict[str, Any]:
    """What is voted on; every field that is not given is zero."""
    return {
        "action": action,
        "institution": 0,
        "account": ZERO_ADDRESS,
        "roles": 0,
        "country": b"\0\0",
        "attributes": 0,
        "codeHash": ZERO32,
        "duration": 0,
    } | changes


def project_id(body: dict[str, Any]) -> bytes:
    """A project's number, by another ABI encoder than the contract's."""
    types = ["(uint32,uint32[],uint16,bytes2,bytes32,bytes32[],bytes32)"]
    return keccak(encode(types, [tuple(body.values())]))


def request_id(domain: Domain, requester: int, nonce: int, query: dict[str, Any]) -> bytes:
    """The number of a request without a directive, likewise."""
    asked = keccak(encode(["bytes32", "uint8", "uint64", "bytes32", "uint64"], list(query.values())))
    types = ["uint256", "address", "uint32", "uint64", "bytes32", "bytes32"]
    return keccak(encode(types, [domain.chain_id, domain.registry, requester, nonce, asked, ZERO32]))


def emergency_of(study: bytes, /, until: int = 0, **changes: Any) -> dict[str, Any]:
    """Two people of hospital B open Alice's CT study; changed as the test needs it, and good until then."""
    return {
        "study": study,
        "categories": CT,
        "justification": digest("unconscious, and a salt"),
        "second": GRACE.address,
        "person": digest("a person"),
        "secondPerson": digest("another person"),
        "until": until,
    } | changes


def said_in(emergency: dict[str, Any]) -> dict[str, Any]:
    """What the second person signs beside the request's number."""
    return {name: emergency[name] for name in ("justification", "person", "secondPerson", "until")}


def emergency_query(emergency: dict[str, Any]) -> dict[str, Any]:
    """The query that an emergency stands for."""
    return query_of(emergency["study"], purpose=PURPOSE.BTG, categories=emergency["categories"])


def release_of(**changes: Any) -> dict[str, Any]:
    """What hospital A releases to hospital B; changed as the test needs it."""
    return {
        "requester": HOSPITAL_B,
        "epoch": 1,
        "keyVersion": 1,
        "keyDigest": sha256(ENCRYPTION_KEY).digest(),
        "envelopeDigest": digest("envelope"),
        "person": digest("a person"),
    } | changes


def sent(directive: dict[str, Any]) -> dict[str, Any]:
    """The directive as ape takes it: structs in a list are tuples."""
    return directive | {"modifiers": [(entry["code"], entry["value"]) for entry in directive["modifiers"]]}


def cited(directive: dict[str, Any], evidence: tuple[Any, ...] = NO_EVIDENCE) -> tuple[Any, ...]:
    """A directive as a request cites it: with the batch that shows it, or none."""
    return sent(directive), evidence


def plain(value: Any) -> Any:
    """What was decoded, in the types of this language, so that it can be compared."""
    if hasattr(value, "items"):
        return {name: plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return bytes(value) if isinstance(value, bytes) else value


@contextmanager
def reverts(error: Any, **arguments: Any) -> Iterator[None]:
    """The one way in which a refusal is asserted: by the error and all of its arguments."""
    with pytest.raises(CustomError) as caught:
        yield
    assert caught.value.abi.name == error.abi.name
    assert plain(caught.value.inputs) == plain(arguments)


def assert_not_deployable(sender: Any, container: Any, *arguments: Any, error: Any, **values: Any) -> None:
    """The same of a constructor. As a call, since ape takes minutes to trace a deployment of 257 founders."""
    code = bytes.fromhex(container.contract_type.deployment_bytecode.bytecode.removeprefix("0x"))
    data = code + container.constructor.encode_input(*arguments)
    with pytest.raises(ContractCustomError) as caught:
        sender.provider.web3.eth.call({"from": sender.address, "data": data})
    types = [entry.type for entry in error.abi.inputs]
    assert list(values) == [entry.name for entry in error.abi.inputs]
    expected = keccak(text=error.abi.selector)[:4] + encode(types, list(values.values()))
    assert caught.value.data == "0x" + expected.hex()


def events_of(receipt: Any) -> list[tuple[str, dict[str, Any]]]:
    """All events of a transaction, decoded."""
    return [(event.event_name, plain(event.event_arguments)) for event in receipt.events]
