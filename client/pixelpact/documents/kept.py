"""What a vault keeps of documents: consents, and invitations on their way out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pixelpact.chain import Network
from pixelpact.documents.files import holds, require_free, write_document
from pixelpact.documents.invitations import invitation_link, invitation_text, parse_invitation
from pixelpact.documents.numbers import complete
from pixelpact.documents.qr import save_qr
from pixelpact.documents.signed import parse_signed, signed_text
from pixelpact.models import SignedDirective, SignedInvitation
from pixelpact.vault import Kind, Vault

__all__ = ["find_consent", "issue_invitation", "keep_consent", "kept_consents"]


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


def issue_invitation(
    vault: Vault, what: str, sign: Callable[[], SignedInvitation], path: Path, qr: Path | None = None
) -> SignedInvitation:
    """Sign an invitation and write it to a new file; cut off before that and called again, it is signed anew.

    Cut off after that, its picture is what is left to do.

    Args:
        vault: the inviter's.
        what: names the piece of work and all that it is about, the same when it is called again.
        sign: signs.
        path: the file.
        qr: a file for its link as a picture, if one is wanted.

    Raises:
        InputError: there is another file of this name.
        OutputError: it can't be written.
    """
    with vault.journal("invite", what) as entry:
        if entry.step is None or not holds(path, entry.state["document"]):
            for each in filter(None, (path, qr)):
                require_free(each)
            entry.restart("signed", {"document": invitation_text(sign())})
        signed = parse_invitation(entry.state["document"])
        write_document(path, entry.state["document"])
        if qr is not None:
            save_qr(invitation_link(signed), qr)
    return signed
