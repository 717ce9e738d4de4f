"""A patient's wallet in a vault: its words, and the consents that were signed with it."""

from __future__ import annotations

from collections.abc import Callable

from pixelpact.chain import Chain
from pixelpact.documents import (
    CitedConsent,
    Signed,
    issue_invitation,
    keep_consent,
    kept_consents,
    parse_signed,
    signed_text,
)
from pixelpact.errors import InputError
from pixelpact.models import SignedDirective, SignedInvitation
from pixelpact.patient.patient import Patient
from pixelpact.vault import Kind, Vault

__all__ = ["Wallet"]

_WORDS = "words"


class Wallet:
    """A wallet and what was signed with it.

    Args:
        chain: any node of the network, for reading.
        vault: the patient's.

    Raises:
        VaultError: there is no wallet in this vault.
    """

    def __init__(self, chain: Chain, vault: Vault) -> None:
        self._chain = chain
        self._vault = vault
        self.patient = Patient(chain, vault.get(Kind.PATIENT_KEY, _WORDS)["words"])

    @staticmethod
    def keep(vault: Vault, words: str) -> None:
        """Put the words of a new wallet into a vault.

        Raises:
            InputError: there is a wallet in it already.
        """
        if vault.find(Kind.PATIENT_KEY, _WORDS) is not None:
            raise InputError(
                "There is a wallet in this vault already",
                why="another one would take its place, and its words may stand nowhere else",
                remedy="Make another profile for another wallet",
            )
        vault.put(Kind.PATIENT_KEY, _WORDS, {"words": words})

    def issue(self, what: str, sign: Callable[[], Signed], write: Callable[[str], None]) -> Signed:
        """Sign something, keep it, and hand it out; cut off and called again, the same is handed out.

        Args:
            what: names the piece of work, the same when it is called again.
            sign: signs; not asked when that was done before.
            write: writes the document; what it does twice must be as if done once.
        """
        network = self._chain.network
        with self._vault.journal("sign", what) as entry:
            if entry.step is None:
                signed = sign()
                with self._vault.transaction():
                    if isinstance(signed, SignedDirective):
                        keep_consent(self._vault, signed, network)
                    entry.advance("signed", {"document": signed_text(signed, network)})
            write(entry.state["document"])
            return parse_signed(entry.state["document"], network)

    def issue_invitation(
        self, what: str, sign: Callable[[], SignedInvitation], write: Callable[[SignedInvitation], None]
    ) -> SignedInvitation:
        """As ``issue``, for an invitation."""
        return issue_invitation(self._vault, what, sign, write)

    def consents(self) -> list[SignedDirective]:
        """The consents that were signed with this wallet, oldest first."""
        return kept_consents(self._vault, self._chain.network)

    def cited(self, consent: CitedConsent) -> SignedDirective:
        """A consent that was named by its number in this wallet, or by its document.

        Raises:
            InputError: there is none, or more than one is meant.
        """
        return consent.find(self._vault, self._chain.network)
