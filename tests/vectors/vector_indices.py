"""Scenarios: indices that are well encoded, and not of the format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vector_builder import (
    Study,
    Verbatim,
)
from vector_kit import Vector


def schema_of_indices() -> Iterator[Vector]:
    """Indices that are well encoded, and not of this format."""

    def refused(study: Study, name: str, comment: str) -> Vector:
        return study.vector(name, "schema", [], comment)

    value = Study().index().index_value

    def index(name: str, comment: str, **changed: Any) -> Vector:
        study = Study()
        study.index_value = {**value, **changed}
        return refused(study, name, comment)

    def row(position: int, value_: Any) -> list[Any]:
        first, *rest = value["inst"]
        return [[*first[:position], value_, *first[position + 1 :]], *rest]

    yield index("index-version-2", "An unknown version.", v=2)
    yield index("index-unknown-key", "A key that the format does not have.", offsets=[0])
    yield index(
        "index-attribute-not-allowed",
        "PatientName, which no index has.",
        inst=row(4, {"PatientName": "NOBODY^MADE UP"}),
    )
    yield index(
        "index-series-attribute-in-instance",
        "Modality where only a series has it.",
        inst=row(4, {"Modality": "CT"}),
    )
    yield index("index-attribute-of-another-kind", "Rows as text.", inst=row(4, {"Rows": "512"}))
    yield index("index-uid-with-letter", "A UID with a letter.", inst=row(0, "1.2.x"))
    yield index("index-uid-empty", "A UID of no characters.", inst=row(0, ""))
    yield index("index-uid-two-dots", "A UID with an empty group.", inst=row(0, "1..2"))
    yield index("index-uid-too-long", "A UID of 65 characters.", inst=row(0, "1" * 65))
    yield index("index-uid-line-end", "A UID with a line end behind it.", inst=row(0, "1.2\n"))
    yield index("index-digest-of-31", "A digest that lacks a byte.", inst=row(3, bytes(31)))
    yield index("index-short-row", "An instance of four values.", inst=[each[:4] for each in value["inst"]])
    yield index("index-long-row", "An instance of six values.", inst=[[*each, 0] for each in value["inst"]])
    yield index("index-row-of-text", "An instance that is text of five characters.", inst=["1.2.3"])
    yield index("index-rows-map", "The instances are a map.", inst={"0": value["inst"][0]})
    yield index("index-short-set", "A series of two values.", sets=[each[:2] for each in value["sets"]])
    yield index("index-len-text", "len is text.", len="1601234")
    yield index("index-len-float", "len is a floating-point number.", len=Verbatim(b"\xfb" + bytes(8)))
    yield index("index-set-text", "A reference to a series is text.", inst=row(1, "0"))
    yield index("index-study-uid-with-letter", "The StudyInstanceUID has a letter.", study="1.2.x")
    first, *others = value["sets"]
    yield index("index-series-uid-empty", "A series UID of no characters.", sets=[["", *first[1:]], *others])
    yield index(
        "index-class-uid-empty", "A class UID of no characters.", sets=[[first[0], "", first[2]], *others]
    )
    yield index(
        "index-series-attribute-not-allowed",
        "PatientID, which no index has.",
        sets=[[*first[:2], {"PatientID": "MADE-UP"}], *others],
    )
    yield index(
        "index-instance-attribute-in-series",
        "Rows where only an instance has it.",
        sets=[[*first[:2], {"Rows": 512}], *others],
    )
    yield index("index-length-true", "A length that is true.", inst=row(2, Verbatim(b"\xf5")))
    yield index("index-null-attributes", "Attributes that are null.", inst=row(4, Verbatim(b"\xf6")))
