"""A directive that a Consent can hold, strategies that stay within, and what others write into Consents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from pixelpact.chain import CONTRACTS, Account, Network, eip712
from pixelpact.models import (
    ANY_INSTITUTION,
    ANY_INSTITUTION_LATER_TOO,
    WHOLE_RECORD,
    Directive,
    Modifier,
    SignedDirective,
)
from pixelpact.policy import Category, ModifierCode, Permission, Purpose, purpose_set

ACCOUNT = Account(b"\x11" * 32)
NETWORK = Network(
    "made up",
    7,
    b"\x22" * 32,
    1,
    30,
    "http://127.0.0.1:1",
    {name: bytes([number]) * 20 for number, name in enumerate(CONTRACTS, start=64)}
    | {"ConsentRegistry": b"\x33" * 20},
)
OTHER_NETWORK = replace(NETWORK, chain_id=8)

DIRECTIVE = Directive(
    subject=ACCOUNT.address,
    custodian=1,
    study=b"\x5d" * 32,
    grantee=2,
    categories=int(Category.CT | Category.REPORT),
    purposes=purpose_set(Purpose.TREAT, Purpose.HRESCH),
    permission=int(Permission.GRU),
    vocabulary=1,
    generation=4,
    not_before=1_800_000_000,
    expiry=1_800_086_400,
    salt=b"\x5a" * 32,
    modifiers=(
        Modifier(int(ModifierCode.GS), b"CH" + bytes(30)),
        Modifier(int(ModifierCode.NPU)),
    ),
)


def signed(directive: Directive) -> SignedDirective:
    """The directive, signed by its patient, who is made up."""
    signature = eip712.sign(ACCOUNT, NETWORK, directive)
    return SignedDirective(directive, eip712.struct_hash(directive), signature, ACCOUNT.address)


def _words(length: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=length, max_size=length)


def _ascii(text: str) -> bytes:
    return text.encode().ljust(32, b"\0")


_TERM = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=32).map(_ascii)
_VALUES = {
    ModifierCode.GS: st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2).map(_ascii),
    ModifierCode.DS: _TERM,
    ModifierCode.RS: _TERM,
    ModifierCode.IS: st.integers(1, 2**32 - 2).map(lambda number: number.to_bytes(32)),
    ModifierCode.TS: st.integers(1, 2**31 - 1).map(lambda number: number.to_bytes(32)),
    ModifierCode.MOR: st.integers(1, 253_402_300_799).map(lambda number: number.to_bytes(32)),
    ModifierCode.PS: _words(32),
    ModifierCode.US: _words(32),
}


def _modifier(code: ModifierCode) -> st.SearchStrategy[Modifier]:
    value = st.just(bytes(32))
    return st.builds(Modifier, st.just(int(code)), st.one_of(value, _VALUES.get(code, value)))


MODIFIERS = (
    st.lists(st.sampled_from(ModifierCode), max_size=8, unique=True)
    .flatmap(lambda codes: st.tuples(*(_modifier(code) for code in codes)))
    .map(sorted)
    .map(tuple)
)
_INSTITUTION = st.integers(1, 2**32 - 2)
_TIMES = st.tuples(st.integers(0, 253_402_300_799), st.integers(1, 315_576_000)).map(
    lambda times: (times[0], min(times[0] + times[1], 253_402_300_800))
)


def _directive(times: tuple[int, int], **fields: Any) -> Directive:
    return Directive(**fields, vocabulary=1, not_before=times[0], expiry=times[1])


#: Every directive that a Consent can hold.
DIRECTIVES = st.builds(
    _directive,
    times=_TIMES,
    subject=_words(20),
    custodian=_INSTITUTION,
    study=st.one_of(st.just(WHOLE_RECORD), _words(32)),
    grantee=st.one_of(st.sampled_from([ANY_INSTITUTION, ANY_INSTITUTION_LATER_TOO]), _INSTITUTION),
    categories=st.integers(1, 2 ** len(Category) - 1),
    purposes=st.integers(1, 2 ** len(Purpose) - 1),
    permission=st.sampled_from([0, *map(int, Permission)]),
    generation=st.integers(0, 2**32 - 1),
    salt=_words(32),
    modifiers=MODIFIERS,
)


def _uint(bits: int) -> st.SearchStrategy[int]:
    return st.integers(0, 2**bits - 1)


#: Any directive that the contracts' types allow.
ANY_DIRECTIVES = st.builds(
    Directive,
    subject=_words(20),
    custodian=_uint(32),
    study=_words(32),
    grantee=_uint(32),
    categories=_uint(64),
    purposes=_uint(64),
    permission=_uint(16),
    vocabulary=_uint(16),
    generation=_uint(32),
    not_before=_uint(64),
    expiry=_uint(64),
    salt=_words(32),
    modifiers=st.lists(st.builds(Modifier, _uint(16), _words(32)), max_size=10).map(tuple),
)
