"""Commands that change something: what each needs, how it is typed, and what must be so at last.

These are of images and of what patients sign; the others are in ``fault_affairs``.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import made
from fault_child import Ended
from fault_world import CLINIC, HOSPITAL, PERSON, World

from pixelpact.chain import (
    AccessConfirmed,
    AccessDisputed,
    AccessRefused,
    AccessReleased,
    AccessRequested,
    AllRevoked,
    DirectiveRecorded,
    DirectiveRevoked,
    DisposalAttested,
    Event,
    KeyPublished,
    RefusalSet,
    StudyRegistered,
    StudyRotated,
)
from pixelpact.crypto import list_cids, open_study
from pixelpact.models import DAG_CBOR, RAW, Cid
from pixelpact.profile import ProfileFolder
from pixelpact.sealing import study_keys
from pixelpact.vault import Kind

__all__ = [
    "EXISTS",
    "IMAGES",
    "Command",
    "Trial",
    "document",
    "done_already",
    "events",
    "one",
    "patient_address",
    "registered",
]

#: The exit code of a command that finds what it would make.
EXISTS = 3

Outcome = Callable[[dict[str, Any]], None]


def _nothing() -> None:
    """No source to change."""


@dataclass(frozen=True)
class Trial:
    """One piece of work that is killed and done again.

    Attributes:
        arguments: the command line.
        check: what must be so when it is done; it is given the command's answer, {} when nobody was told it.
        who: whose account pays. transactions: how many it sends.
        studies: the sources it reads.
        change: changes the source between two runs.
        release: the request, where the work releases its key.
    """

    arguments: tuple[object, ...]
    check: Outcome
    who: str = HOSPITAL
    transactions: int = 0
    studies: tuple[Path, ...] = ()
    change: Callable[[], None] = _nothing
    release: str = ""


@dataclass(frozen=True)
class Command:
    """A command of the table.

    Attributes:
        name: what the table calls it.
        prepare: what is done before; makes the trial.
        stand: makes what many trials share.
        again: the exit code when it was done already: 0, or 3 with "There is ... already". None where it
            would be a second piece of work, such as asking a second time.
    """

    name: str
    prepare: Callable[[World, dict[str, Any]], Trial]
    stand: Callable[[World], dict[str, Any]] = field(default=lambda _: {})
    again: int | None = 0


def events(world: World, kind: type[Event], **indexed: Any) -> list[Any]:
    """All events of a kind."""
    chain = world.chain
    return list(chain.find(kind, last=chain.head().number, **indexed))


def one(found: list[Any]) -> Any:
    """The only one."""
    assert len(found) == 1, f"{len(found)} instead of one: {found}"
    return found[0]


# keys


def _create_institution(world: World, _: dict[str, Any]) -> Trial:
    name = f"made-{next(world.numbers)}"
    source = json.loads((world.profile(HOSPITAL) / "profile.json").read_text())["store"]
    store = ("--kubo", source["kubo"]) if source["kubo"] else ("--store", source["folder"])
    key = world.path(f"inputs/{HOSPITAL}.key")
    key.write_text(world.accounts[HOSPITAL].reveal_key().hex() + "\n")
    key.chmod(0o600)
    network = ("--network", world.path("inputs/network.json"))

    def check(_: dict[str, Any]) -> None:
        with world.opened(name) as vault:
            assert vault.ids(Kind.OPERATOR_KEY) == ["operator"]
        assert ProfileFolder.load(world.profile(name)).institution == 1

    arguments = ("keys", "create", "--profile", world.profile(name), *network, "--account", key, *store)
    return Trial(arguments, check)


def _create_patient(world: World, _: dict[str, Any]) -> Trial:
    name = f"patient-{next(world.numbers)}"

    def check(_: dict[str, Any]) -> None:
        with world.opened(name) as vault:
            assert len(vault.get(Kind.PATIENT_KEY, "words")["words"].split()) == 12

    network = ("--network", world.path("inputs/network.json"))
    return Trial(("keys", "create", "--role", "patient", "--profile", world.profile(name), *network), check)


def _publish(world: World, _: dict[str, Any]) -> Trial:
    before = len(events(world, KeyPublished, institution=2))
    with world.opened(CLINIC) as vault:
        seeds = len(vault.ids(Kind.ENCRYPTION_SEED))

    def check(_: dict[str, Any]) -> None:
        found = events(world, KeyPublished, institution=2)
        assert len(found) == before + 1
        assert found[-1].version == before + 1
        with world.opened(CLINIC) as vault:
            assert len(vault.ids(Kind.ENCRYPTION_SEED)) == seeds + 1

    return Trial(("keys", "publish", "--profile", world.profile(CLINIC)), check, CLINIC, 1)


# study


def patient_address(world: World, patient: str = "patient") -> str:
    """A patient's address at the hospital."""
    shown = world.do("keys", "show", "--profile", world.profile(patient), "--custodian", 1)
    return str(shown["address"])


