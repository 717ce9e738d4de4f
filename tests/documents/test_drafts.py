"""Drafts, batched consents and handovers come back as they went; whatever else is read is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelpact.chain import CONTRACTS, Network, eip712
from pixelpact.documents import (
    batched_text,
    draft_text,
    emergency_draft_text,
    handover_text,
    parse_batched,
    parse_draft,
    parse_emergency_draft,
    parse_handover,
    require_salted,
    salted_digest,
)
from pixelpact.errors import InputError
from pixelpact.models import (
    Appointment,
    AttestedAppointment,
    BatchedConsent,
    Directive,
    EmergencyDraft,
    Evidence,
    Handover,
    Modifier,
    PaperDirective,
    PaperStatement,
    RefusalLift,
)

NETWORK = Network(
    "made up",
    7,
    b"\x22" * 32,
    1,
    30,
    "http://127.0.0.1:1",
    {name: bytes([number]) * 20 for number, name in enumerate(CONTRACTS, start=1)},
)


def uint(bits: int) -> st.SearchStrategy[int]:
    return st.integers(0, 2**bits - 1)


def words(length: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=length, max_size=length)


_DIRECTIVES = st.builds(
    Directive,
    subject=words(20),
    custodian=uint(32),
    study=words(32),
    grantee=uint(32),
    categories=uint(64),
    purposes=uint(64),
    permission=uint(16),
    vocabulary=uint(16),
    generation=uint(32),
    not_before=uint(64),
    expiry=uint(64),
    salt=words(32),
    modifiers=st.lists(st.builds(Modifier, uint(16), words(32)), max_size=8).map(tuple),
)
_READ: dict[type, tuple[Callable[..., str], Callable[..., Any]]] = {
    PaperDirective: (draft_text, parse_draft),
    PaperStatement: (draft_text, parse_draft),
    EmergencyDraft: (emergency_draft_text, parse_emergency_draft),
    BatchedConsent: (batched_text, parse_batched),
    Handover: (handover_text, parse_handover),
}
_EVIDENCE = st.builds(
    Evidence,
    poster=uint(32),
    root=words(32).filter(any),
    path=st.lists(words(32), max_size=32).map(tuple),
    appointment=uint(32),
    signature=words(65),
)
_STATEMENTS = st.one_of(
    st.builds(RefusalLift, words(20), uint(32), words(32), words(32), uint(64)),
    st.builds(
        AttestedAppointment,
        st.builds(Appointment, words(20), words(20), uint(8), uint(32), uint(64), uint(32)),
        words(32),
    ),
)
_DOCUMENTS = st.one_of(
    st.builds(
        lambda directive, form, salt: PaperDirective(directive, eip712.struct_hash(directive), form, salt),
        _DIRECTIVES,
        words(32),
        words(32),
    ),
    st.builds(PaperStatement, _STATEMENTS, words(32)),
    st.builds(
        EmergencyDraft,
        uint(32),
        uint(64),
        words(32),
        uint(64),
        st.text(alphabet="abc xyz.\n", min_size=1).filter(str.strip),
        words(32),
        words(32),
    ),
    st.builds(BatchedConsent, _DIRECTIVES, _EVIDENCE),
    st.builds(Handover, words(32), uint(32), words(32), uint(32), uint(32), uint(32), words(1200)),
)


@settings(max_examples=60, deadline=None)
@given(_DOCUMENTS)
def test_it_comes_back_as_it_went(value: object) -> None:
    write, read = _READ[type(value)]
    assert read(write(value, NETWORK), NETWORK) == value


@settings(max_examples=60, deadline=None)
@given(_DOCUMENTS, st.data())
def test_a_field_missing_more_or_of_another_kind_is_refused(value: object, data: st.DataObject) -> None:
    write, read = _READ[type(value)]
    document = json.loads(write(value, NETWORK))
    place = data.draw(st.sampled_from([document, document["content"], document["network"]]))
    key = data.draw(st.sampled_from(sorted(place)))
    change = data.draw(st.sampled_from(["missing", "more", "null", "version"]))
    if change == "missing":
        del place[key]
    elif change == "more":
        place["more"] = 1
    elif change == "null":
        place[key] = None
    else:
        document["version"] = 1
    with pytest.raises(InputError):
        read(json.dumps(document), NETWORK)


def test_a_digest_is_of_one_form_under_one_salt() -> None:
    digest = salted_digest(b"\1" * 32, b"form")
    require_salted(digest, b"\1" * 32, b"form", "the form")
    for salt, form in ((b"\2" * 32, b"form"), (b"\1" * 32, b"form ")):
        with pytest.raises(InputError, match="not the form"):
            require_salted(digest, salt, form, "the form")
