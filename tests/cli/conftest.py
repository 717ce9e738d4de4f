from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace

import pytest
from cli_embedded import Desk, open_desk
from cli_hand import Hand
from cli_hospital import Hospital

from pixelpact.dicom import samples
from pixelpact.localnet import Localnet, Sandbox


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hand]:
    """Hospital A has registered a study of the patient; hospital B has published its key."""
    folder = tmp_path_factory.mktemp("hand")
    localnet = Localnet.up(folder / "net", engine="anvil", institutions=3)
    # One block a second is slow enough: what is final is another test's.
    quick = replace(localnet.network, finality_depth=0)
    quick.save(localnet.folder / "network.json")
    try:
        hand = Hand(folder, replace(localnet, network=quick))
        for name, number in (("hospital-a", 1), ("hospital-b", 2), ("company-c", 3)):
            hand.ok(name, "keys", "create", "--localnet", localnet.folder, "--institution", number)
        hand.ok("patient", "keys", "create", "--role", "patient", "--localnet", localnet.folder)
        hand.ok("hospital-b", "keys", "publish")
        (folder / "scans").mkdir()
        for path in samples()[2].files:
            shutil.copy(path, folder / "scans")
        address = hand.ok("patient", "keys", "show", "--custodian", 1)["address"]
        hand.study = hand.ok("hospital-a", "study", "seal", folder / "scans", "--patient", address)["study"]
        hand.ok("hospital-a", "study", "register", hand.study)
        yield hand
    finally:
        localnet.down()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Hospital A has registered a study of the patient, on a chain in this process."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "net").mkdir()
    with open_desk(folder) as desk:
        yield desk


@pytest.fixture(scope="module")
def hospital() -> Iterator[Hospital]:
    with Sandbox(members=2) as net:
        yield Hospital(net)
