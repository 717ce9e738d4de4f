"""The keys of a wallet: all from twelve words (BIP-39), by hardened steps only (BIP-32).

With unhardened ones the public side and one leaked key would give the others.
"""

from __future__ import annotations

import hashlib
from typing import Self

from eth_account import Account as EthAccount
from eth_account.hdaccount.mnemonic import Mnemonic
from eth_account.types import Language

from pixelpact.chain import Account, Chain
from pixelpact.errors import InputError
from pixelpact.models import WHOLE_RECORD

__all__ = ["WalletKeys", "another_patients"]

_WORDS = 12


class WalletKeys:
    """The words of a wallet and the node that it reads from. ``repr`` shows nothing of it.

    Args:
        chain: any node of the network, for reading.
        words: the BIP-39 words of the wallet (English).

    Raises:
        InputError: words that are no such list or whose checksum is wrong.
    """

    def __init__(self, chain: Chain, words: str) -> None:
        if not Mnemonic(Language.ENGLISH).is_mnemonic_valid(words):
            raise InputError(
                "These words are not a wallet",
                why="a word is not of the BIP-39 list, or the checksum does not fit",
                remedy="Check the spelling and the order",
            )
        self._chain = chain
        self._words = words

    @classmethod
    def create(cls, chain: Chain) -> Self:
        """A new wallet from the system's randomness; have its owner write ``reveal_words`` down."""
        return cls(chain, Mnemonic(Language.ENGLISH).generate(_WORDS))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(hidden)"

    def reveal_words(self) -> str:
        """The twelve words, to be written down: they are the only way back to this wallet."""
        return self._words

    def _account(self, institution: int) -> Account:
        EthAccount.enable_unaudited_hdwallet_features()
        path = _path(self._chain.network.genesis, institution)
        return Account(bytes(EthAccount.from_mnemonic(self._words, account_path=path).key))


def another_patients(what: str, subject: bytes) -> InputError:
    """The error for what is not this wallet's to sign."""
    return InputError(
        f"{what} is not this patient's",
        why=f"it is that of 0x{subject.hex()}",
        remedy="Use the wallet that it belongs to",
    )


def _path(genesis: bytes, institution: int) -> str:
    """Eight hardened steps from a digest: nobody has to remember an index to restore an address."""
    digest = hashlib.sha256(genesis + institution.to_bytes(4, "big") + WHOLE_RECORD).digest()
    steps = (int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF for at in range(0, 32, 4))
    return "m/" + "/".join(f"{step}'" for step in steps)
