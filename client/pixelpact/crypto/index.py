"""The index of a sealed study: what is in the data stream, in which order (docs/sealed-study.md, Index)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from pixelpact.crypto import dagcbor
from pixelpact.crypto.blocks import CHUNK, MAX_CHUNKS, VERSION, bad_schema, beyond_limits, chunk_count, within
from pixelpact.errors import IndexStreamError
from pixelpact.models import INSTANCE_ATTRIBUTES, SERIES_ATTRIBUTES, Instance

__all__ = ["Index"]

MAX_INSTANCES = 1 << 20
MAX_SETS = 1 << 16
MAX_TEXT = 1024
MAX_LENGTH = MAX_CHUNKS * CHUNK

_UID = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_KEYS = {"v", "len", "inst", "sets", "study"}

_Attributes = Mapping[str, str | int]


class _Set(NamedTuple):
    series: str
    sop_class: str
    attributes: _Attributes


class _Entry(NamedTuple):
    sop: str
    set: int
    length: int
    digest: bytes
    attributes: _Attributes


@dataclass(frozen=True, slots=True)
class Index:
    """The instances of a study in the order of the data stream, their digests set.

    Attributes:
        study_uid: the StudyInstanceUID.
        instances: ascending by series, class and SOP instance UID.
        length: bytes of the data stream before its padding.
    """

    study_uid: str
    instances: tuple[Instance, ...]
    length: int

    def check(self) -> None:
        """Check what is to be sealed; digests are not looked at yet.

        Raises:
            SchemaError, LimitError, IndexStreamError: the instances can't be said in this format.
        """
        content = self._content()
        content.check_kinds()
        content.check_sizes()
        content.check_rules()

    def encode(self) -> bytes:
        """The dag-cbor of a checked index."""
        return self._content().encode()

    def _content(self) -> _Content:
        sets: list[_Set] = []
        entries: list[_Entry] = []
        for instance in self.instances:
            row = _Set(instance.series_uid, instance.class_uid, instance.series_attributes)
            if not sets or sets[-1] != row:
                sets.append(row)
            digest = instance.digest or bytes(32)
            entries.append(
                _Entry(instance.sop_uid, len(sets) - 1, instance.length, digest, instance.attributes)
            )
        return _Content(self.study_uid, self.length, sets, entries)

    @classmethod
    def decode(cls, data: bytes, chunks: int) -> Index:
        """Read an index of a study of so many chunks: docs/sealed-study.md, Opening, step 6.

        Raises:
            EncodingError, SchemaError, LimitError, IndexStreamError: as there.
        """
        content = _Content.decode(data)
        content.check_kinds()
        if content.encode() != data:
            raise dagcbor.not_canonical("index", "encoded again it differs")
        content.check_sizes()
        content.check_rules()
        if chunk_count(content.length) != chunks:
            raise _contradiction(f"{content.length:,} bytes don't fill {chunks} chunks")
        return cls(content.study, tuple(content.instances()), content.length)


@dataclass(slots=True)
class _Content:
    """The index as it is written, before and after its checks."""

    study: str
    length: int
    sets: Sequence[_Set]
    entries: Sequence[_Entry]

    @classmethod
    def decode(cls, data: bytes) -> _Content:
        value = dagcbor.decode(data, "index")
        if not isinstance(value, dict) or set(value) != _KEYS:
            raise bad_schema("index", "its keys are not those of version 1")
        if type(value["v"]) is not int or value["v"] != VERSION:
            raise bad_schema("index", f"version {value['v']!r} is not known here")
        sets = [_Set(*row) for row in _rows(value["sets"], len(_Set._fields))]
        entries = [_Entry(*row) for row in _rows(value["inst"], len(_Entry._fields))]
        return cls(value["study"], value["len"], sets, entries)

    def encode(self) -> bytes:
        set_head, entry_head = dagcbor.array_head(len(_Set._fields)), dagcbor.array_head(len(_Entry._fields))
        parts = [dagcbor.map_head(len(_KEYS)), b"\x61v\x01\x63len", dagcbor.integer(self.length)]
        parts += (b"\x64inst", dagcbor.array_head(len(self.entries)))
        for entry in self.entries:
            parts += (
                entry_head,
                dagcbor.text(entry.sop),
                dagcbor.integer(entry.set),
                dagcbor.integer(entry.length),
                dagcbor.byte_string(entry.digest),
                dagcbor.text_map(entry.attributes),
            )
        parts += (b"\x64sets", dagcbor.array_head(len(self.sets)))
        for row in self.sets:
            parts += (
                set_head,
                dagcbor.text(row.series),
                dagcbor.text(row.sop_class),
                dagcbor.text_map(row.attributes),
            )
        parts += (b"\x65study", dagcbor.text(self.study))
        return b"".join(parts)

    def check_kinds(self) -> None:
        """Kinds, UIDs and keywords: SchemaError."""
        if type(self.length) is not int:
            raise bad_schema("index", "its length is not a number")
        _check_uid(self.study)
        for row in self.sets:
            _check_uid(row.series)
            _check_uid(row.sop_class)
            _check_attributes(row.attributes, SERIES_ATTRIBUTES)
        for entry in self.entries:
            _check_uid(entry.sop)
            if type(entry.set) is not int or type(entry.length) is not int or type(entry.digest) is not bytes:
                raise bad_schema("index", "a value of an instance is of another kind")
            _check_attributes(entry.attributes, INSTANCE_ATTRIBUTES)

    def check_sizes(self) -> None:
        """Digests of 32 bytes (SchemaError), then every limit (LimitError)."""
        if any(len(entry.digest) != 32 for entry in self.entries):
            raise bad_schema("index", "a digest of an instance has another length than 32")
        within("instances", len(self.entries), MAX_INSTANCES)
        within("series and classes", len(self.sets), MAX_SETS)
        within("bytes of the data stream", self.length, MAX_LENGTH)
        for attributes in (each.attributes for rows in (self.sets, self.entries) for each in rows):
            _check_values(attributes)

    def check_rules(self) -> None:
        """Order, uniqueness, references and lengths: IndexStreamError."""
        if not _ascending([(row.series, row.sop_class) for row in self.sets]):
            raise _contradiction("its series are not in their order, or one stands twice")
        if not _ascending([(entry.set, entry.sop) for entry in self.entries]):
            raise _contradiction("its instances are not in their order, or one stands twice")
        if len({entry.sop for entry in self.entries}) != len(self.entries):
            raise _contradiction("a SOP instance UID stands twice")
        if {entry.set for entry in self.entries} != set(range(len(self.sets))):
            raise _contradiction("a series without an instance, or an instance of no series")
        if any(entry.length < 1 for entry in self.entries):
            raise _contradiction("an instance is empty")
        if sum(entry.length for entry in self.entries) != self.length:
            raise _contradiction("the lengths of the instances don't add up")

    def instances(self) -> Iterable[Instance]:
        for entry in self.entries:
            row = self.sets[entry.set]
            yield Instance(
                sop_uid=entry.sop,
                series_uid=row.series,
                class_uid=row.sop_class,
                length=entry.length,
                attributes=entry.attributes,
                series_attributes=row.attributes,
                digest=entry.digest,
            )


def _rows(value: Any, width: int) -> Iterable[list[Any]]:
    if not isinstance(value, list):
        raise bad_schema("index", "a list is of another kind")
    for row in value:
        if not isinstance(row, list) or len(row) != width:
            raise bad_schema("index", f"a row has not {width} values")
        yield row


def _check_uid(uid: object) -> None:
    if type(uid) is not str or len(uid) > 64 or not _UID.fullmatch(uid):
        raise bad_schema("index", "a UID is not 1 to 64 digits in groups joined by dots")


def _check_attributes(attributes: object, allowed: Mapping[str, type[str | int]]) -> None:
    if not isinstance(attributes, Mapping):
        raise bad_schema("index", "attributes are of another kind")
    for keyword, value in attributes.items():
        if type(value) is not allowed.get(keyword):
            raise bad_schema("index", f"the attribute {keyword} is not one of an index, or of another kind")


def _check_values(attributes: _Attributes) -> None:
    for keyword, value in attributes.items():
        if isinstance(value, str):
            if len(_utf8(keyword, value)) > MAX_TEXT:
                raise beyond_limits(f"the attribute {keyword} has more than {MAX_TEXT:,} bytes")
        elif not -(2**63) <= value < 2**63:
            raise beyond_limits(f"the attribute {keyword} has more than 64 bits")


def _utf8(keyword: str, value: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError as error:
        raise bad_schema("index", f"the attribute {keyword} has a character that UTF-8 can't say") from error


def _ascending(keys: Sequence[tuple[object, ...]]) -> bool:
    return all(before < after for before, after in pairwise(keys))


def _contradiction(why: str) -> IndexStreamError:
    return IndexStreamError(
        "The index of the sealed study contradicts itself or its data",
        why=why,
        remedy="Ask the custodian to seal the study again",
    )