def _standing_patient(world: World) -> dict[str, Any]:
    return {"patient": patient_address(world)}


def _seal(world: World, standing: dict[str, Any]) -> Trial:
    source = world.new_study()
    arguments = (
        "study",
        "seal",
        source,
        "--patient",
        standing["patient"],
        "--profile",
        world.profile(HOSPITAL),
    )

    def check(told: dict[str, Any]) -> None:
        _check_sealed(world, source, told)

    return Trial(arguments, check, studies=(source,))


def _seal_changed(world: World, standing: dict[str, Any]) -> Trial:
    trial = _seal(world, standing)
    (source,) = trial.studies

    def change() -> None:
        number = int(source.name.removeprefix("study-"))
        made.save(source, "1.dcm", number, 1, 1, Rows=32, Columns=32, PixelData=random.randbytes(2048))

    return Trial(trial.arguments, trial.check, studies=trial.studies, change=change)


def _check_sealed(world: World, source: Path, told: dict[str, Any]) -> None:
    """One study of this source in the vault, whole in the store, and bit for bit what the source is now."""
    uid = f"{made.ROOT}.{source.name.removeprefix('study-')}"
    with world.opened(HOSPITAL) as vault:
        record = one([each for each in vault.records(Kind.STUDY).values() if each["study_uid"] == uid])
        if told:
            assert told["study"] == "0x" + record["study_id"].hex()
        digest = record["epochs"]["1"]["manifest_digest"]
        keys = study_keys(vault, record["study_id"], 1, digest)
        secrets = len(vault.ids(Kind.STUDY_SECRET))
        assert len(vault.records(Kind.STUDY)) == secrets, "a secret of an attempt that was given up is left"
    chain = world.chain
    opened = open_study(
        world.stores[HOSPITAL].get,
        key=keys.key,
        secret=keys.secret,
        custodian=1,
        context=_context(chain, record["study_id"]),
        manifest_digest=digest,
        committed=record["content_commitment"],
    )
    from pixelpact.sealing import received  # noqa: PLC0415

    found = sorted(b"".join(bytes(piece) for piece in pieces) for _, pieces in received(opened))
    assert found == sorted(path.read_bytes() for path in source.iterdir())
    assert not world.lacking(digest)


def _context(chain: Any, study: bytes) -> Any:
    from pixelpact.models import StudyContext  # noqa: PLC0415

    network = chain.network
    return StudyContext(network.genesis, network.chain_id, chain.studies.address, study, 1)


def _sealed(world: World, patient: str) -> tuple[str, Path]:
    source = world.new_study()
    told = world.do("study", "seal", source, "--patient", patient, "--profile", world.profile(HOSPITAL))
    return str(told["study"]), source


def registered(world: World, patient: str) -> tuple[str, Path]:
    """A new registered study, its number and its source."""
    study, source = _sealed(world, patient)
    world.do("study", "register", study, "--profile", world.profile(HOSPITAL))
    return study, source


def _register(world: World, standing: dict[str, Any]) -> Trial:
    study, source = _sealed(world, standing["patient"])

    def check(_: dict[str, Any]) -> None:
        event = one(events(world, StudyRegistered, study=bytes.fromhex(study[2:])))
        assert not world.lacking(event.manifest_digest)
        with world.opened(HOSPITAL) as vault:
            assert vault.get(Kind.STUDY, study[2:])["final"] == 1

    arguments = ("study", "register", study, "--profile", world.profile(HOSPITAL))
    return Trial(arguments, check, transactions=1, studies=(source,))


