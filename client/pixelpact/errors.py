"""Every error that PixelPact raises on purpose, and the exit code the command line gives it.

    PixelPactError
    ├── InputError             3   what was given can't be used: a folder, a file, an argument
    │   └── NotExpressibleError    a consent says what another format has no place for; names each part
    ├── OutputError            4   a place that must be written can't be
    ├── StoreError             5   the block store: absent, full, answering wrongly
    ├── ChainError             6   the chain can't be asked, so nothing can be decided
    │   ├── UnreachableError       no answer
    │   ├── WrongNetworkError      another chain id, genesis, or no contract at the address
    │   ├── ClockApartError        the head's time and ours differ by more than the network allows
    │   └── TransactionError       sent, but not carried out
    │       ├── SupersededError    its place was taken by another transaction of the account
    │       ├── UndoneError        it stood in a block, and the chain was reorganised
    │       └── ContractError      a contract said no; carries the error's name and arguments
    ├── DeniedError            7   decided, and the answer is no; carries the reason
    ├── SealedStudyError       8   what arrived is not what was registered; carries the failure class
    │   └── EncodingError, SchemaError, LimitError, ChainMismatchError, BlockError, UnwrapError,
    │       HeaderError, PayloadError, IndexStreamError, ContentError, IdentityError
    ├── VaultError             9   the vault is locked, damaged, or older than the chain
    └── VerificationError     10   a demo or an audit ended with something that should not be

Each message is one to three plain sentences: what happened, why, and what to do. Exit code 0 is success, 1 a
fault in PixelPact itself, 2 a command line that can't be read, 130 an interruption, 141 that whoever read the
output went away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

__all__ = [
    "BlockError",
    "ChainError",
    "ChainMismatchError",
    "ClockApartError",
    "ContentError",
    "ContractError",
    "DeniedError",
    "EncodingError",
    "HeaderError",
    "IdentityError",
    "IndexStreamError",
    "InputError",
    "LimitError",
    "NotExpressibleError",
    "OutputError",
    "PayloadError",
    "PixelPactError",
    "SchemaError",
    "SealedStudyError",
    "StoreError",
    "SupersededError",
    "TransactionError",
    "UndoneError",
    "UnreachableError",
    "UnwrapError",
    "VaultError",
    "VerificationError",
    "WrongNetworkError",
]


class PixelPactError(Exception):
    """Base of every deliberate error: what happened, why, and what to do about it.

    Args:
        what: what happened, a clause without a full stop.
        why: the cause as far as it is known.
        remedy: what the person can do, a sentence without a full stop.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, why: str = "", remedy: str = "") -> None:
        self.what = what
        self.why = why
        self.remedy = remedy
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """The message a person reads."""
        head = f"{self.what}: {self.why}" if self.why else self.what
        return f"{head}. {self.remedy}." if self.remedy else f"{head}."


class InputError(PixelPactError):
    """What was given (a folder, a file, an argument) can't be used."""

    exit_code = 3


class NotExpressibleError(InputError):
    """A consent says something that the format it is to go into has no place for.

    Args:
        parts: each element or field that has none, by its path, and why.
    """

    def __init__(self, what: str, *, parts: Mapping[str, str], why: str = "", remedy: str = "") -> None:
        self.parts = dict(parts)
        super().__init__(what, why=why, remedy=remedy)


class OutputError(PixelPactError):
    """A file or folder that must be written can't be."""

    exit_code = 4


class StoreError(PixelPactError):
    """The block store is absent, full, or answers wrongly."""

    exit_code = 5


class ChainError(PixelPactError):
    """The chain can't be asked or believed, so nothing can be decided: never a denial."""

    exit_code = 6


class UnreachableError(ChainError):
    """No node answers."""


class WrongNetworkError(ChainError):
    """The node is on another chain, or the contracts are not where the network's description says."""


class ClockApartError(ChainError):
    """The head's time and ours differ by more than the network's description allows."""


class TransactionError(ChainError):
    """A transaction was not carried out."""


class SupersededError(TransactionError):
    """It can never be carried out: its nonce went to another transaction of the account. Prepare it anew."""


class UndoneError(TransactionError):
    """It stood in a block that is on the chain no more. The same bytes can be sent again."""


class ContractError(TransactionError):
    """A contract refused a call.

    Args:
        name: the Solidity error, such as ``StudyRegistry_AlreadyRegistered``.
        arguments: its arguments by name.
    """

    def __init__(
        self, what: str, *, name: str, arguments: dict[str, Any], why: str = "", remedy: str = ""
    ) -> None:
        self.name = name
        self.arguments = arguments
        super().__init__(what, why=why, remedy=remedy)


class DeniedError(PixelPactError):
    """The policy decided, and the answer is no.

    Args:
        reason: the number of the reason (docs/policy.md).
    """

    exit_code = 7

    def __init__(self, what: str, *, reason: int, why: str = "", remedy: str = "") -> None:
        self.reason = reason
        super().__init__(what, why=why, remedy=remedy)


class SealedStudyError(PixelPactError):
    """What arrived is not what was registered (docs/sealed-study.md, Failure classes)."""

    exit_code = 8
    failure_class: ClassVar[str] = ""


class EncodingError(SealedStudyError):
    """Bytes that are not the one canonical encoding."""

    failure_class = "encoding"


class SchemaError(SealedStudyError):
    """Well encoded, but a key, type, version or suite that the format does not have."""

    failure_class = "schema"


class LimitError(SealedStudyError):
    """A count or length outside the format's limits."""

    failure_class = "limit"


class ChainMismatchError(SealedStudyError):
    """Not what the chain names: digest, context or epoch."""

    failure_class = "chain"


class BlockError(SealedStudyError):
    """A block that is missing, or whose bytes, codec or size are not those of its CID."""

    failure_class = "block"


class UnwrapError(SealedStudyError):
    """A key envelope that does not open in this context."""

    failure_class = "unwrap"


class HeaderError(SealedStudyError):
    """The root's MAC does not verify under this key."""

    failure_class = "header"


class PayloadError(SealedStudyError):
    """A chunk that does not decrypt, or padding that is not zeros."""

    failure_class = "payload"


class IndexStreamError(SealedStudyError):
    """The index stream contradicts itself or the data stream."""

    failure_class = "index"


class ContentError(SealedStudyError):
    """An instance or the whole content is not the one that was committed to."""

    failure_class = "content"


class IdentityError(SealedStudyError):
    """The study inside is not the one that was asked for."""

    failure_class = "identity"


class VaultError(PixelPactError):
    """The vault is locked, damaged, or older than the chain."""

    exit_code = 9


class VerificationError(PixelPactError):
    """A demo or an audit ended with something that should not be."""

    exit_code = 10
