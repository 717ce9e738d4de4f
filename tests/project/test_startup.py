"""Starting is quick: nobody waits for web3 or pydicom who does not use them."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

RUNS = 7
HEAVY = {"eth_account", "eth_tester", "numpy", "pydicom", "web3"}

HELP = """
import sys
sys.argv = ["pixelpact", "--help"]
from pixelpact.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""
STARTS = ["import", "help"]


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def least_seconds(*codes: str) -> list[float]:
    # Processor time, the least of several runs in turn: what else the machine does can only add to it.
    least = [float("inf")] * len(codes)
    for _ in range(RUNS):
        for place, code in enumerate(codes):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            run(code)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            took = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
            least[place] = min(least[place], took)
    return least


@pytest.mark.parametrize(("code", "allowed"), [("import pixelpact", 0.2), (HELP, 0.4)], ids=STARTS)
def test_starts_within_its_time(code: str, allowed: float) -> None:
    run(code)
    bare, measured = least_seconds("pass", code)
    assert measured - bare <= allowed


@pytest.mark.parametrize("code", ["import pixelpact", HELP], ids=STARTS)
def test_loads_nothing_heavy(code: str) -> None:
    loaded = run(f"{code}\nimport sys\nprint('LOADED', *sys.modules)").split("LOADED", 1)[1].split()
    assert "pixelpact" in loaded
    assert not HEAVY.intersection(loaded)


def test_import_opens_no_socket_and_no_file_to_write() -> None:
    run("""
import sys
def watch(event, arguments):
    if event.startswith("socket.") or event == "subprocess.Popen":
        raise RuntimeError(event)
    if event == "open" and isinstance(arguments[1], str) and set("wax+") & set(arguments[1]):
        raise RuntimeError(f"{event} {arguments}")
sys.dont_write_bytecode = True
sys.addaudithook(watch)
import pixelpact
""")
