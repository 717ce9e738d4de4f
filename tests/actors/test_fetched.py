"""What was released, written as files: all of it or nothing, over nobody's, and nothing left behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from actors_town import PowerCut, Town

from pixelpact.chain import Call, Chain, SignedCall
from pixelpact.custodian import Custodian
from pixelpact.errors import BlockError, InputError, OutputError
from pixelpact.models import RAW
from pixelpact.patient import Wallet
from pixelpact.policy import REQUEST_LIFETIME, Purpose
from pixelpact.requester import FetchedStudy
from pixelpact.vault import KeyFile, Kind, Vault

_LEFT = ".knee.0a1b2c3d.pixelpact-fetch"


def fetched(town: Town) -> FetchedStudy:
    asked = town.ask(town.consent())
    town.hospital.release(asked.number, person="archive")
    return town.clinic.fetch(asked.number)


def test_a_study_is_never_written_into_what_is_there(town: Town, tmp_path: Path) -> None:
    study = fetched(town)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to("nowhere")
    before = set(tmp_path.rglob("*"))
    for name in ("full", "empty", "file", "link"):
        with pytest.raises(InputError, match="already"):
            study.save(tmp_path / name)
    with pytest.raises(OutputError, match="can't be written"):
        study.save(tmp_path / "none" / "knee")
    assert set(tmp_path.rglob("*")) == before
    assert not study.verified
    assert study.save(tmp_path / "knee") == len(list((tmp_path / "knee").rglob("*.dcm")))
    assert (tmp_path / "knee").stat().st_mode & 0o777 == 0o700


def test_nothing_is_left_of_what_fails_a_check_or_finds_no_room(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = fetched(town)
    path = town.net.store.path(next(cid for cid in study.opened.cids() if cid.codec == RAW))
    whole = path.read_bytes()
    path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    with pytest.raises(BlockError, match="damaged"):
        study.save(tmp_path / "knee")
    path.write_bytes(whole)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OutputError, match="No space left"):
            study.save(tmp_path / "knee")
    assert not list(tmp_path.iterdir())


def test_only_what_a_killed_fetch_of_this_output_left_goes(town: Town, tmp_path: Path) -> None:
    study = fetched(town)
    (tmp_path / _LEFT / "series").mkdir(parents=True)
    (tmp_path / _LEFT / "series" / "image.dcm").write_bytes(b"an image")
    kept = (".knee.part", ".hip.0a1b2c3d.pixelpact-fetch")
    for name in kept:
        (tmp_path / name).mkdir()
    study.save(tmp_path / "knee")
    assert {path.name for path in tmp_path.iterdir()} == {"knee", *kept}


def test_a_request_past_its_time_waits_no_more(town: Town) -> None:
    asked = town.ask(town.consent())
    assert [each.number for each in town.hospital.waiting()] == [asked.number]
    (waiting,) = town.hospital.waiting()
    assert waiting.expires_at == waiting.requested_at + REQUEST_LIFETIME
    left = waiting.expires_at - town.net.chain().now()
    town.net._embedded.travel(left)
    assert town.hospital.waiting() != []
    town.net._embedded.travel(1)
    assert town.hospital.waiting() == []


@pytest.mark.parametrize("overtaken", [False, True])
def test_a_consent_that_another_relay_brought_is_kept_by_this_one_too(
    town: Town, monkeypatch: pytest.MonkeyPatch, *, overtaken: bool
) -> None:
    signed = town.patient.allow(
        custodian=1, grantee=2, purposes=[Purpose.TREAT], categories=town.study.categories
    )
    other = Custodian(town.net[3])
    vault, number = town.net[1].vault, signed.number.hex()
    if not overtaken:
        other.relay(signed)
        town.hospital.relay(signed)
    else:
        prepare = Chain.prepare

        def after_the_other(chain: Chain, call: Call) -> SignedCall:
            with monkeypatch.context() as restored:
                restored.setattr(Chain, "prepare", prepare)
                other.relay(signed)
            return prepare(chain, call)

        with monkeypatch.context() as patched:
            patched.setattr(Chain, "prepare", after_the_other)
            town.hospital.relay(signed)
    assert vault.find(Kind.CONSENT, number) is not None
    assert vault.pending() == []


def test_a_wallet_is_never_put_over_a_wallet(tmp_path: Path) -> None:
    with Vault.create(tmp_path / "vault", KeyFile(tmp_path / "key")) as vault:
        Wallet.keep(vault, "some words")
        with pytest.raises(InputError, match="a wallet in this vault already"):
            Wallet.keep(vault, "other words")
        assert [record["words"] for record in vault.records(Kind.PATIENT_KEY).values()] == ["some words"]


def test_a_fetch_that_is_cut_off_by_an_interruption_leaves_nothing(town: Town, tmp_path: Path) -> None:
    def cut(done: int, total: int) -> None:
        del done, total
        raise PowerCut

    with pytest.raises(PowerCut):
        fetched(town).save(tmp_path / "knee", progress=cut)
    assert not list(tmp_path.iterdir())