def _standing_study(world: World) -> dict[str, Any]:
    """A registered study, a recorded consent for the clinic, an invitation, and the clinic's key."""
    patient = patient_address(world)
    study, source = registered(world, patient)
    if not events(world, KeyPublished, institution=2):
        world.do("keys", "publish", "--profile", world.profile(CLINIC))
    consent, invitation = (
        world.path(f"outputs/{study[2:10]}-{name}.json") for name in ("consent", "invitation")
    )
    _sign(world, consent)
    world.do("consent", "record", consent, "--profile", world.profile(HOSPITAL))
    world.do(
        *("invite", "create", study, "--consent", consent, "--output", invitation),
        *("--profile", world.profile(HOSPITAL)),
    )
    return {
        "patient": patient,
        "study": study,
        "source": source,
        "consent": consent,
        "invitation": invitation,
    }


def _sign(world: World, output: Path, patient: str = "patient", grantee: object = 2) -> str:
    told = world.do(
        *("consent", "sign", "--custodian", 1, "--grantee", grantee, "--purpose", "TREAT"),
        *("--output", output, "--profile", world.profile(patient), "--yes"),
    )
    return str(told["signed"]["consent"])


def _requested(world: World, standing: dict[str, Any]) -> str:
    world.settle()
    told = world.do(
        *("access", "request", standing["invitation"], "--person", PERSON, "--profile", world.profile(CLINIC))
    )
    world.settle()
    return str(told["request"])


def _released(world: World, standing: dict[str, Any]) -> str:
    request = _requested(world, standing)
    world.do("access", "release", request, "--person", PERSON, "--profile", world.profile(HOSPITAL))
    world.settle()
    return request


def _standing_release(world: World) -> dict[str, Any]:
    standing = _standing_study(world)
    return standing | {"request": _released(world, standing)}


def _rotate(world: World, standing: dict[str, Any]) -> Trial:
    study, request = bytes.fromhex(standing["study"][2:]), bytes.fromhex(standing["request"][2:])
    epoch = world.chain.studies.study(study).epoch
    with world.opened(HOSPITAL) as vault:
        old = vault.get(Kind.STUDY, study.hex())["epochs"][str(epoch)]["manifest_digest"]
        old_key = vault.get(Kind.STUDY_KEY, f"{study.hex()}/{epoch}")["key"]
    store = world.stores[HOSPITAL]
    blocks = set(list_cids(old, store.get))

    def check(told: dict[str, Any]) -> None:
        rotated = one([each for each in events(world, StudyRotated, study=study) if each.epoch == epoch + 1])
        assert not world.lacking(rotated.manifest_digest)
        released = [
            each for each in events(world, AccessReleased, request=request) if each.epoch == epoch + 1
        ]
        envelope = Cid(RAW, one(released).envelope_digest)
        assert store.has(envelope)
        assert envelope in store.pins()
        one([each for each in events(world, DisposalAttested, study=study) if each.epoch == epoch])
        assert not store.present(blocks), "old blocks are left"
        assert Cid(DAG_CBOR, old) not in store.pins()
        with world.opened(HOSPITAL) as vault:
            assert vault.find(Kind.STUDY_KEY, f"{study.hex()}/{epoch}") is None, "the old key is left"
        left = [path for path in world.files() if old_key in path.read_bytes()]
        assert not left, f"the old key lies in {left}"
        if told:
            assert told["epoch"] == epoch + 1

    arguments = (
        *("study", "rotate", standing["study"], "--person", PERSON, "--profile", world.profile(HOSPITAL)),
    )
    return Trial(arguments, check, transactions=3, studies=(standing["source"],), release=standing["request"])


# consent


def _kept(world: World, patient: str = "patient") -> int:
    with world.opened(patient) as vault:
        return len(vault.ids(Kind.CONSENT))


def document(world: World) -> Path:
    """A new place for a document."""
    return world.path(f"outputs/document-{next(world.numbers)}.json")


def _consent_sign(world: World, _: dict[str, Any]) -> Trial:
    output, before = document(world), _kept(world)

    def check(_: dict[str, Any]) -> None:
        number = json.loads(output.read_text())["content"]
        assert number["grantee"] == 2
        assert _kept(world) == before + 1
        with world.opened("patient") as vault:
            documents = [each["document"] for each in vault.records(Kind.CONSENT).values()]
        assert output.read_text() in documents

    return Trial(
        (
            *("consent", "sign", "--custodian", 1, "--grantee", 2, "--purpose", "TREAT", "--yes"),
            *("--output", output, "--profile", world.profile("patient")),
        ),
        check,
    )


