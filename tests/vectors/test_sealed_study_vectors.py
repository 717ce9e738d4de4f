"""Every scenario of the kit, read by the package and the second decoder: the same verdict, the same bytes."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

import pytest
import second_decoder
import vector_kit

from pixelpact import errors
from pixelpact.crypto import (
    EncryptionKeyPair,
    OpenStudy,
    StudyKey,
    StudySecret,
    list_cids,
    open_study,
    unwrap,
)
from pixelpact.crypto.root import Root
from pixelpact.crypto.seal import _Attempt
from pixelpact.models import Cid, EnvelopeContext, StudyContext

FOLDER = vector_kit.FOLDER
HEADERS = {
    path.stem: dict(line.split(": ", 1) for line in path.read_text("utf-8").split("\n\n")[0].split("\n"))
    for path in sorted(FOLDER.glob("*.txt"))
}
STUDIES = [name for name, header in HEADERS.items() if header["kind"] == "study"]
OPENING = [name for name in STUDIES if HEADERS[name]["expect"] == "success"]
ENVELOPES = [name for name, header in HEADERS.items() if header["kind"] == "envelope"]
CLASSES = {
    error.failure_class
    for error in vars(errors).values()
    if isinstance(error, type) and issubclass(error, errors.SealedStudyError) and error.failure_class
}


@lru_cache(maxsize=2)
def vector(name: str) -> vector_kit.Vector:
    return vector_kit.read(FOLDER / f"{name}.txt")


def getter(name: str) -> Callable[[Cid], bytes]:
    store = vector(name).store()

    def get(cid: Cid) -> bytes:
        if bytes(cid) not in store:
            raise errors.BlockError("a block is missing")
        return store[bytes(cid)]

    return get


def opened(name: str) -> OpenStudy:
    scenario = vector(name)
    return open_study(
        getter(name),
        key=StudyKey(scenario.bytes_of("key")),
        secret=StudySecret(scenario.bytes_of("secret")),
        custodian=scenario.number("custodian"),
        context=StudyContext(
            genesis=scenario.bytes_of("genesis"),
            chain_id=scenario.number("chain-id"),
            registry=scenario.bytes_of("registry"),
            study_id=scenario.bytes_of("study-id"),
            epoch=scenario.number("epoch"),
        ),
        manifest_digest=scenario.bytes_of("manifest-digest"),
        committed=scenario.bytes_of("content-commitment"),
    )


def verdict(
    name: str, released: Callable[[], Iterable[bytes]], refusal: type[Exception]
) -> tuple[str, int, str]:
    """What a reader says: success or a failure class, how many bytes it released, and their digest."""
    said, count, digest = "success", 0, hashlib.sha256()
    try:
        for data in released():
            count += len(data)
            digest.update(data)
    except refusal as error:
        said = getattr(error, "failure_class", None) or str(error)
    return said, count, digest.hexdigest()


def expected(name: str) -> tuple[str, int, str]:
    header = HEADERS[name]
    return header["expect"], int(header["released"]), header["released-sha256"]


@pytest.mark.parametrize("name", STUDIES)
def test_the_package_reads_the_study(name: str) -> None:
    def one_by_one() -> Iterable[bytes]:
        study = opened(name)
        for instance in study:
            with study.open(instance) as stream:
                yield stream.read()

    assert verdict(name, one_by_one, errors.SealedStudyError) == expected(name)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", [name for name in STUDIES if HEADERS[name]["released"] != "0"])
def test_the_package_streams_the_study(name: str, threads: int) -> None:
    def streamed() -> Iterable[bytes]:
        for _, pieces in opened(name).stream(threads):
            yield b"".join([bytes(piece) for piece in pieces])

    assert verdict(name, streamed, errors.SealedStudyError) == expected(name)


@pytest.mark.parametrize("name", STUDIES)
def test_the_second_decoder_reads_the_study(name: str) -> None:
    scenario = vector(name)

    def read() -> Iterable[bytes]:
        study = second_decoder.Study(
            scenario.store(),
            second_decoder.Asked(
                genesis=scenario.bytes_of("genesis"),
                chain_id=scenario.number("chain-id"),
                registry=scenario.bytes_of("registry"),
                study_id=scenario.bytes_of("study-id"),
                epoch=scenario.number("epoch"),
                custodian=scenario.number("custodian"),
                key=scenario.bytes_of("key"),
                secret=scenario.bytes_of("secret"),
                manifest=scenario.bytes_of("manifest-digest"),
                commitment=scenario.bytes_of("content-commitment"),
            ),
        )
        study.root()
        yield from study.instances()

    assert verdict(name, read, second_decoder.Refused) == expected(name)


@pytest.mark.parametrize("name", OPENING)
def test_sealing_again_under_the_same_salt_gives_the_same_blocks(name: str) -> None:
    scenario, study = vector(name), opened(name)
    blocks: dict[bytes, bytes] = {}
    salt = Root.decode(scenario.store()[b"\x01\x71\x12\x20" + scenario.bytes_of("manifest-digest")]).salt
    attempt = _Attempt(
        source=study,
        planned=list(study),
        key=StudyKey(scenario.bytes_of("key")),
        secret=StudySecret(scenario.bytes_of("secret")),
        context=StudyContext(
            genesis=scenario.bytes_of("genesis"),
            chain_id=scenario.number("chain-id"),
            registry=scenario.bytes_of("registry"),
            study_id=scenario.bytes_of("study-id"),
            epoch=scenario.number("epoch"),
        ),
        put=lambda cid, block: blocks.__setitem__(bytes(cid), bytes(block)),
        salt=salt,
    )
    sealed = attempt.run(
        threads=2, progress=lambda _: None, committed=scenario.bytes_of("content-commitment")
    )
    assert sealed.manifest_digest == scenario.bytes_of("manifest-digest")
    assert blocks == scenario.store()
    assert {bytes(cid) for cid in list_cids(sealed.manifest_digest, getter(name))} == set(blocks)


@pytest.mark.parametrize("name", ENVELOPES)
def test_the_package_reads_the_envelope(name: str) -> None:
    scenario = vector(name)
    numbers = ("chain_id", "epoch", "custodian", "requester", "key_version")
    hashes = ("genesis", "ledger", "request_id", "study_id", "manifest_digest")
    context = EnvelopeContext(
        **{field: scenario.number(field.replace("_", "-")) for field in numbers},
        **{field: scenario.bytes_of(field.replace("_", "-")) for field in hashes},
    )
    pair = EncryptionKeyPair(scenario.bytes_of("seed"))
    envelope = scenario.blocks[0].data()
    said, opened_secrets = "success", b""
    try:
        opened_secrets = b"".join(
            map(bytes, unwrap(pair, envelope, context, scenario.bytes_of("envelope-digest")))
        )
    except errors.SealedStudyError as error:
        said = error.failure_class
    assert (said, len(opened_secrets)) == (scenario["expect"], scenario.number("released"))
    if said == "success":
        assert opened_secrets == scenario.bytes_of("key") + scenario.bytes_of("secret")


@pytest.mark.parametrize("name", ENVELOPES)
def test_the_second_decoder_reads_the_envelope(name: str) -> None:
    scenario = vector(name)
    order = (
        "genesis chain-id ledger request-id study-id epoch manifest-digest custodian requester key-version"
    )
    numbers = {"chain-id": 32, "epoch": 4, "custodian": 4, "requester": 4, "key-version": 4}
    bound = b"".join(
        scenario.number(field).to_bytes(numbers[field], "big")
        if field in numbers
        else scenario.bytes_of(field)
        for field in order.split()
    )
    asked = second_decoder.AskedEnvelope(
        scenario.bytes_of("seed"), bound, scenario.bytes_of("envelope-digest")
    )
    said, secrets = "success", b""
    try:
        secrets = second_decoder.unwrapped(scenario.blocks[0].data(), asked)
    except second_decoder.Refused as refusal:
        said = str(refusal)
    assert (said, len(secrets)) == (scenario["expect"], scenario.number("released"))
    if said == "success":
        assert secrets == scenario.bytes_of("key") + scenario.bytes_of("secret")


def test_the_kit_is_large_and_mostly_negative() -> None:
    verdicts = Counter(header["expect"] for header in HEADERS.values())
    assert len(HEADERS) >= 50
    assert verdicts["success"] <= len(HEADERS) / 4
    assert set(verdicts) == CLASSES | {"success"}


def test_the_kit_is_what_its_generator_writes() -> None:
    generator = Path(__file__).parent / "generate.py"
    ran = subprocess.run([sys.executable, generator, "--check"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_the_second_decoder_shares_nothing_with_the_package() -> None:
    source = (Path(__file__).parent / "second_decoder.py").read_text("utf-8")
    assert "pixelpact" not in source.replace("PixelPact", "").split('"""', 2)[2]
    assert "libipld" not in source.split('"""', 2)[2]
