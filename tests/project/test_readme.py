"""The README's session is complete in itself and does what it says; its links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_README = (_ROOT / "README.md").read_text(encoding="utf-8")
_SESSION = re.findall(r"```python\n(.*?)```", _README, re.DOTALL)


def test_the_session_runs_as_it_stands(tmp_path: Path) -> None:
    script = tmp_path / "session.py"
    script.write_text(_SESSION[0], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:__main__", str(script)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    told = done.stdout.splitlines()
    for said in ("registered study", "gave consent", "permitted", "released", "found what was registered"):
        assert any(said in line for line in told), said
    assert "withdrew consent" in told[-3]
    assert "anew: epoch 2" in told[-2]
    assert "are gone" in told[-1]
    # Nothing is left where it ran.
    assert [path.name for path in tmp_path.iterdir()] == ["session.py"]


def test_the_session_is_about_a_dozen_lines() -> None:
    assert len(_SESSION) == 1
    assert len([line for line in _SESSION[0].splitlines() if line.strip()]) <= 15


def test_every_link_and_folder_of_the_readme_exists() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", _README)
    assert len(links) > 5
    assert [link for link in links if not (_ROOT / link).exists()] == []
    named = re.findall(r"^([a-z]+)/ ", _README, re.MULTILINE)
    assert {"contracts", "docs", "scripts", "tests"} <= set(named)
    assert [name for name in named if not (_ROOT / name).is_dir()] == []
