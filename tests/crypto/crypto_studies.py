"""Made-up studies for the tests of the crypto room, and a store that counts."""

from __future__ import annotations

import hashlib
import io
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

import pytest
from hypothesis import HealthCheck, settings

from pixelpact.crypto import (
    OpenStudy,
    SealedStudy,
    StudyKey,
    StudySecret,
    local_id,
    open_study,
    seal,
    study_id,
)
from pixelpact.errors import BlockError
from pixelpact.models import Cid, Instance, StudyContext

#: On a machine that does other work too, how long an example takes says nothing.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

#: The format with chunks of 64 bytes, leaves of 7 links and 1,000 bytes held: threads meet at every border.
SMALL = {
    "CHUNK": 64,
    "BLOCK": 80,
    "LEAF_LINKS": 7,
    "HELD": 1000,
    "MAX_LEAVES": 1 << 20,
    "MAX_INDEX_BLOCKS": 1 << 20,
    "MAX_ROOT_BYTES": 1 << 24,
}

UID = "1.2.826.0.1.3680043.10.9999.3"
CUSTODIAN = 4
SECRET = StudySecret(hashlib.sha256(b"secret of the tests").digest())
KEY = StudyKey(hashlib.sha256(b"key of the tests").digest())
CONTEXT = StudyContext(
    genesis=b"g" * 32,
    chain_id=1337,
    registry=b"r" * 20,
    study_id=study_id(CUSTODIAN, local_id(SECRET, CUSTODIAN, UID)),
    epoch=1,
)


class Memory:
    """Instances of these lengths, their bytes made from their place; notes what is opened and closed."""

    def __init__(self, lengths: Sequence[int], *, study_uid: str = UID, shuffled: bool = False) -> None:
        self.study_uid = study_uid
        self.instances = [
            Instance(
                sop_uid=f"{UID}.9.{position + 1000}",
                series_uid=f"{UID}.{1 + position % 2}",
                class_uid="1.2.840.10008.5.1.4.1.1.2",
                length=length,
                attributes={"InstanceNumber": position - 1, "ImageType": "ORIGINAL\\PRIMARY"},
                series_attributes={"Modality": "CT", "SeriesNumber": position % 2},
            )
            for position, length in enumerate(lengths)
        ]
        if shuffled:
            self.instances.reverse()
        self.opened: list[Instance] = []
        self.streams: list[BinaryIO] = []

    def __iter__(self) -> Iterator[Instance]:
        return iter(self.instances)

    def open(self, instance: Instance) -> BinaryIO:
        assert all(stream.closed for stream in self.streams), "two instances are open at a time"
        self.opened.append(instance)
        self.streams.append(cast("BinaryIO", io.BytesIO(self.bytes_of(instance))))
        return self.streams[-1]

    def bytes_of(self, instance: Instance) -> bytes:
        return hashlib.shake_128(instance.sop_uid.encode()).digest(instance.length)


class Store:
    """Blocks in a dictionary; counts how often each was asked for."""

    def __init__(self) -> None:
        self.blocks: dict[Cid, bytes] = {}
        self.order: list[Cid] = []
        self.asked: Counter[Cid] = Counter()

    def put(self, cid: Cid, block: bytes | memoryview) -> None:
        self.blocks[cid] = bytes(block)
        self.order.append(cid)

    def get(self, cid: Cid) -> bytes:
        self.asked[cid] += 1
        if cid not in self.blocks:
            raise BlockError("a block is missing")
        return self.blocks[cid]


@contextmanager
def small_format() -> Iterator[None]:
    """Everything in this context is sealed and opened in the small format."""
    switch = sys.getswitchinterval()
    with pytest.MonkeyPatch.context() as patch:
        for name, module in list(sys.modules.items()):
            if name.startswith("pixelpact.crypto"):
                for constant in SMALL.keys() & vars(module).keys():
                    patch.setattr(module, constant, SMALL[constant])
        sys.setswitchinterval(1e-5)
        try:
            yield
        finally:
            sys.setswitchinterval(switch)


def sealed(source: Any, store: Store, **changed: Any) -> SealedStudy:
    """The source sealed into the store."""
    asked = {"key": KEY, "secret": SECRET, "custodian": CUSTODIAN, "context": CONTEXT, "put": store.put}
    return seal(source, **{**asked, **changed})


def opened(study: SealedStudy, store: Store, **changed: Any) -> OpenStudy:
    """The sealed study opened from the store."""
    asked = {
        "key": KEY,
        "secret": SECRET,
        "custodian": CUSTODIAN,
        "context": CONTEXT,
        "manifest_digest": study.manifest_digest,
        "committed": study.content_commitment,
    }
    return open_study(store.get, **{**asked, **changed})
