"""The commands' tree, and the one place where errors become a sentence and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from pixelpact.cli import (
    access,
    audit,
    batch,
    consent,
    demo,
    doctor,
    emergency,
    fhir,
    guardian,
    institution,
    invite,
    keys,
    localnet,
    paper,
    policy,
    project,
    recovery,
    study,
    vault,
    wallet,
)
from pixelpact.cli.printing import print_error, print_usage
from pixelpact.errors import OutputError, PixelPactError

__all__ = ["main", "run"]

app = typer.Typer(
    name="pixelpact",
    help="Share medical images between hospitals under the patient's signed consent.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo.demo)
app.command("doctor")(doctor.doctor)
access.app.add_typer(emergency.app, name="emergency")
access.app.command("review")(emergency.review)
consent.app.command("list")(wallet.list_consents)
consent.app.command("show")(wallet.show)
consent.app.command("relays")(wallet.relays)
consent.app.command("end-paper")(wallet.end_paper)
consent.app.command("export")(fhir.export_consent)
consent.app.command("import")(fhir.import_consent)
for name, commands in (
    ("keys", keys.app),
    ("study", study.app),
    ("consent", consent.app),
    ("paper", paper.app),
    ("batch", batch.app),
    ("guardian", guardian.app),
    ("recovery", recovery.app),
    ("invite", invite.app),
    ("access", access.app),
    ("institution", institution.app),
    ("project", project.app),
    ("policy", policy.app),
    ("audit", audit.app),
    ("vault", vault.app),
    ("localnet", localnet.app),
):
    app.add_typer(commands, name=name)

_USAGE = 2
_INTERRUPTED = 130
_NO_READER = 141
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"pixelpact {version('pixelpact')}")
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
    _debug: Annotated[
        bool, typer.Option("--debug", help="Show where an error happened; may stand anywhere in the line.")
    ] = False,
) -> None:
    pass


def main() -> NoReturn:
    """Run the command line and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line; what an error says goes to stderr, its exit code is returned."""
    # Known to every command, so that it can be added at the end of a line that has just failed.
    debug, as_json = "--debug" in arguments, "--json" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    try:
        return _command(arguments)
    except (typer.Abort, KeyboardInterrupt):
        _trace(debug=debug)
        return _stopped()
    except TyperException as error:
        # The line as it was given can't be read.
        print_usage(error)
        return _USAGE
    except BrokenPipeError:
        # Whoever read our output has gone; nothing is left to say to them.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _NO_READER
    except Exception as error:  # noqa: BLE001  (the last place where a person can be told anything)
        _trace(debug=debug)
        told = _for_people(error)
        print_error(told, as_json=as_json)
        return told.exit_code


def _command(arguments: list[str]) -> int:
    if "" in arguments:
        raise TyperException("One of the arguments is empty: a variable may not be set.")
    if any(_is_broken(argument) for argument in arguments):
        raise TyperException("One of the arguments is not UTF-8.")
    # The framework returns a command's code when it does not end the process itself.
    code = int(app(arguments, prog_name="pixelpact", standalone_mode=False) or 0)
    if code == _INTERRUPTED:
        raise KeyboardInterrupt
    if sys.stdout is not None:
        sys.stdout.flush()
    return code


def _is_broken(argument: str) -> bool:
    # Python keeps bytes that are no text as lone surrogates, which nothing can print or hash.
    return any("\ud800" <= each <= "\udfff" for each in argument)


def _for_people(error: Exception) -> PixelPactError:
    if isinstance(error, PixelPactError):
        return error
    if isinstance(error, OSError) and error.errno in _FULL:
        return OutputError(
            "Nothing more can be written",
            why=error.strerror or str(error),
            remedy="Make room, or use a place that can be written, and run the command again",
        )
    return PixelPactError(
        "PixelPact met a fault of its own",
        # Its text may hold a path or a UID, and is for --debug.
        why=f"an unexpected {type(error).__name__}",
        remedy="Nothing more was done. Please report it; --debug shows where it happened",
    )


def _stopped() -> int:
    print("Stopped. Run the same command again to go on or to begin anew.", file=sys.stderr)
    return _INTERRUPTED


def _trace(*, debug: bool) -> None:
    if debug:
        traceback.print_exc()
