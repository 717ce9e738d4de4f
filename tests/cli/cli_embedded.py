"""The same hand on a chain in this process: quick, and its time can be moved."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli_hand import Hand

from pixelpact.chain import Account
from pixelpact.dicom import samples
from pixelpact.localnet import Sandbox

INSTITUTIONS = ("hospital-a", "hospital-b", "company-c")
WALLETS = ("patient", "guardian", "new-wallet")


@dataclass
class Desk(Hand):
    """Profiles of three institutions and of three people, on an embedded chain."""

    net: Sandbox | None = None

    def wait(self, seconds: int = 5) -> None:
        """Let time pass on the chain."""
        assert self.net is not None
        self.net._embedded.travel(seconds)

    def second(self, name: str, institution: int = 1, permissions: int = 0x7F) -> None:
        """A profile for another operator of an institution, with an account of their own; without ether."""
        assert self.net is not None
        account, admin = Account.generate(), self.net[institution].chain
        admin.wait_final(admin.transact(admin.institutions.set_operator(account.address, permissions)))
        key = self.folder / f"{name}.account"
        key.write_text(account.reveal_key().hex())
        key.chmod(0o600)
        network = self.folder / "net" / "network.json"
        self.ok(
            name, "keys", "create", "--network", network, "--account", key, "--store", self.net.store.folder
        )

    def run_page(self, page: str, **given: str) -> str:
        """Run the commands of a page in order; what they said. ``$name`` stands for what is given or kept."""
        told = ""
        for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL):
            for line in (each.removeprefix("$ ") for each in block.splitlines()):
                kept = re.fullmatch(r"(\w+)=\$\((.*)\)", line)
                command = re.sub(r"\$(\w+)", lambda found: given[found[1]], kept[2] if kept else line)
                said = self.run(None, *shlex.split(command)[1:])
                assert said.code == 0, f"{line}\n{said.err}"
                told += said.out
                if kept:
                    given[kept[1]] = said.out.strip()
        return told

    def address(self, name: str, custodian: int = 1) -> str:
        """A patient's address with a hospital."""
        return self.ok(name, "keys", "show", "--custodian", custodian)["address"]

    def guardian(self, name: str = "guardian") -> str:
        """The address with which a wallet acts for others."""
        return self.ok(name, "guardian", "address")["address"]

    def signed(self, name: str, *arguments: object) -> Path:
        """What a person signed with a command, in a new file."""
        path = self.new()
        self.ok(name, *arguments, "--output", path, "--yes")
        return path

    def brought(self, name: str, *arguments: object, by: str = "hospital-a") -> Path:
        """The same, brought to the chain."""
        path = self.signed(name, *arguments)
        self.ok(by, "consent", "record", path)
        return path


@contextmanager
def open_desk(folder: Path, *, wallets: Sequence[str] = WALLETS) -> Iterator[Desk]:
    """A desk on which hospital A has registered a study of the patient."""
    with Sandbox(members=3, folder=folder / "net") as net:
        desk = Desk(folder, None, net=net)
        network = folder / "net" / "network.json"
        net.network.save(network)
        for number, name in enumerate(INSTITUTIONS, start=1):
            key = folder / f"{name}.account"
            key.write_text(net._embedded.accounts[number].reveal_key().hex())
            key.chmod(0o600)
            desk.ok(
                name, "keys", "create", "--network", network, "--account", key,
                "--store", net.store.folder,
            )  # fmt: skip
        for name in wallets:
            desk.ok(name, "keys", "create", "--role", "patient", "--network", network)
        (folder / "scans").mkdir()
        for path in samples()[2].files:
            shutil.copy(path, folder / "scans")
        address = desk.address("patient")
        desk.study = desk.ok("hospital-a", "study", "seal", folder / "scans", "--patient", address)["study"]
        desk.ok("hospital-a", "study", "register", desk.study)
        yield desk
