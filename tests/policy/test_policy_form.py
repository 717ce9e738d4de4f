"""What is refused before it is signed, and how a directive and a query are read out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from policy_cases import DIRECTIVE, KINDS, NOW, QUERY, STUDY, directive, modifier, query

from pixelpact.errors import InputError
from pixelpact.models import ANY_INSTITUTION, ANY_INSTITUTION_LATER_TOO
from pixelpact.policy import (
    MAX_TERM,
    Category,
    GuardianPower,
    ModifierCode,
    Obligation,
    Permission,
    Purpose,
    Trait,
    check_directive,
    describe,
    describe_acting,
    describe_dismissal,
    describe_end_of_paper,
    describe_guardian,
    describe_project,
    describe_query,
    describe_recovery,
    describe_resignation,
    describe_start,
    describe_stop,
    purpose_set,
)

RESEARCH = purpose_set(Purpose.HRESCH)

FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"subject": bytes(20)}, "patient's address"),
    ({"subject": bytes(19)}, "patient's address"),
    ({"custodian": 0}, "no hospital"),
    ({"custodian": 2**32 - 1}, "no hospital"),
    ({"grantee": -1}, "not an institution's number"),
    ({"grantee": 2**32}, "not an institution's number"),
    ({"study": b"\1"}, "not 32 bytes"),
    ({"salt": bytes(32)}, "guessed"),
    ({"salt": b"\1" * 31}, "guessed"),
    ({"generation": 2**32}, "not a generation"),
    ({"generation": -1}, "not a generation"),
    ({"categories": 0}, "no kind of images"),
    ({"categories": 1 << 17}, "unknown kind of image 17"),
    ({"purposes": 0}, "no purpose"),
    ({"purposes": 1 | 1 << 59}, "unknown purpose 59"),
    ({"vocabulary": 2}, "vocabulary 2"),
    ({"expiry": 0}, "not a time"),
    ({"not_before": -1}, "not a time"),
    ({"expiry": 2**64}, "not a time"),
    ({"not_before": NOW, "expiry": NOW}, "end before it starts"),
    ({"not_before": NOW, "expiry": NOW + MAX_TERM + 1}, "longer than ten years"),
    ({"permission": 1}, "not a data use permission"),
    ({"permission": 0}, r"never allow"),
    ({"permission": Permission.CC}, r"health research \(HRESCH\).*never allow"),
    ({"permission": Permission.POA, "purposes": purpose_set(Purpose.BIORCH)}, "never allow"),
    ({"permission": Permission.CC, "purposes": purpose_set(Purpose.TRAIN)}, "never allow"),
    (
        {"modifiers": (modifier(ModifierCode.NPOA),), "purposes": purpose_set(Purpose.POARCH)},
        "never allow",
    ),
    ({"modifiers": tuple(modifier(code) for code in range(100, 109))}, "9 conditions"),
    ({"modifiers": (modifier(ModifierCode.COL), modifier(ModifierCode.PUB))}, "ascend"),
    ({"modifiers": (modifier(ModifierCode.PUB), modifier(ModifierCode.PUB))}, "ascend"),
    ({"modifiers": (modifier(47),)}, "not a data use modifier"),
    ({"modifiers": (replace(modifier(ModifierCode.IS), value=b"\2"),)}, "not 32 bytes"),
    ({"modifiers": (modifier(ModifierCode.IS, 0),)}, "IS does not name"),
    ({"modifiers": (modifier(ModifierCode.IS, 3),)}, "IS names another institution"),
    ({"modifiers": (modifier(ModifierCode.GS, b"ch"),)}, "GS does not name"),
    ({"modifiers": (modifier(ModifierCode.GS, b"CHE"),)}, "GS does not name"),
    ({"modifiers": (modifier(ModifierCode.GS, 0),)}, "GS does not name"),
    ({"modifiers": (modifier(ModifierCode.TS, 0),)}, "TS does not name"),
    ({"modifiers": (modifier(ModifierCode.TS, 122),)}, "TS does not name"),
    ({"modifiers": (modifier(ModifierCode.MOR, 0),)}, "MOR does not name"),
    ({"modifiers": (modifier(ModifierCode.PUB, 1),)}, "PUB takes no value"),
    ({"modifiers": (modifier(ModifierCode.NPU, 1),)}, "NPU takes no value"),
    ({"modifiers": (modifier(ModifierCode.NCU, 1),)}, "NCU takes no value"),
    ({"modifiers": (modifier(ModifierCode.PS),)}, "PS does not name a project"),
    ({"modifiers": (modifier(ModifierCode.DS, 1),)}, "its permission is not DS"),
    ({"permission": Permission.DS, "purposes": purpose_set(Purpose.DSRCH)}, "names none"),
    (
        {"modifiers": (modifier(ModifierCode.NCU),), "purposes": purpose_set(Purpose.HMARKT)},
        "never allow",
    ),
]


@pytest.mark.parametrize(("changes", "why"), FAULTS)
def test_what_can_not_be_signed(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        check_directive(replace(DIRECTIVE, **changes))
    assert caught.value.what == "The consent can't be signed"
    assert caught.value.remedy


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"study": STUDY, "grantee": ANY_INSTITUTION},
        {"grantee": ANY_INSTITUTION_LATER_TOO, "modifiers": (modifier(ModifierCode.IS, 3),)},
        {"not_before": NOW, "expiry": NOW + MAX_TERM},
        {"permission": 0, "purposes": purpose_set(Purpose.TREAT, Purpose.HMARKT)},
        {"permission": Permission.CC, "purposes": purpose_set(Purpose.TREAT)},
        {"permission": Permission.HMB, "purposes": RESEARCH},
        {"permission": Permission.DS, "modifiers": (modifier(ModifierCode.DS, 1),)},
        {"modifiers": (modifier(ModifierCode.NPOA),)},
        {"modifiers": (modifier(ModifierCode.GS, b"CH"), modifier(ModifierCode.TS, 121))},
        {"modifiers": (modifier(ModifierCode.RS, 5),)},
    ],
)
def test_what_can_be_signed(changes: dict[str, Any]) -> None:
    check_directive(replace(DIRECTIVE, **changes))


HOLDER = (
    "Hospital A (institution 1) may share all studies that it holds of you, now and later, if they hold "
    "nothing but: computed tomography and reports."
)
USE = (
    "The images may be used for emergency treatment (ETREAT) and biomedical research (BIORCH), with all that "
    "these include: opening a closed record in an emergency and treatment in an emergency department."
)


def test_a_directive_read_out() -> None:
    cited = directive(
        modifier(ModifierCode.GS, b"CH"),
        modifier(ModifierCode.TS, 6),
        modifier(ModifierCode.NPU),
        purposes=purpose_set(Purpose.ETREAT, Purpose.BTG, Purpose.BIORCH),
        permission=Permission.HMB,
    )
    assert describe(cited, {1: "Hospital A", 2: "Hospital B"}) == [
        HOLDER,
        "It may share them with Hospital B (institution 2) and nobody else.",
        USE,
        "Research is limited to what this permission allows: health or medical or biomedical research (HMB).",
        "Condition: only in one country (GS): CH.",
        "Condition: only for a number of months (TS): 6 of 30 days each, 180 days from its recording.",
        "Condition: only for not-for-profit institutions (NPU).",
        "It is valid from 2027-01-15T07:26:40Z until 2027-01-15T08:33:20Z.",
        "You can withdraw it at any time. What was opened by then can't be called back.",
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"study": STUDY}, f"Institution 1 may share the study 0x{STUDY.hex()}, if"),
        ({"grantee": ANY_INSTITUTION}, "every institution that was a requester before"),
        ({"grantee": ANY_INSTITUTION_LATER_TOO}, "also with those that join later"),
        ({"permission": 0, "purposes": 1}, "They may not be used for research."),
        ({"permission": Permission.GRU, "purposes": 1}, "They may not be used for research."),
        ({"permission": Permission.CC}, "They may not be used for research: clinical care use"),
        ({"permission": Permission.DS}, "no disease is named, so research is denied"),
        (
            {"permission": Permission.DS, "modifiers": (modifier(ModifierCode.DS, b"MONDO:1"),)},
            "within a project that an ethics board approved",
        ),
        ({"modifiers": (modifier(ModifierCode.DS, b"MONDO:1"),)}, "(DS): MONDO:1."),
        ({"vocabulary": 2}, "vocabulary 2"),
        ({"modifiers": (modifier(ModifierCode.IRB),)}, "Only an approved research project can show"),
        ({"modifiers": (modifier(ModifierCode.PS, 7),)}, f"(PS): {'00' * 31}07."),
        ({"modifiers": (modifier(47),)}, "unknown condition DUO:0000047. There is no rule for it"),
        ({"modifiers": (modifier(ModifierCode.IS, 2),)}, "(IS): institution 2."),
        ({"modifiers": (modifier(ModifierCode.MOR, NOW),)}, "(MOR): 2027-01-15T08:00:00Z."),
        ({"purposes": 1 << 59}, "the unknown purpose 59"),
        ({"categories": 1 << 20}, "the unknown kind of image 20"),
    ],
)
def test_what_is_special_is_said(changes: dict[str, Any], sentence: str) -> None:
    assert any(sentence in spoken for spoken in describe(replace(DIRECTIVE, **changes)))


def test_a_query_read_out() -> None:
    assert describe_query(QUERY) == [
        f"An institution asks for the study 0x{STUDY.hex()}.",
        "It asks for treatment (TREAT).",
        "It asks for images of these kinds: computed tomography and reports.",
    ]
    project = bytes(31) + b"\1"
    full = query(
        categories=KINDS | Category.MR, project=project, obligations=Obligation.PUBLICATION_REQUIRED | 1 << 9
    )
    asked_by_name = describe_query(full, {2: "Hospital B"}, requester=2)
    assert asked_by_name[0].startswith("Hospital B (institution 2) asks for the study")
    assert describe_query(full)[-2:] == [
        f"It asks for the research project 0x{project.hex()}.",
        "It accepts to publish the results and the unknown obligation 9.",
    ]


def test_a_guardian_is_read_out() -> None:
    said = describe_guardian(bytes(19) + b"\7", GuardianPower.GRANT | GuardianPower.RECOVER, 1, NOW, {1: "A"})
    assert said[0] == f"0x{'00' * 19}07 becomes your guardian, until 2027-01-15T08:00:00Z at the latest."
    assert said[1] == "This guardian may allow in your name: what A (institution 1) holds."
    assert any("new key" in sentence for sentence in said)
    limited = describe_guardian(bytes(20), 0, 0, NOW)
    assert "This guardian may allow nothing in your name." in limited
    assert not any("new key" in sentence for sentence in limited)


def test_what_else_is_signed_about_guardians_and_keys_is_read_out() -> None:
    patient, other = b"\5" * 20, b"\6" * 20
    assert describe_acting(patient, 2) == (
        f"In the name of the patient 0x{patient.hex()}, as the guardian of appointment 2:"
    )
    said = describe_dismissal(other, 2)
    assert said[0] == f"0x{other.hex()} is your guardian no more (appointment 2), for good."
    assert "allowed in your name ends" in said[1]
    said = describe_resignation(patient, 2)
    assert said[0].startswith(f"You are the guardian of the patient 0x{patient.hex()} no more")
    alone, together = describe_start(patient, other), describe_start(patient, other, 2)
    assert alone[0] == f"The key 0x{other.hex()} is to sign for the patient 0x{patient.hex()} from then on."
    assert alone[-1] == "It ends every consent that was given before."
    assert [each for each in together if each not in alone] == [
        "It begins only when a hospital that holds images of the patient agrees."
    ]
    assert describe_stop(other)[0] == f"The key 0x{other.hex()} does not take over; yours stays."
    assert describe_end_of_paper()[-1].endswith("This can't be undone.")


@dataclass(frozen=True)
class Body:
    lead: int = 2
    partners: tuple[int, ...] = (3, 4)
    traits: int = Trait.GENETIC | Trait.COMMERCIAL
    country: bytes = b"CH"
    codes: tuple[bytes, ...] = (b"MONDO:1".ljust(32, b"\0"),)


def test_a_project_is_read_out() -> None:
    assert describe_project(Body(), {2: "B"}) == [
        "It is led by B (institution 2), with institution 3 and institution 4.",
        "It is for MONDO:1.",
        "It studies genes and is for commercial use.",
        "The data is used in CH.",
    ]
    assert describe_project(Body(partners=(), traits=0, country=bytes(2), codes=())) == [
        "It is led by institution 2 alone.",
        "It names no disease and no kind of research.",
        "It develops no methods, studies neither genes nor ancestry, and is not commercial.",
        "The data is used in no stated country.",
    ]


def test_a_recovery_is_read_out() -> None:
    assert describe_recovery(b"\1" * 20)[-1] == "A new key ends every consent given before."
    assert describe_recovery(bytes(20)) == ["No account may give you a new key any more."]
