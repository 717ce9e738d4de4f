"""``python -m pixelpact``."""

from pixelpact.cli import main

main()
