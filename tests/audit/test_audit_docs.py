"""docs/audit.md lists every finding with its severity."""

from __future__ import annotations

import re
from pathlib import Path

from pixelpact import audit
from pixelpact.audit import Code, Finding

PAGE = Path(__file__).resolve().parents[2] / "docs" / "audit.md"


def test_the_page_lists_every_code_with_its_severity_in_the_order_of_the_enumeration() -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \| (\w+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert listed == [(code.value, Finding(code, "", (), None).severity.value) for code in Code]


def test_the_rooms_public_names_exist_and_are_sorted() -> None:
    assert audit.__all__ == sorted(audit.__all__)
    assert all(hasattr(audit, name) for name in audit.__all__)