def _consent_revoke(world: World, _: dict[str, Any]) -> Trial:
    consent = _sign(world, document(world))
    output = document(world)

    def check(_: dict[str, Any]) -> None:
        assert json.loads(output.read_text())["content"]["directive"] == consent

    arguments = (
        "consent",
        "revoke",
        consent,
        "--yes",
        "--output",
        output,
        "--profile",
        world.profile("patient"),
    )
    return Trial(arguments, check)


def _refusal(world: World, output: Path) -> tuple[object, ...]:
    return (
        *("consent", "refuse", "--custodian", 1, "--grantee", 1, "--purpose", "HRESCH", "--yes"),
        *("--output", output, "--profile", world.profile("other-patient")),
    )


def _consent_refuse(world: World, _: dict[str, Any]) -> Trial:
    output = document(world)

    def check(_: dict[str, Any]) -> None:
        assert json.loads(output.read_text())["content"]["grantee"] == 1

    return Trial(_refusal(world, output), check)


def _record(world: World, document: Path, kind: type[Event], **indexed: Any) -> Trial:
    before = len(events(world, kind, **indexed))

    def check(_: dict[str, Any]) -> None:
        assert len(events(world, kind, **indexed)) == before + 1

    return Trial(("consent", "record", document, "--profile", world.profile(HOSPITAL)), check, transactions=1)


def _record_consent(world: World, _: dict[str, Any]) -> Trial:
    paper = document(world)
    number = bytes.fromhex(_sign(world, paper)[2:])
    trial = _record(world, paper, DirectiveRecorded, directive=number)

    def check(told: dict[str, Any]) -> None:
        trial.check(told)
        with world.opened(HOSPITAL) as vault:
            assert vault.find(Kind.CONSENT, number.hex()) is not None

    return Trial(trial.arguments, check, transactions=1)


def _record_withdrawal(world: World, _: dict[str, Any]) -> Trial:
    number, paper = _sign(world, document(world)), document(world)
    world.do(
        *("consent", "revoke", number, "--yes", "--output", paper, "--profile", world.profile("patient"))
    )
    return _record(world, paper, DirectiveRevoked, directive=bytes.fromhex(number[2:]))


def _record_withdrawal_of_all(world: World, _: dict[str, Any]) -> Trial:
    paper, patient = document(world), world.profile("other-patient")
    world.do("consent", "revoke", "--all", "--custodian", 1, "--yes", "--output", paper, "--profile", patient)
    subject = bytes.fromhex(patient_address(world, "other-patient")[2:])
    return _record(world, paper, AllRevoked, subject=subject)


def _record_refusal(world: World, _: dict[str, Any]) -> Trial:
    paper = document(world)
    world.do(*_refusal(world, paper))
    subject = bytes.fromhex(patient_address(world, "other-patient")[2:])
    return _record(world, paper, RefusalSet, subject=subject)


# invite


def _invite(world: World, standing: dict[str, Any]) -> Trial:
    output, picture = document(world), world.path(f"outputs/picture-{next(world.numbers)}.svg")

    def check(_: dict[str, Any]) -> None:
        assert world.do("invite", "show", output)
        assert standing["study"] in output.read_text()
        assert picture.read_text().startswith("<?xml")

    return Trial(
        (
            *("invite", "create", standing["study"], "--consent", standing["consent"], "--qr", picture),
            *("--output", output, "--profile", world.profile(HOSPITAL)),
        ),
        check,
    )


# access


def _request(world: World, standing: dict[str, Any]) -> Trial:
    study = bytes.fromhex(standing["study"][2:])
    before = len(events(world, AccessRequested, study=study))
    with world.opened(CLINIC) as vault:
        known = len(vault.ids(Kind.REQUEST))

    def check(told: dict[str, Any]) -> None:
        found = events(world, AccessRequested, study=study)
        assert len(found) == before + 1
        if told:
            assert told["request"] == "0x" + found[-1].request.hex()
            assert told["permitted"]
        with world.opened(CLINIC) as vault:
            assert len(vault.ids(Kind.REQUEST)) == known + 1

    return Trial(
        (
            *("access", "request", standing["invitation"], "--person", PERSON),
            *("--profile", world.profile(CLINIC)),
        ),
        check,
        CLINIC,
        1,
    )


