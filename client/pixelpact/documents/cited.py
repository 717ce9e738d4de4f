"""A consent as a person names it: by its document's file, or by its number in a vault."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from pixelpact.chain import Network
from pixelpact.documents.beside import find_citable
from pixelpact.documents.files import read_document
from pixelpact.documents.kept import find_consent
from pixelpact.documents.signed import parse_signed
from pixelpact.errors import InputError
from pixelpact.models import PaperDirective, SignedDirective
from pixelpact.vault import Vault

__all__ = ["CitedConsent"]


@dataclass(frozen=True, slots=True)
class CitedConsent:
    """What was named, read but not looked up yet.

    Attributes:
        name: as it was typed.
        document: the file's text; None for a number.
    """

    name: str
    document: str | None

    @classmethod
    def of(cls, name: str) -> CitedConsent:
        """Take hexadecimal digits for a number, anything else for a file.

        Raises:
            InputError: neither: no such file, or one that is no document.
        """
        if re.fullmatch("(0x)?[0-9a-fA-F]{1,64}", name):
            return cls(name, None)
        return cls(name, read_document(Path(name)))

    @property
    def identity(self) -> str:
        """What tells it from every other: digits, or the SHA-256 of the document."""
        if self.document is None:
            return self.name.lower().removeprefix("0x")
        return hashlib.sha256(self.document.encode()).hexdigest()

    @property
    def whole_number(self) -> bytes | None:
        """The number, when all 64 digits of one were typed: nothing has to be looked up."""
        return bytes.fromhex(self.identity) if self.document is None and len(self.identity) == 64 else None

    def find(self, vault: Vault, network: Network) -> SignedDirective:
        """The consent, its signature checked.

        Raises:
            InputError: none of this number is kept, or the document is no consent of this network.
        """
        if self.document is None:
            return find_consent(vault, network, self.name)
        return self._signed(self.document, network)

    def find_any(self, vault: Vault, network: Network) -> SignedDirective | PaperDirective:
        """The consent, as ``find``; named by its number, also one on paper.

        Raises:
            InputError: none of this number is kept, or the document is no consent of this network.
        """
        if self.document is None:
            return find_citable(vault, network, self.name)
        return self._signed(self.document, network)

    def _signed(self, document: str, network: Network) -> SignedDirective:
        signed = parse_signed(document, network)
        if not isinstance(signed, SignedDirective):
            raise InputError(
                f"{self.name} is no consent",
                why="it is a withdrawal or a refusal",
                remedy="Give the consent's document, or its number",
            )
        return signed
