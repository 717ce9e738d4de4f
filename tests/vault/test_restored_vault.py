"""A backup that is restored beside a newer chain: nothing is sent twice, no nonce is used again, or it stops.

The vault as it was when the power went is kept; the vault itself goes on; then the old one is restored and
the same command run with it. The chain, the store and the actors are the real ones, in this process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pixelpact.chain import AccessReleased, Chain, Event, StudyRegistered, StudyRotated
from pixelpact.custodian import Custodian
from pixelpact.dicom import DicomStudy, from_files, samples
from pixelpact.errors import VaultError
from pixelpact.localnet import Sandbox
from pixelpact.models import DAG_CBOR, Cid
from pixelpact.patient import Patient
from pixelpact.policy import Purpose
from pixelpact.profile import Profile
from pixelpact.requester import Requester
from pixelpact.sealing import NetworkIdentity, SealedStudy, seal
from pixelpact.storage import FolderStore
from pixelpact.vault import KeyFile, Vault


class PowerCut(BaseException):
    """What a run is cut off with; nothing catches it."""


class Hospital:
    """A hospital that backs up its vault at the worst of moments."""

    def __init__(self, net: Sandbox, folder: Path) -> None:
        self.net = net
        self.unlock = KeyFile(folder / "hospital.key")
        self.folder = folder
        net[1].vault.rotate_master(self.unlock)
        self.profile = net[1]
        self.custodian = Custodian(net[1])
        self.clinic = Requester(net[2])
        self.patient = Patient.create(net.chain())
        self.source: DicomStudy = from_files(samples()[2].files)

    def share(self, profile: Profile | None = None) -> bytes:
        custodian = Custodian(profile or self.profile)
        return custodian.share(self.source, subject=self.patient.address(custodian=1)).number

    def asked(self, study: bytes) -> bytes:
        consent = self.patient.allow(custodian=1, grantee=2, purposes=[Purpose.TREAT], categories=0xFFFF)
        self.custodian.relay(consent)
        invitation = self.custodian.invite(study, consent)
        return self.clinic.request(invitation, purpose=Purpose.TREAT, person="dr-b").number

    @contextmanager
    def backed_up_at(self, owner: type, name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Cut what is inside off where it calls a method, and back the vault up as it is then."""

        def cut(*_: object, **__: object) -> None:
            raise PowerCut

        with monkeypatch.context() as patched:
            patched.setattr(owner, name, cut)
            with pytest.raises(PowerCut):
                yield
        self.profile.vault.backup(self.folder / "backup")

    @contextmanager
    def restored(self) -> Iterator[Profile]:
        with Vault.restore(self.folder / "backup", self.folder / "restored", self.unlock) as vault:
            yield replace(self.profile, vault=vault)

    def count(self, kind: type[Event]) -> int:
        return len(list(self.net.chain().find(kind)))

    def sent(self) -> int:
        """How many transactions the hospital's account has sent in its life."""
        chain = self.profile.chain
        return chain._node.transaction_count(chain._signer().address, pending=True)


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    with Sandbox(members=2) as net:
        made = Hospital(net, tmp_path)
        made.clinic.publish_key()
        yield made


def test_a_signed_transaction_of_an_old_journal_is_the_one_that_was_sent(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
):
    with hospital.backed_up_at(Chain, "send", monkeypatch):
        hospital.share()
    study = hospital.share()
    hospital.asked(study)
    sent = hospital.sent()

    with hospital.restored() as old:
        assert [entry.operation for entry in old.vault.pending()] == ["register"]
        assert hospital.share(old) == study
        assert old.vault.pending() == []

    assert hospital.sent() == sent
    assert hospital.count(StudyRegistered) == 1


@pytest.mark.parametrize("moment", ["signed", "recorded"])
def test_a_release_of_an_old_journal_is_the_one_that_was_recorded(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch, moment: str
):
    request = hospital.asked(hospital.share())
    where: tuple[type, str] = (Chain, "send") if moment == "signed" else (FolderStore, "put")
    with hospital.backed_up_at(*where, monkeypatch):
        hospital.custodian.release(request, person="archive")
    released = hospital.custodian.release(request, person="archive")
    sent = hospital.sent()

    with hospital.restored() as old:
        assert Custodian(old).release(request, person="archive") == released

    assert hospital.sent() == sent
    assert hospital.count(AccessReleased) == 1
    hospital.clinic.fetch(request).verify()


def test_a_release_that_the_old_journal_had_not_signed_is_told_and_not_made_again(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
):
    request = hospital.asked(hospital.share())
    with hospital.backed_up_at(Chain, "prepare", monkeypatch):
        hospital.custodian.release(request, person="archive")
    hospital.custodian.release(request, person="archive")
    sent = hospital.sent()

    with hospital.restored() as old:
        assert [entry.operation for entry in old.vault.pending()] == ["release"]
        assert Custodian(old).release(request, person="archive").epoch == 1
        assert old.vault.pending() == []
    assert hospital.sent() == sent
    assert hospital.count(AccessReleased) == 1


@pytest.mark.parametrize("moment", ["idle", "begun"])
def test_a_vault_from_before_a_rotation_releases_nothing_and_does_not_rotate(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch, moment: str
):
    study = hospital.share()
    request = hospital.asked(study)
    if moment == "idle":
        hospital.profile.vault.backup(hospital.folder / "backup")
    else:
        with hospital.backed_up_at(FolderStore, "put", monkeypatch):
            hospital.custodian.rotate(study, person="archive")
    hospital.custodian.rotate(study, person="archive")
    sent, found = hospital.sent(), hospital.net.store.pins()

    works: tuple[Callable[[Custodian], object], ...] = (
        lambda custodian: custodian.release(request, person="archive"),
        lambda custodian: custodian.rotate(study, person="archive"),
    )
    with hospital.restored() as old:
        for work in works:
            with pytest.raises(VaultError, match="does not fit the chain"):
                work(Custodian(old))

    assert hospital.sent() == sent
    assert hospital.count(StudyRotated) == 1
    assert hospital.net.store.pins() == found


def test_sealing_again_with_an_old_vault_uses_another_salt_and_is_not_registered(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
):
    # The key is in the backup; under it the vault itself has sealed the study meanwhile.
    with hospital.backed_up_at(FolderStore, "put", monkeypatch):
        hospital.share()
    study = hospital.share()
    sent, pins = hospital.sent(), hospital.net.store.pins()
    roots = [hospital.net.store.get(pin) for pin in pins]

    with hospital.restored() as old:
        again = _sealed(hospital, old)
        assert again.study_id == study
        root = hospital.net.store.get(Cid(DAG_CBOR, again.manifest_digest))
        assert _salt(root) not in [_salt(each) for each in roots]
        with pytest.raises(VaultError, match="names another sealing of this study than this vault"):
            hospital.share(old)

    assert hospital.sent() == sent
    assert hospital.count(StudyRegistered) == 1
    assert pins <= hospital.net.store.pins()
    hospital.custodian.rotate(study, person="archive")


def _sealed(hospital: Hospital, profile: Profile) -> SealedStudy:
    network = profile.chain.network
    return seal(
        hospital.source,
        profile.vault,
        profile.store,
        network=NetworkIdentity(network.genesis, network.chain_id, profile.chain.studies.address),
        custodian=1,
        subject=hospital.patient.address(custodian=1),
    )


def _salt(root: bytes) -> bytes:
    at = root.index(b"\x64salt\x58\x20") + 7
    return root[at : at + 32]
