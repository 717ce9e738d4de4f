"""Where blocks lie: a Kubo node's version and settings, and whether a store has what the vault has sealed."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator

from pixelpact.doctor.finding import Finding, counted
from pixelpact.errors import PixelPactError, SealedStudyError
from pixelpact.sealing import SealedStudy, studies
from pixelpact.storage import KuboStore, Store, reachable
from pixelpact.vault import Vault

__all__ = ["examine_kubo", "examine_store"]

_START = "pixelpact localnet up, for a localnet; else ipfs daemon"


def examine_kubo(url: str) -> Iterator[Finding]:
    """Look at a Kubo node: its version, what it tells strangers, what a power cut may take, its pins.

    Args:
        url: its RPC, such as ``http://127.0.0.1:5001``.
    """
    with tempfile.TemporaryDirectory(prefix="pixelpact-") as folder:
        try:
            store = KuboStore(url, folder, allow_flaws=True)
        except PixelPactError as error:
            found = Finding.of("Kubo", error)
            yield Finding.bad("Kubo", found.sentence, f"{found.remedy} (what starts it: {_START})")
            return
        try:
            yield from _node(store)
        except PixelPactError as error:
            yield Finding.of("Kubo", error)
        finally:
            store.close()


def _node(store: KuboStore) -> Iterator[Finding]:
    yield Finding.good("Kubo", f"version {store.version()} answers at {store.url}")
    for subject, flaws, well in (
        ("Kubo's privacy", store.privacy(), "it speaks to nobody outside its swarm, which asks for a key"),
        ("Kubo's durability", store.durability(), "what it says that it has stored is on the disk"),
    ):
        if not flaws:
            yield Finding.good(subject, well)
        for flaw in flaws:
            yield Finding.bad(subject, f"{flaw.setting} is {flaw.found[:80]}, so {flaw.why}", flaw.remedy)
    pinned = counted(len(store.pins()), "sealed study or envelope is", "sealed studies and envelopes are")
    yield Finding.good("Kubo's pins", f"{pinned} pinned")


def examine_store(store: Store, vault: Vault, aside: Collection[bytes] = ()) -> Iterator[Finding]:
    """Look whether each study that a vault has sealed is pinned and whole, in its latest epoch.

    Asks for every block: a minute or so for 50 GB.

    Args:
        store: where the blocks should be.
        vault: open.
        aside: the studies not to look for: of these the chain names other blocks than the vault, or none.
    """
    whole, sealed = 0, [each for each in studies(vault) if each.study_id not in aside]
    try:
        pins = store.pins()
        for study in sealed:
            found = _study(store, study, pinned=study.root in pins)
            whole += found is None
            if found is not None:
                yield found
    except PixelPactError as error:
        yield Finding.of("store", error)
        return
    if whole == len(sealed):
        there = counted(whole, "study is pinned", "studies are pinned")
        well = f"{there}, with every block" if whole else "there is none to look for"
        yield Finding.good("studies in the store", well)


def _study(store: Store, study: SealedStudy, *, pinned: bool) -> Finding | None:
    called = f"0x{study.study_id.hex()[:8]}"
    elsewhere = "Bring the store's folder back from a backup"
    if isinstance(store, KuboStore):
        elsewhere = f"Fetch them from a node of the swarm that has them: ipfs pin add {study.root}"
    try:
        tree = reachable(study.root, store.get)
        left = len(tree) - len(store.present(tree))
    except SealedStudyError as error:
        return Finding.bad(f"study {called}", Finding.of("", error).sentence, elsewhere)
    if left:
        return Finding.bad(
            f"study {called}", f"{left} of its {len(tree)} blocks are not in the store", elsewhere
        )
    if not pinned:
        return Finding.bad(
            f"study {called}",
            "it is not pinned: the next sweep takes its blocks",
            f"Seal it anew, which pins it: pixelpact study rotate {called} "
            "(pixelpact study seal FOLDER, when it is not registered yet)",
        )
    return None
