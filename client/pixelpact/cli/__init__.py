"""The command line: arguments and printing. Everything it does, the library does.

Exit codes: 0 done; 1 a fault in PixelPact itself; 2 a command line that can't be read; 3 to 10 as in
``pixelpact.errors``; 130 interrupted; 141 whoever read the output went away.
"""

from __future__ import annotations

from pixelpact.cli.app import main

__all__ = ["main"]
