"""Hospital messages applied per second: a hospital's day, of known persons and of strangers."""

import os
import random
import time
from collections.abc import Iterator

from bench.harness import Figure, Options, main, scratch

PERSONS = 1_000
KNOWN = 0.3
"""Share of the messages that concern somebody followed here."""
HOSPITAL = "CH DE DAX&400011177&N"


def run(options: Options) -> list[Figure]:
    """Fill, send, count; beside one insertion committed by itself, the least any of them costs."""
    with scratch("adt", options.postgres) as installation:
        os.environ.update(installation.environment)
        import django

        django.setup()
        _fill()
        return _measure(options)


def _fill() -> None:
    from liane.circle.compile import compile_grants
    from liane.circle.models import Membership
    from liane.core.acting import owner
    from liane.directory.models import Organisation, Practice, Professional
    from liane.exchange.hl7v2.messages import Identifier
    from liane.exchange.hospitals import Speaker
    from liane.exchange.matching import remember
    from liane.patients.models import Patient

    dax = Organisation.objects.create(name="CH de Dax", kind="hospital", finess="400011177")
    cabinet = Organisation.objects.create(name="Cabinet", kind="practice")
    nurses = [
        Practice.objects.create(
            professional=Professional.objects.create(family=f"N{n}", given="A", profession="60"),
            organisation=cabinet,
        )
        for n in range(20)
    ]
    with owner():
        for number in range(PERSONS):
            person = Patient.objects.create(
                birth_name=f"LABORDE{number}", given_names="ODETTE", sex="F",
                birth_date="1941-03-07",
            )  # fmt: skip
            for nurse in random.Random(number).sample(nurses, 4):
                Membership.objects.create(
                    person=person, holder_id=nurse.pk, practice=nurse, ground="team",
                    status="active",
                )  # fmt: skip
            compile_grants(person.pk)
            remember(person.pk, Identifier(f"IPP{number}"), Speaker("CH", str(dax.pk), dax))


def _messages(rng: random.Random) -> Iterator[bytes]:
    """Admission, transfer, information, discharge, of known persons and of strangers."""
    number = 0
    while True:
        number += 1
        known = rng.random() < KNOWN
        who = rng.randrange(PERSONS) if known else PERSONS + rng.randrange(1_000_000)
        name = f"LABORDE{who}^ODETTE" if known else f"X{who}^INCONNU"
        birth = "19410307" if known else "18000101"
        for step, event in enumerate(("A01", "A02", "A08", "A03")):
            at = f"202611{10 + step}0{rng.randrange(10)}0000"
            zbe = f"\rZBE|{number}-{step}^CH^400011177|{at}||INSERT|N||Cardio{step}^^^^^^UF^^^61"
            yield (
                f"MSH|^~\\&|GAM|CH DE DAX|LIANE|LIANE|{at}||ADT^{event}^ADT_A01|{number}-{step}"
                f"|P|2.5^FRA^2.11||||||UNICODE UTF-8\rEVN||{at}||||{at}\r"
                f"PID|1||IPP{who}^^^{HOSPITAL}^PI||{name}^^^^^L||{birth}|F\r"
                f"PV1|1|I|^^^CH DE DAX&400011177&M|||||||||||||||||{number}^^^{HOSPITAL}^VN"
                f"{'' if event == 'A08' else zbe}\r"
            ).encode()


def _measure(options: Options) -> list[Figure]:
    import structlog

    from liane.exchange.intake import receive

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    base = _single_inserts(options.seconds)
    rng, counts = random.Random(7), {}
    messages = _messages(rng)
    started = time.perf_counter()
    cpu = time.process_time()
    done = 0
    while time.perf_counter() - started < options.seconds:
        receipt = receive(next(messages), channel="bench")
        counts[receipt.outcome] = counts.get(receipt.outcome, 0) + 1
        done += 1
    wall, used = time.perf_counter() - started, time.process_time() - cpu
    size = f"{PERSONS} persons, {done} messages: " + ", ".join(
        f"{count} {outcome}" for outcome, count in sorted(counts.items())
    )
    return [
        Figure(
            "ADT messages taken in", done / wall, "/s", size, base, "single inserts",
            "≥ 200 on PostgreSQL",
        ),
        Figure("CPU of one message", used / done * 1000, "ms", size),
    ]  # fmt: skip


def _single_inserts(seconds: float) -> float:
    from liane.core.models import Counter

    started, done = time.perf_counter(), 0
    while time.perf_counter() - started < seconds / 5:
        Counter.objects.create(name=f"bench-{done}")
        done += 1
    return done / (time.perf_counter() - started)


if __name__ == "__main__":
    main(run)
