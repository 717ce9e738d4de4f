"""Kubo's RPC (its documentation: 'RPC API v0'), whichever library carries it, and what its answers mean.

Kubo answers 200 before it knows how a command ends, and then says what went wrong in the body, or in a
trailer that neither library shows. So an answer counts only when its content is complete: here that is every
line a whole JSON object and none of them an error; in the store, the CID or the list that was asked for.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from pixelpact.errors import StoreError

__all__ = [
    "Absence",
    "Answer",
    "BrokenAnswer",
    "Deadline",
    "Patience",
    "Question",
    "Refusal",
    "Rpc",
    "Slowness",
    "TooLong",
    "Transport",
]


class Refusal(Exception):  # noqa: N818 - what an answer was, not yet an error
    """The node itself says why it won't: the message is Kubo's."""


class Absence(Exception):  # noqa: N818 - as Refusal
    """Nobody listens at the address."""


class Slowness(Exception):  # noqa: N818 - as Refusal
    """The answer did not come, or not all of it, in the time it was given."""


class BrokenAnswer(Exception):  # noqa: N818 - as Refusal
    """What came is no answer of Kubo's, or was cut off."""


class TooLong(Exception):  # noqa: N818 - as Refusal
    """More bytes than the question can have for an answer."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an answer may take and be.

    Attributes:
        silence: seconds between two pieces of it.
        whole: seconds for all of it; None for work that shows by its pieces that it goes on.
        size: bytes.
    """

    silence: float
    whole: float | None
    size: int


@dataclass(frozen=True, slots=True)
class Question:
    """One call: the command's path, its parameters in their order, and a file for those that take one."""

    command: str
    parameters: tuple[tuple[str, str], ...]
    file: bytes | bytearray | memoryview | None
    patience: Patience


class Transport(Protocol):
    """A library that carries questions to one node, from any thread."""

    def ask(self, question: Question) -> bytes:
        """The body of the answer.

        Raises:
            Refusal, Absence, Slowness, BrokenAnswer, TooLong: and nothing else.
        """
        ...

    def close(self) -> None:
        """End its connections."""
        ...


Answer = Mapping[str, Any]


class Rpc:
    """Questions to one node. StoreError for everything but a refusal, which may mean more to who asked."""

    def __init__(self, url: str, transport: Transport) -> None:
        self.url = url
        self.close = transport.close
        self._transport = transport

    def block(self, cid: str, patience: Patience, **options: str) -> bytes:
        """The bytes that the node has under a CID, unchecked; Refusal, or TooLong for more than a block."""
        return self._ask("block/get", (cid,), None, patience, options)

    def objects(
        self,
        command: str,
        *arguments: str,
        patience: Patience,
        file: bytes | bytearray | memoryview | None = None,
        **options: str,
    ) -> list[Answer]:
        """All JSON objects of an answer; Refusal also for one that comes late, in the body."""
        return self._objects(command, arguments, file, patience, options)

    def one(self, command: str, *arguments: str, patience: Patience, **options: str) -> Answer:
        """The only JSON object of an answer."""
        answers = self._objects(command, arguments, None, patience, options)
        if len(answers) != 1:
            self.nonsense(command, f"{len(answers)} objects came where there should be one")
        return answers[0]

    def refused(self, command: str, refusal: Refusal) -> StoreError:
        """The error of a refusal that means nothing else."""
        return StoreError(
            f"The Kubo node at {self.url} refused {command}",
            why=_short(str(refusal)),
            remedy="See the node's log, mend the cause, then run this again",
        )

    def nonsense(self, command: str, why: str) -> NoReturn:
        """Give up on an answer that Kubo would not give."""
        raise StoreError(
            f"What listens at {self.url} answered {command} as Kubo would not",
            why=_short(why),
            remedy="Check that this is the address of Kubo's RPC, with nothing in between",
        )

    @contextmanager
    def telling(self, command: str) -> Iterator[None]:
        """Turn a refusal inside into its StoreError."""
        try:
            yield
        except Refusal as refusal:
            raise self.refused(command, refusal) from None

    def _objects(
        self,
        command: str,
        arguments: tuple[str, ...],
        file: bytes | bytearray | memoryview | None,
        patience: Patience,
        options: Mapping[str, str],
    ) -> list[Answer]:
        try:
            body = self._ask(command, arguments, file, patience, options)
        except TooLong:
            self.nonsense(command, "the answer has no end")
        answers = [self._object(command, line) for line in body.splitlines() if line.strip()]
        for answer in answers:
            told = answer.get("Error") or (answer.get("Type") == "error" and answer.get("Message"))
            if told:
                raise Refusal(str(told))
        return answers

    def _ask(
        self,
        command: str,
        arguments: tuple[str, ...],
        file: bytes | bytearray | memoryview | None,
        patience: Patience,
        options: Mapping[str, str],
    ) -> bytes:
        parameters = (
            *((name.replace("_", "-"), value) for name, value in options.items()),
            *(("arg", argument) for argument in arguments),
        )
        try:
            return self._transport.ask(Question(command, parameters, file, patience))
        except Absence as cause:
            raise StoreError(
                f"No Kubo node answers at {self.url}",
                why=_short(str(cause)),
                remedy="Start the node, or check the address",
            ) from cause
        except Slowness as cause:
            raise StoreError(
                f"The Kubo node at {self.url} did not answer {command} in time",
                why=_short(str(cause)),
                remedy="Check the node's load and its disk, then run this again",
            ) from cause
        except BrokenAnswer as cause:
            self.nonsense(command, str(cause))

    def _object(self, command: str, line: bytes) -> Answer:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            self.nonsense(command, "the answer is not JSON")
        if not isinstance(value, dict):
            self.nonsense(command, "the answer is not a JSON object")
        return value


class Deadline:
    """Watches the time and the size of one answer as it comes."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._began = time.monotonic()

    def gather(self, pieces: Iterable[bytes]) -> bytes:
        """The pieces of a body in one.

        Raises:
            Slowness, TooLong: it took more than the time or the size it was given.
        """
        body = bytearray()
        whole = self._patience.whole
        for piece in pieces:
            body += piece
            if len(body) > self._patience.size:
                raise TooLong
            if whole is not None and time.monotonic() - self._began > whole:
                raise Slowness(self.told)
        return bytes(body)

    @property
    def told(self) -> str:
        """What there was of time, in words."""
        whole = self._patience.whole
        return f"{self._patience.silence if whole is None else whole:g} s were not enough"


def _short(text: str) -> str:
    text = " ".join(text.split()).rstrip(".")
    return text if len(text) <= 300 else text[:297] + "..."
