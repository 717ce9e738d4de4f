"""The people that the tests of the actors are about."""

from __future__ import annotations

from dataclasses import dataclass, field

from pixelpact.chain import Account, Chain
from pixelpact.custodian import Custodian, SharedStudy
from pixelpact.dicom import DicomStudy
from pixelpact.localnet import Sandbox
from pixelpact.localnet.sandbox import new_vault
from pixelpact.models import SignedDirective
from pixelpact.patient import Patient
from pixelpact.policy import Purpose
from pixelpact.profile import Profile
from pixelpact.requester import AccessRequest, Requester
from pixelpact.vault import Vault


@dataclass
class Town:
    """A hospital, a clinic, a second clinic, and a patient with one study at the hospital."""

    net: Sandbox
    hospital: Custodian
    clinic: Requester
    other: Requester
    patient: Patient
    source: DicomStudy
    study: SharedStudy
    opened: list[Vault] = field(default_factory=list)

    def consent(self, grantee: int = 2) -> SignedDirective:
        signed = self.patient.allow(
            custodian=1, grantee=grantee, purposes=[Purpose.TREAT], categories=self.study.categories
        )
        self.hospital.relay(signed)
        return signed

    def second(self, permissions: int = 0x7F, institution: int = 1) -> Profile:
        """Another operator of an institution, with a profile of their own; without ether."""
        account, admin = Account.generate(), self.net[institution].chain
        admin.wait_final(admin.transact(admin.institutions.set_operator(account.address, permissions)))
        folder = self.net.folder / f"operator-{account.address.hex()}"
        folder.mkdir()
        vault = new_vault(folder, institution)
        self.opened.append(vault)
        return Profile(Chain.connect(self.net.network, account), self.net.store, vault, institution)

    def ask(self, consent: SignedDirective | None, requester: Requester | None = None) -> AccessRequest:
        invitation = self.hospital.invite(self.study.number, consent)
        return (requester or self.clinic).request(invitation, purpose=Purpose.TREAT, person="dr-b")


class PowerCut(BaseException):
    """What a test cuts a run off with; nothing catches it."""


def cut(*_: object, **__: object) -> None:
    """Stands where a run is cut off."""
    raise PowerCut
