"""Two practices accept the same offer at the same moment, each on its own connection.

Run as a script inside an installation of its own (it commits); prints what became of it.
"""

import json
import threading


def run() -> dict[str, object]:
    """Set the scene, let two accept at once, tell who joined."""
    import datetime as dt

    from django.db import connections

    from liane.circle.models import Membership
    from liane.core import acting
    from liane.core.errors import Refused
    from liane.directory import communes
    from liane.directory.communes import Lists, Town
    from liane.referrals import seeking
    from liane.referrals.models import Offer, OptIn, Quest
    from tests import factories as make

    communes.write(Lists({"40202": Town("40202", "Narrosse", {"40180"}, "40")}))
    person = make.patient("SIMON", "Pierre", insee="40202")
    doctor = make.practice("roussel", profession="10")
    make.member(person, doctor)
    people = []
    for name in ("zoe", "anne"):
        house = make.organisation(f"Cabinet {name}", "practice", insee="40202")
        OptIn.objects.create(organisation=house, wants=True)
        people.append(make.practice(name, of=house))
    need = seeking.Sought(
        person.pk, "60", "pansement", "tous les jours", dt.date(2030, 1, 7), "accord oral"
    )
    with acting.acting(make.actor(doctor)):
        quest = seeking.seek(need)
    offers = [Offer.objects.get(quest_id=quest.pk, practice=one).pk for one in people]
    actors = [make.actor(one) for one in people]
    gate, said = threading.Barrier(2), []

    def accept(number: int) -> None:
        try:
            gate.wait(timeout=10)
            with acting.acting(actors[number]):
                seeking.accept(offers[number])
            said.append("taken")
        except Refused:
            said.append("told")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=accept, args=(number,)) for number in (0, 1)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=60)
    with acting.owner():
        joined = list(
            Membership.objects.filter(person=person, practice__in=people).values_list(
                "practice_id", flat=True
            )
        )
        winner = Quest.objects.get(pk=quest.pk).accepted_by_id
    return {"said": sorted(said), "joined": len(joined), "same": joined == [winner]}


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(run()))  # noqa: T201
