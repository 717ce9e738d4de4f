"""Parties with profiles of their own on one Anvil with Kubo nodes, and a command line for them."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pixelpact.cli.app import run
from pixelpact.localnet import Localnet


@dataclass
class Told:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Hand:
    """A localnet, and the profiles of hospital A, hospital B and a patient beside it."""

    folder: Path
    localnet: Localnet | None
    study: str = ""
    consents: int = field(default=0)

    def profile(self, name: str) -> str:
        return str(self.folder / name)

    def run(self, name: str | None, *arguments: object) -> Told:
        """One command line, as the profile of this name."""
        line = [str(each) for each in arguments]
        if name is not None:
            line += ["--profile", self.profile(name)]
        out, err = io.StringIO(), io.StringIO()
        with (
            # Nobody is there to type anything.
            patch.object(sys, "stdin", io.StringIO()),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = run(line)
        return Told(code, out.getvalue(), err.getvalue())

    def ok(self, name: str | None, *arguments: object) -> Any:
        """The same for a command that must succeed; what it says as JSON."""
        told = self.run(name, *arguments, "--json")
        assert told.code == 0, told.err + told.out
        return told.json

    def new(self, suffix: str = ".json") -> Path:
        """A file that is not there yet."""
        self.consents += 1
        return self.folder / f"file-{self.consents}{suffix}"

    def consent(self, *more: object, grantee: int = 2) -> Path:
        """A consent of the patient for hospital A, signed."""
        path = self.new()
        self.ok(
            "patient", "consent", "sign", "--custodian", 1, "--grantee", grantee, "--purpose", "TREAT",
            "--output", path, "--yes", *more,
        )  # fmt: skip
        return path

    def invitation(self, *more: object) -> Path:
        """An invitation to the study, by hospital A."""
        path = self.new()
        self.ok("hospital-a", "invite", "create", self.study, "--output", path, *more)
        return path
