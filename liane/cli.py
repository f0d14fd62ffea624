"""The ``liane`` command: words that name a management command, then its options.

``liane import adt FILE`` runs the command ``import_adt``: the longest run of leading words that
names one of Liane's own commands wins, the rest are its arguments.
"""

import os
import sys


def main(argv: list[str] | None = None) -> None:
    """Entry point of the ``liane`` console script."""
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import get_commands

    words = list(sys.argv[1:] if argv is None else argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    try:
        import django

        django.setup()
    except ImproperlyConfigured as error:
        sys.exit(f"liane: {error}")

    ours = {name for name, app in get_commands().items() if str(app).startswith("liane.")}
    for length in range(min(3, len(words)), 0, -1):
        name = "_".join(words[:length]).replace("-", "_")
        if name in ours or (
            length == 1 and name in {"migrate", "makemigrations", "check", "collectstatic", "shell"}
        ):
            _run(name, words[length:])
            return
    _usage(ours, words)


def _run(name: str, arguments: list[str]) -> None:
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import DatabaseError

    try:
        execute_from_command_line(["liane", name, *arguments])
    except ImproperlyConfigured as error:
        sys.exit(f"liane: {error}")
    except DatabaseError as error:
        if not _lacks_tables(error):
            raise
        sys.exit(
            "liane: a table is missing in this database. Run « liane migrate », or point "
            "LIANE_DATA_DIR or LIANE_DATABASE_URL to the installation that you mean."
        )


def _lacks_tables(error: Exception) -> bool:
    """True when SQLite or PostgreSQL says that a table does not exist."""
    return "no such table" in str(error) or type(error.__cause__).__name__ == "UndefinedTable"


def _usage(ours: set[str], words: list[str]) -> None:
    asked = not words or words[0] in {"-h", "--help", "help"}
    if not asked:
        print(f"liane: {' '.join(words[:3])!r} is not a command.", file=sys.stderr)  # noqa: T201
    listing = "\n".join(f"  liane {name.replace('_', ' ')}" for name in sorted(ours))
    print(f"Commands:\n{listing}", file=sys.stdout if asked else sys.stderr)
    sys.exit(0 if asked else 2)
