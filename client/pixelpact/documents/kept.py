"""Consents that a vault keeps: the patient's own, or those that a hospital brought to the chain."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pixelpact.chain import Network
from pixelpact.documents.signed import parse_signed, signed_text
from pixelpact.errors import InputError
from pixelpact.models import SignedDirective
from pixelpact.vault import Kind, Vault

__all__ = ["complete", "find_consent", "keep_consent", "kept_consents"]


def keep_consent(vault: Vault, consent: SignedDirective, network: Network) -> None:
    """Keep a consent; kept already, nothing changes."""
    vault.put(Kind.CONSENT, consent.number.hex(), {"document": signed_text(consent, network)})


def kept_consents(vault: Vault, network: Network) -> list[SignedDirective]:
    """Every consent that was kept, by the time it begins.

    Raises:
        InputError: the vault was used with another network.
    """
    found = [parse_signed(record["document"], network) for record in vault.records(Kind.CONSENT).values()]
    consents = [each for each in found if isinstance(each, SignedDirective)]
    return sorted(consents, key=lambda each: (each.directive.not_before, each.number))


def find_consent(vault: Vault, network: Network, number: str) -> SignedDirective:
    """The kept consent whose number begins with these hexadecimal digits.

    Raises:
        InputError: no such digits, no such consent, or more than one.
    """
    consents = {each.number: each for each in kept_consents(vault, network)}
    return consents[complete(number, "consent", consents, "`pixelpact consent list` shows those there are")]


def complete(digits: str, kind: str, numbers: Iterable[bytes], where: str) -> bytes:
    """The one number of 32 bytes that begins with these hexadecimal digits.

    Args:
        digits: with or without 0x.
        kind: what it is the number of.
        numbers: those there are.
        where: what shows them, a sentence without a full stop.

    Raises:
        InputError: no such digits, no such number, or more than one.
    """
    wanted = digits.lower().removeprefix("0x")
    if not re.fullmatch("[0-9a-f]{1,64}", wanted):
        raise InputError(
            f"{digits!r} is not a {kind}'s number",
            why="numbers are hexadecimal, up to 64 digits",
            remedy="Copy it from where it was printed; its first digits are enough",
        )
    found = [number for number in numbers if number.hex().startswith(wanted)]
    if len(found) != 1:
        raise InputError(
            f"{len(found) or 'No'} {kind}s begin with {digits}",
            why="exactly one must be meant",
            remedy="Give more digits" if found else where,
        )
    return found[0]
