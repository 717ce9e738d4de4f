"""A wallet in a vault: its words, the consents that were signed with it, and who brings them to the chain."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from pixelpact.chain import Chain, Network
from pixelpact.documents import (
    CitedConsent,
    Signed,
    holds,
    issue_invitation,
    keep_consent,
    kept_consents,
    parse_signed,
    require_free,
    signed_text,
    write_document,
)
from pixelpact.errors import InputError
from pixelpact.models import SignedDirective, SignedInvitation
from pixelpact.patient.drafts import require_institution
from pixelpact.patient.guardian import Guardian
from pixelpact.patient.patient import Patient
from pixelpact.profile import ProfileFolder, Role, UnlockChoice
from pixelpact.vault import Kind, Vault

__all__ = ["Wallet"]

_WORDS = "words"
#: For whom else this wallet signs: addresses, each with the hospital's number before it.
_SUBJECTS = "subjects"
_RELAYS = "relays"


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
        words = vault.get(Kind.PATIENT_KEY, _WORDS)["words"]
        self.patient = Patient(chain, words, subjects=self._subjects())
        self.guardian = Guardian(chain, words)

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

    def recover(self, subject: bytes, *, custodian: int) -> None:
        """As ``Patient.recover``; kept, so that this wallet acts for that address from now on."""
        self.patient.recover(subject, custodian=custodian)
        kept = {str(number): address for number, address in self._subjects().items()}
        self._vault.put(Kind.PATIENT_KEY, _SUBJECTS, {"subjects": {**kept, str(custodian): subject}})

    @property
    def relays(self) -> tuple[int, ...]:
        """The institutions that the owner hands documents to, in the order in which they are tried."""
        found = self._vault.find(Kind.PATIENT_KEY, _RELAYS)
        return tuple(found["institutions"]) if found else ()

    def choose_relays(self, institutions: Iterable[int]) -> None:
        """Say who brings documents to the chain: any one will do, and none can keep all others from it.

        Raises:
            InputError: one is given twice, or is no institution of this network.
            ChainError: the chain can't be asked.
        """
        chosen = list(institutions)
        admitted = self._chain.institutions.count()
        for number in chosen:
            require_institution(number)
            if number > admitted or chosen.count(number) > 1:
                raise InputError(
                    f"Institution {number} can't be chosen",
                    why="it is named twice" if number <= admitted else f"this network has {admitted}",
                    remedy="Give each institution once, by its number in the registry",
                )
        self._vault.put(Kind.PATIENT_KEY, _RELAYS, {"institutions": chosen})

    @classmethod
    def create_profile(
        cls,
        path: Path,
        *,
        network: Network,
        unlock: UnlockChoice,
        ask: Callable[[], str],
        words: str | None = None,
    ) -> ProfileFolder:
        """Make a patient's profile with a wallet in it, whole or not at all.

        Args:
            path: the folder.
            network: the network's description; its node is asked.
            unlock: what opens the vault.
            ask: gives the password, when that is what opens the vault.
            words: of a wallet to bring back; None makes a new one.

        Raises:
            InputError: words that are no wallet's; there is something in this place already.
            ChainError: the node can't be asked.
            OutputError: the folder can't be made.
        """
        chain = Chain.connect(network)
        patient = Patient.create(chain) if words is None else Patient(chain, words)
        made = ProfileFolder(path.absolute(), Role.PATIENT, network, unlock)
        made.make(ask, lambda vault: cls.keep(vault, patient.reveal_words()))
        return made

    def issue(self, what: str, sign: Callable[[], Signed], path: Path) -> Signed:
        """Sign something, keep it, and write its document to a new file.

        Cut off before it was written and called again, it is signed anew: what nobody was handed counts for
        nothing, and its owner is asked for what is signed now. Written already, that is what is given.

        Args:
            what: names the piece of work and all that it is about, the same when it is called again.
            sign: shows what is about to be signed, and signs.
            path: the document's file.

        Raises:
            InputError: there is another file of this name.
            OutputError: it can't be written.
        """
        network = self._chain.network
        with self._vault.journal("sign", what) as entry:
            if entry.step is not None and not holds(path, entry.state["document"]):
                with self._vault.transaction():
                    self._forget(entry.state["document"])
                    entry.finish()
            if entry.step is None:
                require_free(path)
                signed = sign()
                with self._vault.transaction():
                    if isinstance(signed, SignedDirective):
                        keep_consent(self._vault, signed, network)
                    entry.advance("signed", {"document": signed_text(signed, network)})
            document: str = entry.state["document"]
            write_document(path, document)
            return parse_signed(document, network)

    def _subjects(self) -> dict[int, bytes]:
        found = self._vault.find(Kind.PATIENT_KEY, _SUBJECTS)
        return {int(number): address for number, address in found["subjects"].items()} if found else {}

    def _forget(self, document: str) -> None:
        signed = parse_signed(document, self._chain.network)
        if isinstance(signed, SignedDirective):
            self._vault.delete(Kind.CONSENT, signed.number.hex())

    def issue_invitation(
        self, what: str, sign: Callable[[], SignedInvitation], path: Path, qr: Path | None = None
    ) -> SignedInvitation:
        """As ``issue``, for an invitation, and for its link as a picture if one is wanted."""
        return issue_invitation(self._vault, what, sign, path, qr)

    def consents(self) -> list[SignedDirective]:
        """The consents that were signed with this wallet, oldest first."""
        return kept_consents(self._vault, self._chain.network)

    def cited(self, consent: CitedConsent) -> SignedDirective:
        """A consent that was named by its number in this wallet, or by its document.

        Raises:
            InputError: there is none, or more than one is meant.
        """
        return consent.find(self._vault, self._chain.network)
