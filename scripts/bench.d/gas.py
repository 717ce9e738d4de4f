"""What every call of the contracts costs, beside the nearest calls of EAS and OpenZeppelin's AccessManager.

    scripts/bench gas            measure all on one Anvil, in one run; write the snapshots and docs/gas.md
    scripts/bench gas --check    measure nothing; end with 1 unless docs/gas.md says what the snapshots say

The measuring is that of the contract tests (tests/contracts/test_gas.py, test_gas_beside.py): they compare
what they find with the snapshots to the last gas, so a page that agrees with the snapshots is fresh.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "gas.md"
TESTS = ROOT / "tests" / "contracts"
OURS, THEIRS = TESTS / "gas.json", TESTS / "gas_beside.json"
ARTIFACTS = ROOT / "client" / "pixelpact" / "chain" / "artifacts"
BEGIN, END = "<!-- written by scripts/bench gas -->", "<!-- end of what scripts/bench gas writes -->"

DELEGATED, WITHDRAWN = "EAS.attestByDelegation", "EAS.revokeByDelegation"
ATTEST, GRANT, TAKE = "EAS.attest", "AccessManager.grantRole", "AccessManager.revokeRole"
#: Of each of our calls the nearest of theirs: who signs, who sends, what is written.
NEAREST = {
    "ConsentRegistry.record": DELEGATED,
    "ConsentRegistry.refuse": DELEGATED,
    "ConsentRegistry.revoke": WITHDRAWN,
    "ConsentRegistry.revokeAll": WITHDRAWN,
    "StudyRegistry.register": ATTEST,
    "StudyRegistry.rotate": ATTEST,
    "StudyRegistry.attestDisposal": ATTEST,
    "StudyRegistry.withdraw": "EAS.revoke",
    "StudyRegistry.erase": "EAS.revoke",
    "AccessLedger.request": ATTEST,
    "AccessLedger.release": ATTEST,
    "AccessLedger.confirm": ATTEST,
    "AccessLedger.dispute": ATTEST,
    "AccessLedger.refuse": ATTEST,
    "InstitutionRegistry.setOperator": GRANT,
    "InstitutionRegistry.setOperator, removing": TAKE,
    "InstitutionRegistry.resign": TAKE,
}


def changing() -> set[str]:
    """Every function of the contracts that changes something, as ``Contract.function``."""
    return {
        f"{path.stem}.{entry['name']}"
        for path in ARTIFACTS.glob("*.json")
        for entry in json.loads(path.read_text("utf-8"))["abi"]
        if entry["type"] == "function" and entry["stateMutability"] not in ("view", "pure")
    }


def read(path: Path) -> dict[str, int]:
    """A snapshot: gas by call."""
    return dict(json.loads(path.read_text("utf-8")))


def rows() -> list[dict[str, object]]:
    """The table, ours first.

    Raises:
        SystemExit: a function of the contracts is not measured.
    """
    ours, theirs = read(OURS), read(THEIRS)
    unmeasured = changing() - {name.partition(",")[0] for name in ours}
    if unmeasured:
        raise SystemExit(
            f"Not measured: {', '.join(sorted(unmeasured))}. Add them to {TESTS / 'test_gas.py'}."
        )
    table: list[dict[str, object]] = []
    for name, gas in ours.items():
        beside = NEAREST.get(name) or NEAREST.get(name.partition(",")[0])
        ratio = round(gas / theirs[beside], 2) if beside else None
        table.append({"name": name, "gas": gas, "beside": beside, "ratio": ratio})
    table += [{"name": name, "gas": gas, "beside": None, "ratio": None} for name, gas in theirs.items()]
    return table


def as_markdown(table: list[dict[str, object]]) -> str:
    """What stands between the markers."""
    lines = [BEGIN, "", "| call | gas | beside | ratio |", "|---|---:|---|---:|"]
    for row in table:
        beside = f"`{row['beside']}`" if row["beside"] else ""
        ratio = f"{row['ratio']:.2f}" if row["ratio"] else ""
        call, comma, case = str(row["name"]).partition(", ")
        call, bracket, more = call.partition(" (")
        lines.append(f"| `{call}`{comma}{case}{bracket}{more} | {row['gas']:,} | {beside} | {ratio} |")
    return "\n".join([*lines, "", END])


def with_table(page: str, table: list[dict[str, object]]) -> str:
    """The page with the table in its place."""
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise SystemExit(f"{PAGE.relative_to(ROOT)} has lost its markers: {BEGIN} and {END}.")
    return before + as_markdown(table) + after


def measure() -> None:
    """Run the measuring tests on one Anvil; they write the snapshots."""
    tests = [str(TESTS / name) for name in ("test_gas.py", "test_gas_beside.py")]
    ran = subprocess.run(
        ["ape", "test", "--network", "::foundry", "-q", *tests],
        cwd=ROOT,
        env=os.environ | {"UPDATE_GAS": "1"},
        stdout=sys.stderr,
        check=False,
    )
    if ran.returncode:
        raise SystemExit("The calls could not be measured (above: why).")


def main() -> int:
    """Parse, measure and print."""
    parser = argparse.ArgumentParser(prog="scripts/bench gas", description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare docs/gas.md with the snapshots only")
    parser.add_argument("--json", action="store_true", help="print one JSON list")
    options = parser.parse_args()
    page = PAGE.read_text("utf-8")
    if options.check:
        if with_table(page, rows()) != page:
            print("docs/gas.md is not what the snapshots say: run scripts/bench gas.", file=sys.stderr)
            return 1
        return 0
    measure()
    table = rows()
    PAGE.write_text(with_table(page, table), "utf-8")
    if options.json:
        print(json.dumps(table))
    else:
        for row in table:
            beside = f"{row['ratio']:.2f} of {row['beside']}" if row["ratio"] else ""
            print(f"{row['name']:<56} {row['gas']:>9,}  {beside}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
