"""Scenarios: sealed studies that must open, whole."""

from __future__ import annotations

from collections.abc import Iterator

from vector_builder import (
    CHUNK,
    CT,
    UID,
    Made,
    Study,
    named,
    one,
    study_id,
)
from vector_kit import Vector


def good() -> Iterator[Vector]:
    """What must open, whole."""

    def opens(study: Study, name: str, comment: str) -> Vector:
        return study.vector(name, "success", study.instances, comment)

    yield opens(Study(), "two-chunks", "Three instances in two series; the second lies in both chunks.")
    yield opens(Study(one(1)), "one-byte", "The smallest study: one instance of one byte.")
    yield opens(Study(one(CHUNK)), "one-chunk-exactly", "No padding in the data stream.")
    yield opens(
        Study(one(CHUNK + 1)), "one-byte-in-the-last-chunk", "The last chunk is padding but for a byte."
    )
    yield opens(
        Study(one(2 * CHUNK + 5)), "three-chunks-one-instance", "An instance that fills a chunk between."
    )
    yield opens(
        Study([Made(f"{UID}.1.{n:03}", 0, 20_000 + n) for n in range(60)]),
        "sixty-instances",
        "Many small instances, one across the chunks' border, UIDs with leading zeros.",
    )
    yield opens(
        Study([Made(f"{UID}.1.1", 0, CHUNK), Made(f"{UID}.1.2", 0, 7)]),
        "instance-ends-with-chunk",
        "An instance ends where a chunk ends; the next begins the next chunk.",
    )
    study = Study()
    study.salt = b"\x01\x55\x00\x1c" + named("rest")[:28]
    yield opens(study, "salt-shaped-like-a-cid", "The salt's bytes parse as a CID with the identity hash.")
    study = Study(one(99, InstanceNumber=-(2**63), Rows=2**63 - 1, Columns=0, ImageType="ORIGINAL\\PRIMARY"))
    yield opens(study, "attributes-at-their-ends", "The least and the greatest integer, and several values.")
    study = Study(one(99))
    study.sets[0][2] = {"Modality": "MR", "SeriesDescription": "Schädel, 頭部, \U0001f9e0", "Laterality": ""}
    yield opens(study, "attributes-in-utf-8", "Text beyond ASCII, and an empty one.")
    study = Study(one(99, ImageType="é" * 512))
    yield opens(study, "attribute-of-1024-bytes", "The longest text.")
    study = Study(one(99))
    study.sets = [[f"{UID}.1", CT, {}]]
    yield opens(study, "no-attributes", "Neither series nor instance has an attribute.")
    study = Study(one(99))
    study.sets = [["1." + "2" * 62, "3", {}]]
    study.instances[0].sop = "0" * 64
    yield opens(study, "uids-at-their-ends", "UIDs of 64 characters and of one.")
    study = Study()
    study.chain_id, study.epoch, study.custodian = 2**256 - 1, 2**32 - 1, 2**32 - 1
    study.study_id = study_id(study.custodian, study.secret, study.uid)
    yield opens(study, "numbers-at-their-ends", "The greatest chain id, epoch and custodian.")
    first, second = Study(), Study(epoch=2)
    assert first.committed() == second.committed()
    yield opens(
        second, "second-epoch", "two-chunks after a rotation: other key and salt, the same commitment."
    )
    study = Study([Made(f"{UID}.1.{n}", n, 10) for n in range(1, 181)])
    texts = (
        "SeriesDescription",
        "BodyPartExamined",
        "PerformedProcedureStepStartDate",
        "Modality",
        "Laterality",
    )
    study.sets = [
        [f"{UID}.{n:03}", CT, dict.fromkeys((*texts, "PerformedProcedureStepStartTime"), "x" * 1024)]
        for n in range(180)
    ]
    for position, made in enumerate(study.instances):
        made.set = position
    yield opens(study.cut(), "index-of-two-chunks", "An index longer than a chunk.")
    assert len(study.index_blocks or ()) == 2
