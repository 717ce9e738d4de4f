"""A hospital whose vault and store the doctor looks at, and how its findings are read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pixelpact.chain import Network
from pixelpact.custodian import Custodian
from pixelpact.dicom import from_files, samples
from pixelpact.doctor import Finding
from pixelpact.localnet import Sandbox
from pixelpact.patient import Patient
from pixelpact.profile import Opening, ProfileFolder, Role, StoreChoice, UnlockChoice
from pixelpact.requester import Requester

__all__ = ["Hospital", "bad", "good", "profile_of"]


def bad(findings: Iterable[Finding]) -> dict[str, Finding]:
    """What is not as it should be, by subject; each says what mends it."""
    found = {each.subject: each for each in findings if not each.ok}
    assert all(each.remedy for each in found.values())
    return found


def good(findings: Iterable[Finding]) -> dict[str, str]:
    return {each.subject: each.sentence for each in findings if each.ok}


class Hospital:
    """A hospital with one study, in a network of this process; its tests leave it well."""

    def __init__(self, net: Sandbox) -> None:
        self.net, self.profile = net, net[1]
        self.custodian = Custodian(self.profile)
        self.address = Patient.create(net.chain()).address(custodian=1)
        self.study = self.custodian.share(from_files(samples()[2].files), subject=self.address).number
        Requester(self.profile).publish_key()

    @property
    def called(self) -> str:
        return f"study 0x{self.study.hex()[:8]}"

    def register_another(self) -> bytes:
        """Another study, and its number."""
        return self.custodian.share(from_files(samples()[0].files), subject=self.address).number

    def files(self) -> list[Path]:
        return [path for path in (self.net.store.folder / "blocks").rglob("*") if path.is_file()]


def profile_of(
    hospital: Hospital,
    number: int,
    path: Path,
    *,
    network: Network | None = None,
    store: StoreChoice | None = None,
) -> ProfileFolder:
    """A new profile's folder for an institution, with an empty vault and a store of its own."""
    account = hospital.net[number].chain.account
    assert account
    made = ProfileFolder(
        path,
        Role.INSTITUTION,
        network or hospital.net.network,
        UnlockChoice.of(path, Opening.KEY_FILE, None),
        institution=number,
        store=store or StoreChoice(folder=str(path.with_name("store"))),
    )
    made.make(str, lambda vault: ProfileFolder.keep_account(vault, account))
    return made
