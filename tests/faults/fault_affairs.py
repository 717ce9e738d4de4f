"""The commands that change something beyond one hospital, one patient and one requester.

Two operators, batches, emergencies, handovers, projects and votes: what each needs, how it is typed, and what
must be so at last.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from fault_commands import EXISTS, Command, Trial, document, events, one, patient_address, registered
from fault_world import CLINIC, HOSPITAL, PERSON, World

from pixelpact.chain import (
    BatchAnchored,
    CarriedOut,
    CustodyOffered,
    CustodyTransferred,
    DisposalAttested,
    EmergencyRequested,
    EmergencyReviewed,
    GuardianAppointed,
    InstitutionAdmitted,
    OperatorSet,
    PaperRecorded,
    ProjectRegistered,
    Proposed,
    RefusalTaken,
    StudyRotated,
    Voted,
)
from pixelpact.vault import Kind

__all__ = ["AFFAIRS"]

_SECOND_PERSON = "another-person-of-the-kill-test"


def _file(world: World, name: str) -> Path:
    """A file that somebody has in plain, like no other."""
    path = world.path(f"inputs/{name}-{next(world.numbers)}")
    path.write_text(f"{name} {secrets.token_hex(8)}\n", "utf-8")
    return path


def _new_address(world: World) -> str:
    key = world.path(f"inputs/account-{next(world.numbers)}")
    return str(world.do("keys", "account", "--output", key)["account"])


# Two operators


def _second(world: World, who: str, permission: str) -> str:
    """The profile of a second operator of an institution."""
    name = f"second-{who}"
    if not world.profile(name).exists():
        key = world.path(f"inputs/{name}.key")
        address = world.do("keys", "account", "--output", key)["account"]
        world.do(
            *("institution", "operator", "set", address, "--permission", permission),
            *("--profile", world.profile(who)),
        )
        store = json.loads((world.profile(who) / "profile.json").read_text())["store"]
        place = ("--kubo", store["kubo"]) if store["kubo"] else ("--store", store["folder"])
        network = world.path("inputs/network.json")
        world.settle()
        world.do(
            "keys", "create", "--profile", world.profile(name), "--network", network, "--account", key, *place
        )
    return name


def _standing_paper(world: World) -> dict[str, Any]:
    """A second operator who attests, and a patient whom the hospital gave a wallet and who never signed."""
    second = _second(world, HOSPITAL, "CONSENTS")
    world.do(
        *("keys", "create", "--role", "patient", "--profile", world.profile("paper-patient")),
        *("--network", world.path("inputs/network.json")),
    )
    return {"second": second, "subject": patient_address(world, "paper-patient")}


def _paper_record(world: World, standing: dict[str, Any]) -> Trial:
    form, draft, attested = _file(world, "form"), document(world), document(world)
    hospital = ("--profile", world.profile(HOSPITAL))
    world.do(
        *("paper", "draft", "--patient", standing["subject"], "--grantee", 2, "--purpose", "TREAT"),
        *("--form", form, "--output", draft, *hospital),
    )
    world.do(
        *("paper", "attest", draft, "--form", form, "--output", attested, "--yes"),
        *("--profile", world.profile(standing["second"])),
    )
    before = len(events(world, PaperRecorded))

    def check(told: dict[str, Any]) -> None:
        found = events(world, PaperRecorded)
        assert len(found) == before + 1
        if told:
            assert told["consent"] == "0x" + found[-1].directive.hex()
        with world.opened(HOSPITAL) as vault:
            assert vault.find(Kind.PAPER, found[-1].directive.hex()) is not None

    return Trial(("paper", "record", draft, attested, *hospital), check, transactions=1)


def _paper_refusal(world: World, _: dict[str, Any]) -> Trial:
    note = _file(world, "note")
    before = len(events(world, RefusalTaken))

    def check(_: dict[str, Any]) -> None:
        assert len(events(world, RefusalTaken)) == before + 1

    arguments = (
        *("paper", "refusal", "--patient", _new_address(world), "--means", "phone", "--form", note),
        *("--purpose", "HRESCH", "--profile", world.profile(HOSPITAL)),
    )
    return Trial(arguments, check, transactions=1)


def _guardian(world: World, _: dict[str, Any]) -> Trial:
    output, guardian = document(world), _new_address(world)
    world.do(
        *("guardian", "appoint", guardian, "--custodian", 1, "--power", "GRANT", "--yes"),
        *("--output", output, "--profile", world.profile("other-patient")),
    )

    def check(_: dict[str, Any]) -> None:
        found = [
            each for each in events(world, GuardianAppointed) if each.guardian.hex() == guardian[2:].lower()
        ]
        one(found)

    return Trial(("consent", "record", output, "--profile", world.profile(HOSPITAL)), check, transactions=1)


# Batches


def _batch(world: World, _: dict[str, Any]) -> Trial:
    folder = world.path(f"outputs/batch-{next(world.numbers)}")
    folder.mkdir()
    for number, grantee in enumerate((2, "any")):
        world.do(
            *("consent", "sign", "--custodian", 1, "--grantee", grantee, "--purpose", "TREAT", "--yes"),
            *("--output", folder / f"{number}.json", "--profile", world.profile("patient")),
        )
    before = len(events(world, BatchAnchored))

    def check(told: dict[str, Any]) -> None:
        found = events(world, BatchAnchored)
        assert len(found) == before + 1
        with world.opened(HOSPITAL) as vault:
            assert vault.find(Kind.BATCH, found[-1].root.hex()) is not None
            for number in told.get("consents", {}).values():
                assert vault.find(Kind.EVIDENCE, number[2:]) is not None

    return Trial(("batch", "anchor", folder, "--profile", world.profile(HOSPITAL)), check, transactions=1)


# Emergencies


def _standing_emergency(world: World) -> dict[str, Any]:
    """A registered study of which the clinic has no consent, and two people there."""
    second = _second(world, CLINIC, "EMERGENCIES")
    if not world.chain.institutions.institution(2).key_version:
        world.do("keys", "publish", "--profile", world.profile(CLINIC))
    return {"second": second, "study": registered(world, patient_address(world))[0]}


def _drafted(world: World, standing: dict[str, Any]) -> tuple[Path, Path]:
    draft, attested = document(world), document(world)
    world.do(
        *("access", "emergency", "draft", standing["study"], "--justification", _file(world, "why")),
        *("--output", draft, "--person", PERSON, "--profile", world.profile(CLINIC)),
    )
    world.do(
        *("access", "emergency", "attest", draft, "--output", attested, "--person", _SECOND_PERSON, "--yes"),
        *("--profile", world.profile(standing["second"])),
    )
    return draft, attested


def _emergency(world: World, standing: dict[str, Any]) -> Trial:
    draft, attested = _drafted(world, standing)
    before = len(events(world, EmergencyRequested))

    def check(told: dict[str, Any]) -> None:
        found = events(world, EmergencyRequested)
        assert len(found) == before + 1
        if told:
            assert told["request"] == "0x" + found[-1].request.hex()
            assert told["permitted"]
        with world.opened(CLINIC) as vault:
            assert vault.find(Kind.REQUEST, found[-1].request.hex()) is not None

    arguments = (
        *("access", "emergency", "ask", draft, attested, "--person", PERSON),
        *("--profile", world.profile(CLINIC)),
    )
    return Trial(arguments, check, CLINIC, 1)


def _review(world: World, standing: dict[str, Any]) -> Trial:
    draft, attested = _drafted(world, standing)
    request = world.do(
        *("access", "emergency", "ask", draft, attested, "--person", PERSON),
        *("--profile", world.profile(CLINIC)),
    )["request"]
    world.settle()

    def check(_: dict[str, Any]) -> None:
        one(events(world, EmergencyReviewed, request=bytes.fromhex(request[2:])))

    arguments = (
        *("access", "review", request, "--verdict", "justified", "--report", _file(world, "report")),
        *("--draft", draft, "--person", PERSON, "--profile", world.profile(HOSPITAL)),
    )
    return Trial(arguments, check, transactions=1)


# Handover


def _standing_handover(world: World) -> dict[str, Any]:
    """The patient's address, and the clinic's published key."""
    if not world.chain.institutions.institution(2).key_version:
        world.do("keys", "publish", "--profile", world.profile(CLINIC))
    return {"patient": patient_address(world)}


def _offer(world: World, standing: dict[str, Any]) -> Trial:
    study, source = registered(world, standing["patient"])
    output = document(world)

    def check(_: dict[str, Any]) -> None:
        one(events(world, CustodyOffered, study=bytes.fromhex(study[2:])))
        assert json.loads(output.read_text("utf-8"))

    arguments = (
        *("study", "offer", study, "--to", 2, "--output", output, "--profile", world.profile(HOSPITAL)),
    )
    return Trial(arguments, check, transactions=1, studies=(source,))


def _accept(world: World, standing: dict[str, Any]) -> Trial:
    study, source = registered(world, standing["patient"])
    number, output = bytes.fromhex(study[2:]), document(world)
    world.do("study", "offer", study, "--to", 2, "--output", output, "--profile", world.profile(HOSPITAL))
    world.settle()

    def check(_: dict[str, Any]) -> None:
        one(events(world, CustodyTransferred, study=number))
        rotated = one(events(world, StudyRotated, study=number))
        assert not world.lacking(rotated.manifest_digest, CLINIC)
        assert len(events(world, DisposalAttested, study=number)) <= 1
        with world.opened(CLINIC) as vault:
            assert vault.find(Kind.STUDY_KEY, f"{number.hex()}/2") is not None
            assert vault.find(Kind.STUDY_KEY, f"{number.hex()}/1") is None, "the old custodian's key is left"

    arguments = ("study", "accept", output, "--person", PERSON, "--profile", world.profile(CLINIC))
    return Trial(arguments, check, CLINIC, transactions=3, studies=(source,))


# Projects, operators, votes


def _project(world: World, _: dict[str, Any]) -> Trial:
    protocol = _file(world, "protocol")
    before = len(events(world, ProjectRegistered))

    def check(told: dict[str, Any]) -> None:
        found = events(world, ProjectRegistered)
        assert len(found) == before + 1
        if told:
            assert told["project"] == "0x" + found[-1].project.hex()

    arguments = (
        *("project", "register", "--protocol", protocol, "--code", "MONDO:0005148", "--yes"),
        *("--profile", world.profile(CLINIC)),
    )
    return Trial(arguments, check, CLINIC, 1)


def _operator(world: World, _: dict[str, Any]) -> Trial:
    address = _new_address(world)

    def check(_: dict[str, Any]) -> None:
        found = [each for each in events(world, OperatorSet) if each.account.hex() == address[2:].lower()]
        one(found)

    arguments = (
        *("institution", "operator", "set", address, "--permission", "VOTES"),
        *("--profile", world.profile(HOSPITAL)),
    )
    return Trial(arguments, check, transactions=1)


def _propose(world: World, _: dict[str, Any]) -> Trial:
    before = len(events(world, Proposed))

    def check(told: dict[str, Any]) -> None:
        found = events(world, Proposed)
        assert len(found) == before + 1
        if told:
            assert told["proposal"] == found[-1].proposal

    return Trial(_admission(world), check, transactions=1)


def _admission(world: World) -> tuple[object, ...]:
    return (
        *("institution", "propose", "admit", _new_address(world), "--country", "CH", "--role", "REQUESTER"),
        *("--yes", "--profile", world.profile(HOSPITAL)),
    )


def _proposed(world: World) -> int:
    number = int(world.do(*_admission(world))["proposal"])
    world.settle()
    return number


def _vote(world: World, _: dict[str, Any]) -> Trial:
    number = _proposed(world)

    def check(_: dict[str, Any]) -> None:
        found = [each for each in events(world, Voted, proposal=number) if each.institution == 2]
        one(found)

    return Trial(_ballot(world, number, CLINIC), check, CLINIC, 1)


def _ballot(world: World, number: int, who: str) -> tuple[object, ...]:
    return ("institution", "vote", number, "--yes", "--profile", world.profile(who))


def _carry_out(world: World, _: dict[str, Any]) -> Trial:
    number = _proposed(world)
    world.do(*_ballot(world, number, CLINIC))
    world.settle()
    before = len(events(world, InstitutionAdmitted))

    def check(_: dict[str, Any]) -> None:
        one(events(world, CarriedOut, proposal=number))
        assert len(events(world, InstitutionAdmitted)) == before + 1

    return Trial(
        ("institution", "carry-out", number, "--profile", world.profile(HOSPITAL)), check, transactions=1
    )


AFFAIRS = (
    Command("paper record", _paper_record, _standing_paper),
    Command("paper refusal", _paper_refusal, again=None),
    Command("consent record (guardian)", _guardian),
    Command("batch anchor", _batch),
    Command("access emergency ask", _emergency, _standing_emergency),
    Command("access review", _review, _standing_emergency, again=None),
    Command("study offer", _offer, _standing_handover, again=EXISTS),
    Command("study accept", _accept, _standing_handover, again=None),
    Command("project register", _project),
    Command("institution operator set", _operator),
    Command("institution propose", _propose, again=None),
    Command("institution vote", _vote),
    Command("institution carry-out", _carry_out),
)
