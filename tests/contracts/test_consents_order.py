"""What two operators do together is checked in the order of NatSpec: the second one comes last."""

from collections.abc import Callable
from typing import Any

import pytest
from ape.exceptions import CustomError
from consenting import GRANT, RECOVER, Consenting
from scenario import BOB, GUARDIAN, HARRY, HOSPITAL_A, HOSPITAL_B, START, STRANGER, ZERO32, digest


@pytest.fixture
def of_bob(consenting):
    """The same for Bob, who never signed with a key."""
    parts = (consenting.chain, consenting.consents, consenting.domain, consenting.people, consenting.study)
    return Consenting(*parts, BOB)


def refusals(call: Callable[..., Any], *mended: dict[str, Any], **wrong: Any) -> list[str]:
    """The error's name of a call in which everything is wrong, and after each thing that was put right."""
    names = []
    for right in ({}, *mended):
        wrong |= right
        with pytest.raises(CustomError) as caught:
            call(**wrong)
        names.append(caught.value.abi.name.removeprefix("ConsentRegistry_"))
    return names


def test_paper_in_its_order(consenting, of_bob, people):
    withdrawn, recorded = consenting.directive("withdrawn"), consenting.directive("recorded")
    consenting.revoke(consenting.hash(withdrawn))
    consenting.record(recorded)
    consenting.end_paper()
    assert refusals(
        consenting.paper,
        {"sender": people.hospital_a},
        {"form": digest("a form")},
        {"directive": recorded},
        {"directive": consenting.directive("another")},
        {"directive": of_bob.directive("his")},
        {"second": HARRY},
        directive=withdrawn,
        sender=people.eve,
        form=ZERO32,
        second=STRANGER,
        signed={"form": digest("another form")},
    ) == [
        "NotOperator",
        "DigestMissing",
        "AlreadyRevoked",
        "AlreadyRecorded",
        "PaperEnded",
        "NotOperator",
        "SignatureInvalid",
    ]


def test_an_attested_appointment_in_its_order(consenting, of_bob, people):
    consenting.end_paper()
    wrong = {
        "custodian": HOSPITAL_B,
        "form": ZERO32,
        "powers": GRANT | RECOVER,
        "guardian": BOB,
        "until": START - 1,
        "number": 5,
        "second": STRANGER,
        "signed": {"appointment": of_bob.appointment(), "form": digest("another form")},
    }
    assert refusals(
        consenting.attest,
        {"sender": people.hospital_a},
        {"custodian": HOSPITAL_A},
        {"form": digest("a form")},
        sender=people.eve,
        **wrong,
    ) == ["NotOperator", "NotCustodian", "DigestMissing", "PaperEnded"]
    assert refusals(
        of_bob.attest,
        {"powers": 128},
        {"guardian": GUARDIAN},
        {"powers": GRANT},
        {"until": START + 10_000},
        {"number": 1},
        {"second": HARRY},
        **wrong | {"custodian": HOSPITAL_A, "form": digest("a form")},
    ) == [
        "PowersUnusable",
        "GuardianUnusable",
        "PowersUnusable",
        "UntilOutOfRange",
        "AppointmentDiffers",
        "NotOperator",
        "SignatureInvalid",
    ]


def test_a_lift_in_its_order(consenting, people):
    wrong = {
        "sender": people.eve,
        "form": ZERO32,
        "study": digest("nobody's"),
        "sequence": 9,
        "second": STRANGER,
        "signed": {"sequence": 8},
    }
    assert refusals(
        consenting.lift,
        {"sender": people.hospital_a},
        {"form": digest("a form")},
        {"study": ZERO32},
        {"sequence": 1},
        **wrong,
    ) == ["NotOperator", "DigestMissing", "NotCustodian", "SequenceDiffers", "RefusalUnchanged"]
    consenting.take_refusal(1)
    right = {"sender": people.hospital_a, "form": digest("a form"), "study": ZERO32, "sequence": 2}
    assert refusals(consenting.lift, {"second": HARRY}, **wrong | right) == [
        "NotOperator",
        "SignatureInvalid",
    ]
