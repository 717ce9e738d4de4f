"""Scenarios: indices that contradict themselves, content and identity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vector_builder import (
    CHUNK,
    CT,
    UID,
    Made,
    Study,
    named,
    recipe,
)
from vector_kit import Vector


def index() -> Iterator[Vector]:
    """Index streams that contradict their length."""

    def refused(study: Study, name: str, comment: str) -> Vector:
        return study.vector(name, "index", [], comment)

    def stream(length: int, blocks: int) -> Study:
        study = Study().index()
        assert study.index_bytes is not None
        written = length.to_bytes(8, "big") + study.index_bytes
        chunks = [[*recipe(written), f"zeros:{CHUNK - len(written)}"], *([[f"zeros:{CHUNK}"]] * (blocks - 1))]
        study.index_blocks = study.encrypted("index", chunks)
        return study

    yield refused(stream(CHUNK - 7, 1), "index-overrun", "The index says it is a byte longer than its block.")
    yield refused(stream(2**64 - 1, 1), "index-overrun-far", "The index says it has 2^64 - 1 bytes.")
    size = len(Study().index().index_bytes or b"")
    yield refused(stream(size, 2), "index-block-empty", "A second index block holds nothing but padding.")


def rules() -> Iterator[Vector]:
    """Indices that break a rule."""

    def refused(study: Study, name: str, comment: str) -> Vector:
        return study.vector(name, "index", [], comment)

    def rows(order: list[int] | None = None, **change: Any) -> Study:
        study = Study().index()
        assert study.rows is not None
        study.rows = [list(study.rows[n]) for n in order or range(3)]
        for name, (position, value) in change.items():
            study.rows[position][("sop", "set", "length").index(name)] = value
        study.index_value = study.index_bytes = None
        return study

    yield refused(rows(length=(0, 700_001)), "lengths-beyond-len", "The lengths add up to a byte more.")
    yield refused(rows(length=(0, 699_999)), "lengths-below-len", "The lengths add up to a byte less.")
    yield refused(rows(length=(0, 2**63)), "length-of-2-to-63", "A length far beyond the stream.")
    study = rows(length=(0, 2**63))
    assert study.rows is not None
    study.rows[1][2] = 2**63 + 1_600_000
    study.rows[2][2] = 1_234
    study.index_value = study.index_bytes = None
    yield refused(study, "lengths-overflow", "The lengths add up to len only modulo 2^64.")
    yield refused(rows(length=(2, -1_234)), "length-negative", "A length of -1,234.")
    study = rows(length=(2, 0))
    study.length = 1_600_000
    yield refused(study, "instance-empty", "An instance of no bytes.")
    yield refused(rows([1, 0, 2]), "instances-unsorted", "The second instance stands first.")
    yield refused(rows([0, 2, 1]), "instances-unsorted-by-set", "The second series stands before the first.")
    study = rows(sop=(1, f"{UID}.1.1"))
    yield refused(study, "instance-duplicate", "A SOP instance UID twice in a series.")
    yield refused(
        rows(sop=(2, f"{UID}.1.1")),
        "instance-duplicate-in-another-series",
        "A SOP instance UID in two series.",
    )
    yield refused(rows(set=(2, 2)), "set-beyond", "An instance of a series that is not there.")
    yield refused(rows(set=(0, -1)), "set-negative", "An instance of series -1.")
    yield refused(rows(set=(2, 0)), "set-unused", "A series without instances.")
    study = rows(set=(0, -1))
    study.rows[1][1] = -1  # type: ignore[index]
    yield refused(study, "set-negative-and-unused", "As many references as series, one of them -1.")
    study = rows()
    study.sets.insert(1, [f"{UID}.1", CT + "5", {}])
    study.rows[2][1] = 2  # type: ignore[index]
    yield refused(study, "set-unused-between", "A series without instances between two others.")
    study = Study()
    study.sets.reverse()
    yield refused(study, "sets-unsorted", "The second series stands first.")
    study = Study()
    study.sets[1][:2] = study.sets[0][:2]
    yield refused(study, "set-duplicate", "A series and class twice.")

    def chunks(count: int) -> Study:
        study = Study().cut()
        assert study.data is not None
        padded = study.padded(study.instances)[:count]
        padded += [[f"zeros:{CHUNK}"]] * (count - len(padded))
        study.data = study.encrypted("data", padded)
        return study

    yield refused(chunks(1), "chunk-dropped", "One data block where len needs two.")
    yield refused(chunks(3), "chunk-appended", "Three data blocks where len needs two.")


def content() -> Iterator[Vector]:
    """Instances and content that are not those committed to."""
    for position, name in ((0, "first"), (1, "second"), (2, "third")):
        study = Study().index()
        assert study.rows is not None
        study.rows[position][3] = named("another digest")
        study.index_value = study.index_bytes = None
        yield study.vector(
            f"instance-digest-wrong-{name}",
            "content",
            study.instances[:position],
            f"The bytes of the {name} instance are not those of its digest.",
        )
    registered = Study().committed()
    study = Study(epoch=2)
    study.instances[0] = Made(study.instances[0].sop + "1", 0, 700_000, study.instances[0].attributes)
    study.instances[:2] = sorted(study.instances[:2], key=lambda made: made.sop)
    study.commitment = registered
    yield study.vector(
        "rotation-exchanges-an-image",
        "content",
        [],
        "After a rotation another image stands for one; everything under the new root is right.",
    )
    study = Study(epoch=2)
    study.sets[0][2] = {**study.sets[0][2], "SeriesDescription": "Abdomen"}
    study.commitment = registered
    yield study.vector(
        "rotation-exchanges-an-attribute", "content", [], "After a rotation a description differs."
    )
    study = Study()
    study.told = {"secret": named("another secret").hex()}
    yield study.vector("another-study-secret", "content", [], "The reader holds the secret of another study.")


def identity() -> Iterator[Vector]:
    """Studies that are not the one asked for."""
    study = Study()
    study.uid = UID + "7"
    yield study.vector(
        "uid-of-another-study",
        "identity",
        [],
        "The StudyInstanceUID inside does not give the study id, whatever else is right.",
    )
    study = Study()
    study.told = {"custodian": "8"}
    yield study.vector(
        "another-custodian", "identity", [], "The study id is that of another custodian's study."
    )
