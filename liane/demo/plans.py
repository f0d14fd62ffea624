"""Two care plans with their past: M. Simon's in force, sent twice; Mme Dupont's still a draft."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from liane.careplans import contents, versions
from liane.careplans.models import (
    Action,
    Agreement,
    Change,
    LineEvent,
    Objective,
    Plan,
    PlanEvent,
    PlanVersion,
    Problem,
    Verdict,
    Words,
)
from liane.core.audience import Audience
from liane.demo.chronicle import Chronicle, Voice, at, person_voice, voice
from liane.demo.names import ident
from liane.demo.territory import Territory
from liane.patients.models import Patient

SHARED = Audience(person=True, carers=True)


def tell(land: Territory, person: Patient, key: str) -> None:
    """The plan of one of the three stories, if it has one."""
    if key == "simon":
        _simon(land, person)
    elif key == "dupont":
        _dupont(land, person)


@dataclass
class Pen:
    """Writes the rows of one plan with the dates they would have had."""

    plan: Plan
    book: Chronicle = field(default_factory=Chronicle)

    def line(self, model: Any, by: Voice, when: dt.datetime, **values: Any) -> Any:
        """A line, its first content, its place."""
        number = model.objects.filter(plan=self.plan).count() + 1
        made = model(
            plan=self.plan, person_id=self.plan.person_id, position=number, created_at=when,
            **values, **by.author,
        )  # fmt: skip
        made.save(force_insert=True)
        self.kept(made, by, when, Change.What.MADE)
        return made

    def changed(self, line: Any, by: Voice, when: dt.datetime, **values: Any) -> None:
        """Another content of a line."""
        for name, value in values.items():
            setattr(line, name, value)
        line.version += 1
        line.save()
        self.kept(line, by, when, Change.What.CHANGED)

    def kept(self, line: Any, by: Voice, when: dt.datetime, what: str) -> None:
        """The history row of a content."""
        Change(
            plan=self.plan, person_id=self.plan.person_id, line_id=line.pk, line_kind=line.KIND,
            what=what, number=line.version, content=contents.written(contents.of(line)),
            at=when, created_at=when, **by.author,
        ).save(force_insert=True)  # fmt: skip

    def moved(self, line: Any, after: str, by: Voice, when: dt.datetime, result: str = "") -> None:
        """Another state of an action or an objective, with its result."""
        before, line.status = line.status, after
        if result:
            line.result = result
        line.save()
        LineEvent.objects.create(
            plan=self.plan, person_id=self.plan.person_id, line_id=line.pk, before=before,
            after=after, at=when, created_at=when, **by.author,
        )  # fmt: skip

    def step(
        self, before: str, after: str, kind: str, by: Voice, when: dt.datetime, why: str = ""
    ) -> None:
        """A state of the plan."""
        PlanEvent.objects.create(
            plan=self.plan, before=before, after=after, reason=why, at=when, created_at=when,
            **by.author,
        )  # fmt: skip
        self.book.tell(kind, self.plan.person, self.plan.pk, by, when, SHARED)

    def sent(self, by: Voice, when: dt.datetime, reason: str = "") -> PlanVersion:
        """A version frozen at ``when``."""
        return versions.freeze(self.plan, by.author, reason=reason, at=when)

    def answered(
        self, version: PlanVersion, doctor: Voice, when: dt.datetime, text: str, person: Voice,
        later: dt.datetime, said: str, collected: bool,
    ) -> None:  # fmt: skip
        """The doctor validates, the person agrees."""
        about = {"plan": self.plan, "person_id": self.plan.person_id, "version": version}
        Verdict(
            **about, answer="validated", via="page", text=text, at=when, created_at=when,
            **doctor.author,
        ).save(force_insert=True)  # fmt: skip
        Agreement(
            **about, answer="agrees", voice="recorded" if collected else "person", text=said,
            at=later, created_at=later, **person.author,
        ).save(force_insert=True)  # fmt: skip


def _said(person: Patient, by: Voice, when: dt.datetime, topic: str, text: str) -> None:
    own = by.holder_id == person.pk
    Words(
        person=person, voice="person" if own else "recorded", topic=topic, text=text,
        for_person=True, for_carers=True, at=when, created_at=when, **by.author,
    ).save(force_insert=True)  # fmt: skip


def _simon(land: Territory, person: Patient) -> None:
    isabelle, roussel = land.of("Isabelle Lafitte"), land.of("Hélène Roussel")
    claire, helper = land.of("Claire Aubert"), land.of("Maïté Darrigrand")
    case, doctor, himself = voice(isabelle), voice(roussel), person_voice(person)
    today = timezone.localdate()
    plan = Plan(
        pk=ident("plan", "simon"), person=person, referent=isabelle, created_at=at(35, 9),
        medical="Diabète de type 2, hypertension. 59 kg, perte de 3 kg à l’automne. Somnifère "
        "arrêté.",
        psychological="Veuf depuis deux ans. Se trompe de jour, MMS 24/30. Plaisante de nouveau.",
        social="Vit seul, un fils à Bordeaux, une voisine qui garde la clé. Dossier APA déposé.",
        autonomy="Marche avec une canne. Escalier raide, baignoire haute, conduit encore un peu.",
        alert_procedure="Chute, repas sautés deux jours, poids sous 57 kg : appeler Claire Aubert, "
        "puis le Dr Roussel. La voisine du 25 a la clé. Urgence vitale : le 15.",
        review_on=today + dt.timedelta(days=6), status="in_force", sent_at=at(14, 17),
        for_person=True, for_carers=True, **case.author,
    )  # fmt: skip
    plan.save(force_insert=True)
    pen = Pen(plan)
    pen.kept(plan, case, at(35, 9), Change.What.MADE)
    pen.step("", "draft", "plan.opened", case, at(35, 9))
    _said(person, case, at(36, 16), "matters", "Je veux rester chez moi, avec mon jardin.")
    _said(person, case, at(36, 16, 10), "refuses", "Pas d’inconnu tous les matins dans la cuisine.")
    weight = pen.line(
        Problem, case, at(35, 9, 10), domain="medical", priority=1,
        statement="Dénutrition : repas sautés, réfrigérateur vide",
        origin="Visite à domicile avec l’infirmière, bilan sanguin (albumine 31 g/L)",
    )  # fmt: skip
    eats = pen.line(
        Objective, case, at(35, 9, 20), problem=weight, text="Manger deux vrais repas par jour",
        indicator="Poids à 60 kg ou plus", term=today + dt.timedelta(days=45),
    )  # fmt: skip
    weigh = pen.line(
        Action, case, at(35, 9, 25), objective=eats, recourse=1, practice=claire,
        text="Peser à chaque visite et ouvrir le réfrigérateur avec lui",
        frequency="chaque semaine",
    )  # fmt: skip
    meals = pen.line(
        Action, case, at(35, 9, 30), objective=eats, recourse=2, practice=helper,
        text="Préparer et partager le repas de midi", frequency="trois midis par semaine",
    )  # fmt: skip
    falls = pen.line(
        Problem, case, at(35, 9, 40), domain="autonomy", priority=1,
        statement="Chutes à répétition, dont une sans prévenir personne",
        origin="Note de l’infirmière, visite du logement",
    )  # fmt: skip
    safe = pen.line(
        Objective, case, at(35, 9, 45), problem=falls, text="Ne plus tomber, et pouvoir appeler",
        indicator="Aucune chute en trois mois, téléalarme portée",
        term=today + dt.timedelta(days=70),
    )  # fmt: skip
    drugs = pen.line(
        Action, case, at(35, 9, 50), objective=safe, recourse=1, practice=roussel,
        text="Revoir les médicaments qui font tomber", due_on=today - dt.timedelta(days=20),
    )  # fmt: skip
    alarm = pen.line(
        Action, case, at(35, 9, 55), objective=safe, recourse=3, who_else="CCAS de Narrosse",
        text="Installer une téléalarme", due_on=today - dt.timedelta(days=2),
    )  # fmt: skip
    alone = pen.line(
        Problem, case, at(35, 10), domain="social", priority=2,
        statement="Isolement depuis le deuil",
        origin="Ce qu’il en dit lui-même",
    )  # fmt: skip
    garden = pen.line(
        Objective, case, at(35, 10, 5), problem=alone, text="Sortir au jardin partagé",
        indicator="Une sortie par semaine", term=today + dt.timedelta(days=30),
    )  # fmt: skip
    pen.line(
        Action, case, at(35, 10, 10), objective=garden, recourse=2,
        who_else="son fils, au téléphone",
        text="Appeler son père le dimanche", frequency="chaque semaine",
    )  # fmt: skip
    drive = pen.line(
        Objective, case, at(35, 10, 20), text="Continuer à conduire jusqu’à Dax",
        indicator="Avis du médecin agréé",
    )  # fmt: skip
    first = pen.sent(case, at(34, 17))
    pen.step("draft", "sent", "plan.sent", case, at(34, 17), "version 1")
    pen.answered(first, doctor, at(32, 19), "D’accord. Je revois le somnifère.", case, at(31, 11),
                 "« Si Maïté vient, ça me va. »", True)  # fmt: skip
    pen.step("sent", "validated", "plan.validated", doctor, at(32, 19))
    pen.step("validated", "in_force", "plan.started", case, at(31, 11))
    pen.moved(drugs, "done", doctor, at(30, 18), "Somnifère arrêté, tension au lever normale.")
    pen.moved(weigh, "doing", voice(claire), at(28, 10))
    pen.moved(meals, "doing", case, at(20, 11))
    pen.changed(drive, case, at(15, 15), why="Déconseillé par le Dr Roussel : vertiges. "
                "Le bus à la demande est proposé à la place.")  # fmt: skip
    pen.moved(drive, "unreached", case, at(15, 15))
    pen.changed(garden, case, at(15, 15, 20), text="Aller au jardin partagé avec la voisine",
                indicator="Une sortie par semaine, notée au carnet")  # fmt: skip
    pen.line(
        Action, case, at(15, 15, 30), objective=garden, recourse=3, practice=helper,
        text="L’accompagner au jardin quand il fait beau", frequency="le mercredi",
    )  # fmt: skip
    pen.moved(alarm, "doing", case, at(15, 16))
    second = pen.sent(case, at(14, 17), "Conduite abandonnée, jardin avec la voisine")
    pen.step("in_force", "sent", "plan.sent", case, at(14, 17), "version 2")
    pen.answered(second, doctor, at(13, 12), "", himself, at(12, 16), "D’accord.", False)
    pen.step("sent", "validated", "plan.validated", doctor, at(13, 12))
    pen.step("validated", "in_force", "plan.started", himself, at(12, 16))
    _said(person, himself, at(12, 16, 5), "matters", "Le jardin avec Josette, c’est le mercredi.")
    pen.book.save()


def _dupont(land: Territory, person: Patient) -> None:
    nathalie, claire = land.of("Nathalie Cazenave"), land.of("Claire Aubert")
    helper, karim = land.of("Maïté Darrigrand"), land.of("Karim Lasserre")
    coordinator = voice(nathalie)
    today = timezone.localdate()
    plan = Plan(
        pk=ident("plan", "dupont"), person=person, referent=nathalie, created_at=at(3, 10),
        medical="Insuffisance cardiaque, deux hospitalisations l’an passé. Poids en hausse.",
        social="Sa fille Julie passe chaque soir et demande un répit au printemps.",
        alert_procedure="Deux kilos de plus en trois jours, essoufflement couchée : appeler le "
        "Dr Roussel le jour même, sinon le 15.",
        review_on=today + dt.timedelta(days=87), **coordinator.author,
    )  # fmt: skip
    plan.save(force_insert=True)
    pen = Pen(plan)
    pen.kept(plan, coordinator, at(3, 10), Change.What.MADE)
    PlanEvent.objects.create(
        plan=plan, after="draft", at=at(3, 10), created_at=at(3, 10), **coordinator.author
    )
    pen.book.tell("plan.opened", person, plan.pk, coordinator, at(3, 10))
    heart = pen.line(
        Problem, coordinator, at(3, 10, 10), domain="medical", priority=1,
        statement="Décompensations cardiaques répétées", origin="Deux hospitalisations en un an",
    )  # fmt: skip
    steady = pen.line(
        Objective, coordinator, at(3, 10, 15), problem=heart, text="Passer l’hiver sans hôpital",
        indicator="Poids entre 69 et 71 kg", term=today + dt.timedelta(days=120),
    )  # fmt: skip
    pen.line(
        Action, coordinator, at(3, 10, 20), objective=steady, recourse=1, practice=claire,
        text="Peser et guetter l’essoufflement", frequency="tous les deux jours",
    )  # fmt: skip
    pen.line(
        Action, coordinator, at(3, 10, 25), objective=steady, recourse=2, practice=karim,
        text="Entretenir la marche", frequency="deux séances par semaine",
    )  # fmt: skip
    tired = pen.line(
        Problem, coordinator, at(3, 10, 40), domain="carer", priority=2,
        statement="Julie porte tout, chaque soir", origin="Réunion du mois dernier",
    )  # fmt: skip
    rest = pen.line(
        Objective, coordinator, at(3, 10, 45), problem=tired,
        text="Une semaine de répit au printemps",
        indicator="Dates arrêtées et relais trouvés", term=today + dt.timedelta(days=100),
        shared=False,
    )  # fmt: skip
    pen.line(
        Action, coordinator, at(3, 10, 50), objective=rest, recourse=3, practice=helper,
        text="Prévoir une aide du soir cette semaine-là",
    )  # fmt: skip
    pen.book.save()
