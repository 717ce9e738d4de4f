"""The Python of docs/library.md is run as it is written, block after block."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_BLOCKS = re.findall(r"```python\n(.*?)```", (_ROOT / "docs" / "library.md").read_text("utf-8"), re.DOTALL)


def test_the_page_runs_as_it_is_written(tmp_path: Path) -> None:
    assert len(_BLOCKS) >= 8
    script = tmp_path / "library.py"
    script.write_text("\n".join(_BLOCKS), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:__main__", str(script)],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"([\d,]+) of \1 bytes\nHospital A", done.stdout)
    assert "Hospital A (institution 1) may share" in done.stdout
    assert "old blocks are gone" in done.stdout
    assert "withdrew consent" in done.stdout
