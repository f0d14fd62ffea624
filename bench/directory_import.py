"""The national directory's extraction at full size: rows/s and peak memory, first and again.

Generated lines in the real layout (56 columns, sorted by number, half a million places), beside the
same rows put into one plain table by COPY (PostgreSQL) or executemany (SQLite) in the same run.
"""

import json
import os
import random
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.directory_search import BEGIN, END, GIVEN, MIDDLE, TOWNS
from bench.harness import ROOT, Figure, Options, Scratch, main, scratch

ROWS = 1_000_000
COLUMNS = (
    "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Code civilité d'exercice|"
    "Libellé civilité d'exercice|Code civilité|Libellé civilité|Nom d'exercice|Prénom d'exercice|"
    "Code profession|Libellé profession|Code catégorie professionnelle|"
    "Libellé catégorie professionnelle|Code type savoir-faire|Libellé type savoir-faire|"
    "Code savoir-faire|Libellé savoir-faire|Code mode exercice|Libellé mode exercice|"
    "Numéro SIRET site|Numéro SIREN site|Numéro FINESS site|"
    "Numéro FINESS établissement juridique|Identifiant technique de la structure|"
    "Raison sociale site|Enseigne commerciale site|"
    "Complément destinataire (coord. structure)|Complément point géographique (coord. structure)|"
    "Numéro Voie (coord. structure)|Indice répétition voie (coord. structure)|"
    "Code type de voie (coord. structure)|Libellé type de voie (coord. structure)|"
    "Libellé Voie (coord. structure)|Mention distribution (coord. structure)|"
    "Bureau cedex (coord. structure)|Code postal (coord. structure)|"
    "Code commune (coord. structure)|Libellé commune (coord. structure)|"
    "Code pays (coord. structure)|Libellé pays (coord. structure)|Téléphone (coord. structure)|"
    "Téléphone 2 (coord. structure)|Télécopie (coord. structure)|"
    "Adresse e-mail (coord. structure)|Code Département (structure)|"
    "Libellé Département (structure)|Ancien identifiant de la structure|"
    "Autorité d'enregistrement|Code secteur d'activité|Libellé secteur d'activité|"
    "Code section tableau pharmaciens|Libellé section tableau pharmaciens|Code rôle|Libellé rôle|"
    "Code genre activité|Libellé genre activité|"
)


def lines(rows: int) -> Iterator[str]:
    """The extraction: five lines for four professionals, two for a place."""
    from liane.directory.identifiers import luhn_key

    rng = random.Random(5)
    towns, given = TOWNS.split(), GIVEN.split()
    begin, middle, end = BEGIN.split(), MIDDLE.split(), END.split()
    names = [f"{one}{two}{three}" for one in begin for two in middle for three in end]
    yield COLUMNS
    columns = COLUMNS.split("|")
    blank = dict.fromkeys(columns, "")
    for row in range(rows):
        if row % 5 != 1:
            number = f"{1_000_000_000 + row}"
            family = rng.choice(begin) + rng.choice(middle) + rng.choice(middle) + rng.choice(end)
            blank |= {
                "Type d'identifiant PP": "8",
                "Identifiant PP": number + luhn_key(number),
                "Libellé civilité": "Monsieur",
                "Nom d'exercice": family.upper(),
                "Prénom d'exercice": rng.choice(given),
                "Code profession": rng.choice(("60", "10", "70", "21")),
                "Libellé catégorie professionnelle": "Civil",
                "Libellé mode exercice": "Libéral, indépendant, artisan, commerçant",
            }
        place = rng.randrange(rows // 2)
        street = " (coord. structure)"
        line = blank | {
            "Identifiant technique de la structure": f"R{place:011d}",
            "Raison sociale site": f"CABINET DU DOCTEUR {names[place % len(names)]}",
            f"Numéro Voie{street}": str(place % 90 + 1),
            f"Libellé type de voie{street}": "RUE",
            f"Libellé Voie{street}": "DU PORT",
            f"Code postal{street}": str(40_000 + place % 900),
            f"Code commune{street}": str(40_001 + place % 300),
            f"Libellé commune{street}": towns[place % len(towns)],
            f"Téléphone{street}": f"05580{place % 100_000:05d}",
            "Libellé secteur d'activité": "Cabinet individuel",
        }
        yield "|".join(line.values())


def run(options: Options) -> list[Figure]:
    """Import the file into an empty installation, then again, beside a plain table."""
    rows = ROWS if options.persons == Options().persons else max(options.persons)
    with scratch("import", options.postgres) as installation:
        os.environ.update(installation.environment)
        import django

        django.setup()
        file = Path(installation.environment["LIANE_DATA_DIR"]) / "ps.txt"
        with file.open("w", encoding="utf-8") as out:
            out.writelines(f"{line}\n" for line in lines(rows))
        plain = _plain(file, rows, options.postgres)
        kind = "PostgreSQL" if options.postgres else "SQLite"
        size = f"{rows} lines of {len(COLUMNS.split('|'))} columns, {kind}"
        figures = [Figure("plain table, rows/s", plain, "rows/s", size)]
        for what in ("first import", "same file again"):
            spent, peak, report = _import(installation, file)
            told = ", ".join(f"{report[name]} {name}" for name in ("created", "unchanged"))
            figures.append(
                Figure(f"{what}", rows / spent, "rows/s", f"{size}, {told}, {spent:.0f} s", plain,
                       "plain table", "minutes for a million")
            )  # fmt: skip
            figures.append(Figure(f"{what}, peak memory", peak, "MB", size))
        return figures


def _import(installation: Scratch, file: Path) -> tuple[float, float, dict[str, int]]:
    command = [sys.executable, "-c", "from liane.cli import main; main()"]
    start = time.perf_counter()
    with subprocess.Popen(
        [*command, "import", "directory", str(file), "--quiet"],
        env=installation.environment, cwd=ROOT, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        output = process.stdout.read()
        _, _, usage = os.wait4(process.pid, 0)
    report = json.loads(output.splitlines()[-1])
    return time.perf_counter() - start, _peak(usage), report


def _peak(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss / 1024


def _plain(file: Path, rows: int, postgres: str) -> float:
    """Rows/s of the same lines, cut into their cells and put into one table without index."""
    start = time.perf_counter()
    with file.open(encoding="utf-8") as source:
        next(source)
        cells = (line.rstrip("\n").split("|")[:44] for line in source)
        names = [f"c{place}" for place in range(44)]
        if postgres:
            _copy(cells, names)
        else:
            with sqlite3.connect(file.with_suffix(".plain")) as plain:
                plain.execute(f"CREATE TABLE plain ({', '.join(names)})")
                marks = ", ".join("?" for _ in names)
                plain.executemany(f"INSERT INTO plain VALUES ({marks})", cells)
    return rows / (time.perf_counter() - start)


def _copy(rows: Iterator[list[str]], names: list[str]) -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE plain ({', '.join(f'{name} text' for name in names)})")
        with cursor.copy("COPY plain FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


if __name__ == "__main__":
    main(run)