def _release(world: World, standing: dict[str, Any]) -> Trial:
    request = _requested(world, standing)

    def check(told: dict[str, Any]) -> None:
        event = one(events(world, AccessReleased, request=bytes.fromhex(request[2:])))
        if told:
            assert told["envelope"] == "0x" + event.envelope_digest.hex()
        store, envelope = world.stores[HOSPITAL], Cid(RAW, event.envelope_digest)
        assert store.has(envelope)
        assert envelope in store.pins()

    return Trial(
        ("access", "release", request, "--person", PERSON, "--profile", world.profile(HOSPITAL)),
        check,
        transactions=1,
        studies=(standing["source"],),
        release=request,
    )


def _refuse(world: World, standing: dict[str, Any]) -> Trial:
    request = _requested(world, standing)

    def check(_: dict[str, Any]) -> None:
        one(events(world, AccessRefused, request=bytes.fromhex(request[2:])))

    return Trial(
        (
            *("access", "refuse", request, "--reason", "legal-hold", "--person", PERSON),
            *("--profile", world.profile(HOSPITAL)),
        ),
        check,
        transactions=1,
    )


def _fetch(world: World, standing: dict[str, Any]) -> Trial:
    output = world.path(f"outputs/fetched-{next(world.numbers)}")

    def check(_: dict[str, Any]) -> None:
        originals = sorted(path.read_bytes() for path in standing["source"].iterdir())
        assert sorted(path.read_bytes() for path in output.rglob("*.dcm")) == originals

    arguments = (
        *("access", "fetch", standing["request"], "--output", output, "--profile", world.profile(CLINIC)),
    )
    return Trial(arguments, check, CLINIC)


def _confirm(world: World, standing: dict[str, Any]) -> Trial:
    request = _released(world, standing)

    def check(_: dict[str, Any]) -> None:
        one(events(world, AccessConfirmed, request=bytes.fromhex(request[2:])))

    return Trial(
        ("access", "confirm", request, "--person", PERSON, "--profile", world.profile(CLINIC)),
        check,
        CLINIC,
        1,
    )


def _standing_damage(world: World) -> dict[str, Any]:
    """A study whose first block of data is damaged at the clinic."""
    standing = _standing_release(world)
    output = world.path(f"outputs/fetched-{next(world.numbers)}")
    world.do("access", "fetch", standing["request"], "--output", output, "--profile", world.profile(CLINIC))
    study = bytes.fromhex(standing["study"][2:])
    digest = world.chain.studies.study(study).manifest_digest
    cids = [cid for cid in list_cids(digest, world.stores[HOSPITAL].get) if cid.codec == RAW]
    world.damage(cids[-1])
    return standing


def _dispute(world: World, standing: dict[str, Any]) -> Trial:
    request = _released(world, standing)

    def check(_: dict[str, Any]) -> None:
        one(events(world, AccessDisputed, request=bytes.fromhex(request[2:])))

    return Trial(
        ("access", "dispute", request, "--person", PERSON, "--profile", world.profile(CLINIC)),
        check,
        CLINIC,
        1,
    )


#: Of images and what patients sign, from the first key to the last word.
IMAGES = (
    Command("keys create (institution)", _create_institution, again=EXISTS),
    Command("keys create (patient)", _create_patient, again=EXISTS),
    Command("keys publish", _publish, again=None),
    Command("study seal", _seal, _standing_patient),
    Command("study seal, source changed in between", _seal_changed, _standing_patient),
    Command("study register", _register, _standing_patient),
    Command("study rotate", _rotate, _standing_release, again=None),
    Command("consent sign", _consent_sign, again=EXISTS),
    Command("consent revoke", _consent_revoke, again=EXISTS),
    Command("consent refuse", _consent_refuse, again=EXISTS),
    Command("consent record (consent)", _record_consent),
    Command("consent record (withdrawal)", _record_withdrawal),
    Command("consent record (withdrawal of all)", _record_withdrawal_of_all),
    Command("consent record (refusal)", _record_refusal),
    Command("invite create", _invite, _standing_study, again=EXISTS),
    Command("access request", _request, _standing_study, again=None),
    Command("access release", _release, _standing_study),
    Command("access refuse", _refuse, _standing_study, again=None),
    Command("access fetch", _fetch, _standing_release, again=EXISTS),
    Command("access confirm", _confirm, _standing_study),
    Command("access dispute", _dispute, _standing_damage, again=None),
)


def done_already(ended: Ended) -> bool:
    """Whether a command says that what it would make is there already."""
    return ended.code == EXISTS and "already" in ended.errors
