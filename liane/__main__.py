"""``python -m liane``: the liane command."""

from liane.cli import main

main()
