"""How things look in a terminal."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console
from rich.text import Text
from typer.exceptions import TyperException

from pixelpact.errors import OutputError, PixelPactError

__all__ = ["console", "plain", "print_error", "print_json", "print_usage"]


#: Columns, where programs read: more than any line has.
_ENDLESS = 10_000


def console(*, as_json: bool = False) -> Console:
    """Where people read: stdout, or stderr when stdout is for one JSON object.

    Where it is no terminal, each line is whole: nothing is folded or left out for want of width.
    """
    screen = _Screen(stderr=as_json, highlight=False)
    # Not what the console takes for a terminal: whoever wants colours in a pipe does not want less in it.
    if not screen.file.isatty():
        screen.width = _ENDLESS
    return screen


class _Screen(Console):
    """A console on which no text commands the terminal, wherever it comes from."""

    def render_str(self, text: str, **how: Any) -> Text:
        return super().render_str(plain(text), **how)


def plain(text: str) -> str:
    """A text with everything that a terminal could take for a command made visible (ESC and the like)."""
    return "".join(
        each if each.isprintable() or each == "\n" else each.encode("ascii", "backslashreplace").decode()
        for each in text
    )


def print_json(value: Any) -> None:
    """One JSON object on stdout.

    Raises:
        OutputError: stdout is closed.
    """
    if sys.stdout is None:
        raise OutputError(
            "Nothing can be printed", why="stdout is closed", remedy="Give the command an output"
        )
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def print_usage(error: TyperException) -> None:
    """What is wrong with a command line, and where help is."""
    screen = Console(stderr=True, highlight=False)
    screen.print(plain(error.format_message()), style="red", markup=False, soft_wrap=True)
    screen.print("Add --help to the command to see how it is used.")


def print_error(error: PixelPactError, *, as_json: bool) -> None:
    """The sentence on stderr; with ``--json`` an object on stdout too."""
    Console(stderr=True, highlight=False).print(
        plain(error.sentence), style="red", markup=False, soft_wrap=True
    )
    # Where stdout is the trouble, the sentence on stderr is all that can be said.
    if as_json and not isinstance(error, OutputError):
        print_json(
            {
                "ok": False,
                "error": {
                    "kind": type(error).__name__,
                    "what": error.what,
                    "why": error.why,
                    "remedy": error.remedy,
                    "exit_code": error.exit_code,
                },
            }
        )
