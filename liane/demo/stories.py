"""The three named stories, told over months: Mme Michelle, M. Simon, Mme Dupont."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from liane.circle.seats import actor_for, seats_of
from liane.core import acting
from liane.core.audience import Audience
from liane.core.files import store
from liane.demo import habits, leaving, requests, stays
from liane.demo.chronicle import Chronicle, Voice, at, contact_voice, person_voice, voice
from liane.demo.names import ident, matricule
from liane.demo.prescription import pdf
from liane.demo.territory import Territory, persona
from liane.directory.models import Practice
from liane.patients import ins, search
from liane.patients.models import Contact, Patient
from liane.timeline.models import Document

FAMILY = Audience(outside=False, person=True, carers=True)


@dataclass
class Story:
    """What every story needs at hand."""

    land: Territory
    book: Chronicle
    person: Patient

    def by(self, name: str) -> Voice:
        """The voice of a worker."""
        return voice(self.land.of(name))


def person(key: str, order: int, **values: Any) -> Patient:
    """One of the three, saved, with a qualified test identity."""
    made = Patient(pk=ident("story", key), created_at=at(200), **values)
    made.ins_status = Patient.InsStatus.QUALIFIED
    ins.put(made, matricule(made.sex, made.birth_date or at(0).date(), made.birth_place, order))
    made.search = search.searchable(made)
    made.save(force_insert=True)
    search.index([made])
    return made


def document(
    story: Story, by: Practice, when: dt.datetime, title: str, lines: list[str], category: str
) -> None:
    """A real PDF in the record, written at ``when``."""
    stored = store.receive_bytes(
        pdf(title, lines), name=f"{title}.pdf", declared="application/pdf",
        person_id=story.person.pk, organisation_id=by.organisation_id,
    )  # fmt: skip
    store.keep(stored)
    kept = Document(
        person=story.person, title=title, category=category, dated_on=when.date(), at=when,
        created_at=when, file=stored, for_team=True, for_person=True, **voice(by).author,
    )  # fmt: skip
    story.book.add(kept)
    story.book.tell("document.added", story.person, kept.pk, voice(by), when, FAMILY)


def acting_as(practice: Practice) -> acting.Actor:
    """The actor that a persona is in this practice, to use the rooms' own verbs."""
    user = practice.professional.user
    if user is None:
        raise ValueError(f"{practice} has no account")
    seats = seats_of(user)
    seat = next(item for item in seats if item.holder_id == practice.pk)
    return actor_for(user, seat, seats)


# ------------------------------------------------------------------ Mme Michelle
def michelle(land: Territory, book: Chronicle) -> Patient:
    """Usual coordination: heart failure and an anticoagulant, followed at home."""
    one = person(
        "michelle", 112, birth_name="GARDÈRES", used_name="MICHELLE", given_names="Jeanne Marie",
        used_given="Jeanne", sex="F", birth_date=dt.date(1944, 9, 18), birth_place="40088",
        birth_place_name="Dax", address_line="9 rue des Carmes", postcode="40100", city="Dax",
        insee="40088", phone="0558740102", access_hint="code 18B4, 2e étage",
        user=persona("Jeanne Michelle"),
    )  # fmt: skip
    story = Story(land, book, one)
    claire, roussel, anne = (
        land.of("Claire Aubert"), land.of("Hélène Roussel"), land.of("Anne Capdeville"),
    )  # fmt: skip
    doctor, nurse, pharmacist = voice(roussel), voice(claire), voice(anne)
    coordinator = story.by("Nathalie Cazenave")
    book.opened(one, doctor, at(190, 9, 10))
    book.member(one, roussel, doctor, at(190, 9, 12), ground="designated")
    book.member(one, land.structures["msp"], doctor, at(190, 9, 14), ground="formal",
                proof="projet de santé de la MSP", responsible=True)  # fmt: skip
    book.member(one, claire, doctor, at(188, 18, 5))
    book.member(one, anne, doctor, at(186, 12, 30))
    book.doctor(one, roussel, doctor, at(190, 9, 15))
    neighbour = Contact(person=one, name="Marcelle Dubourg", relationship="voisine",
                        is_emergency=True, phone="0558740199", **doctor.author)  # fmt: skip
    book.add(neighbour)
    book.note(one, doctor, at(190, 9, 30),
        "Insuffisance cardiaque à FEVG conservée, fibrillation atriale sous anticoagulant. Vit "
        "seule, autonome pour la toilette, se fatigue à l’effort. Objectif : poids stable à 62 kg, "
        "tension sous 14/9, pas de saignement. Passage infirmier tous les 3 jours.")  # fmt: skip
    book.note(one, doctor, at(189, 9, 0),
        "Anticoagulant oral direct au long cours. Prévenir avant tout geste dentaire. Appeler en "
        "cas de chute, même sans plainte.", pin="Anticoagulant : chute ou saignement, appeler",
        level="urgent")  # fmt: skip
    book.note(one, nurse, at(122, 9, 20),
        "Tapis du couloir retiré avec son accord. Téléphone programmé avec nos numéros.",
        to=FAMILY)  # fmt: skip
    book.note(one, pharmacist, at(95, 15, 0),
        "Pilulier préparé à la semaine. Automédication repérée : ibuprofène pour le genou, "
        "remplacé par paracétamol après appel au Dr Roussel.", kind="liaison")  # fmt: skip
    book.note(one, doctor, at(60, 11, 0),
        "Bilan à trois mois : créatinine stable, potassium 4,2. Pas de changement de dose. "
        "Prochaine consultation dans trois mois.")  # fmt: skip
    book.note(one, nurse, at(21, 9, 30),
        "Poids 63,8 kg, chevilles un peu gonflées le soir. Le Dr Roussel a ajouté un demi-comprimé "
        "de diurétique pour cinq jours : retour à 62,3 kg.")  # fmt: skip
    habits.tell(land, book, one, habits.MICHELLE)
    book.thread(one, [
        (doctor, at(188, 18, 0), "Bonjour Claire, pouvez-vous passer tous les trois jours chez "
         "Mme Michelle ? Poids, tension, chevilles."),
        (nurse, at(188, 18, 20), "Oui, je commence vendredi vers 9 h."),
        (pharmacist, at(186, 12, 40), "Je prépare le pilulier le lundi, livré avant midi."),
        (nurse, at(122, 9, 40), "Le tapis du couloir est parti, elle avait failli tomber."),
        (pharmacist, at(95, 15, 10), "Elle achetait de l’ibuprofène. Je lui ai proposé du "
         "paracétamol, d’accord pour vous ?"),
        (doctor, at(95, 17, 2), "Très bien, merci. Pas d’anti-inflammatoire avec son traitement."),
        (nurse, at(24, 9, 15), "63,8 kg ce matin, chevilles marquées."),
        (doctor, at(24, 9, 50), "Un demi-comprimé de plus pendant cinq jours, je passe jeudi."),
        (nurse, at(18, 9, 30), "62,3 kg, elle dort mieux."),
        (coordinator, at(12, 14, 0), "J’ai mis à jour son plan avec vous trois. Réunion le mois "
         "prochain ?"),
        (doctor, at(12, 18, 45), "Oui, le mardi midi me convient."),
        (nurse, at(2, 9, 40), "Tension 14/8, elle est contente de marcher jusqu’au marché."),
        (doctor, at(1, 18, 30), "Merci Claire. Pouvez-vous surveiller sa tension cette semaine ?"),
    ], waits_for=[claire])  # fmt: skip
    book.thread(one, [
        (person_voice(one), at(9, 16, 0), "Bonjour, je serai chez ma sœur dimanche."),
        (nurse, at(9, 17, 5), "Merci de me prévenir, je passerai lundi à la place."),
    ], kind="family")  # fmt: skip
    document(story, roussel, at(60, 11, 20), "Ordonnance du Dr Roussel", [
        "Dr Hélène Roussel, médecin généraliste, MSP de l'Adour, Dax",
        "Mme MICHELLE Jeanne, née GARDÈRES le 18/09/1944", "",
        "Apixaban 5 mg : 1 comprimé matin et soir",
        "Furosémide 40 mg : 1/2 comprimé le matin",
        "Bisoprolol 2,5 mg : 1 comprimé le matin",
        "Surveillance infirmière du poids et de la tension tous les 3 jours, 3 mois",
    ], "prescription")  # fmt: skip
    _opened_often(book, one, [doctor, nurse, pharmacist, coordinator])
    return one


# ------------------------------------------------------------------ M. Simon
def simon(land: Territory, book: Chronicle) -> Patient:
    """A man alone who declines: falls, weight, an empty fridge; the DAC comes in."""
    one = person(
        "simon", 205, birth_name="SIMON", given_names="Pierre Henri", used_given="Pierre", sex="M",
        birth_date=dt.date(1938, 1, 22), birth_place="40313", birth_place_name="Tartas",
        address_line="27 chemin de Lestrilles", postcode="40180", city="Narrosse", insee="40202",
        phone="0558740203", access_hint="clé chez la voisine au n° 25",
        user=persona("Pierre Simon"),
    )  # fmt: skip
    story = Story(land, book, one)
    roussel, claire = land.of("Hélène Roussel"), land.of("Claire Aubert")
    isabelle = land.of("Isabelle Lafitte")
    doctor, nurse, case = voice(roussel), voice(claire), voice(isabelle)
    coordinator, helper = story.by("Nathalie Cazenave"), land.of("Maïté Darrigrand")
    book.opened(one, doctor, at(160, 10, 0))
    book.member(one, roussel, doctor, at(160, 10, 2), ground="designated")
    book.member(one, land.structures["msp"], doctor, at(160, 10, 5), ground="formal",
                proof="projet de santé de la MSP", responsible=True)  # fmt: skip
    book.member(one, claire, doctor, at(120, 12, 0))
    leaving.help_for_a_time(book, one, land.of("Patrick Dulucq"), nurse)
    book.member(one, isabelle, coordinator, at(40, 15, 0))
    book.member(one, land.structures["dac"], coordinator, at(40, 15, 2))
    book.member(one, helper, case, at(20, 11, 0), ground="consent", outside=True,
                proof="accord oral recueilli à domicile par Isabelle Lafitte")  # fmt: skip
    book.doctor(one, roussel, doctor, at(160, 10, 6))
    book.note(one, doctor, at(160, 10, 20),
        "Veuf depuis deux ans. Diabète de type 2, HTA. Conduit encore un peu. Refuse les aides "
        "« pour l’instant ».")  # fmt: skip
    book.note(one, nurse, at(118, 10, 30),
        "Première visite hebdomadaire. Glycémies du carnet incomplètes. Marche avec une canne, "
        "hésite dans le couloir.")  # fmt: skip
    book.note(one, nurse, at(75, 10, 25), "Chute dans la salle de bain mardi, sans gravité. Bleus "
        "au bras. N’avait prévenu personne.", pin="Chutes à répétition", level="late")  # fmt: skip
    book.note(
        one,
        doctor,
        at(70, 18, 30),
        "Perte de 3 kg en deux mois. MMS 24/30. Bilan sanguin demandé, arrêt du somnifère.",
    )
    book.note(one, nurse, at(45, 10, 40),
        "Réfrigérateur presque vide, deux repas de suite sautés. Se trompe de jour.",
        pin="Dénutrition : poids à surveiller chaque semaine")  # fmt: skip
    book.note(one, case, at(36, 16, 0),
        "Visite à domicile avec Claire Aubert. Logement chauffé, escalier raide, baignoire haute. "
        "Souhaite rester chez lui. Accepte une aide trois fois par semaine et les repas à l’essai. "
        "Dossier APA déposé.", kind="liaison")  # fmt: skip
    book.note(one, case, at(8, 14, 30),
        "APA : visite d’évaluation prévue. Fils à Bordeaux appelé, viendra à Noël.", kind="liaison",
        to=FAMILY)  # fmt: skip
    habits.tell(land, book, one, habits.SIMON)
    book.thread(one, [
        (nurse, at(75, 11, 0), "M. Simon est tombé mardi, il n’a appelé personne."),
        (doctor, at(75, 12, 10), "Je passe demain. Pesez-le à chaque visite s’il vous plaît."),
        (nurse, at(45, 11, 0), "58,5 kg, frigo vide. Il ne tiendra pas l’hiver seul comme cela."),
        (nurse, at(44, 9, 30), "Je demande l’appui du DAC, il est d’accord."),
        (case, at(40, 15, 10), "Bien reçu. Visite à domicile vendredi avec Claire si possible."),
        (nurse, at(40, 18, 0), "Oui, 10 h 30 sur place."),
        (case, at(20, 11, 30), "Maïté Darrigrand commence lundi, trois midis par semaine."),
        (nurse, at(6, 10, 50), "59,2 kg, il plaisante de nouveau. À surveiller quand même."),
        (doctor, at(2, 19, 5), "Merci à tous. Je revois le traitement du diabète la semaine "
         "prochaine."),
    ], waits_for=[isabelle])  # fmt: skip
    document(story, roussel, at(68, 9, 0), "Résultats du bilan sanguin", [
        "Laboratoire de l'Adour", "M. SIMON Pierre, né le 22/01/1938", "",
        "HbA1c 7,9 %", "Albumine 31 g/L", "Créatinine 98 µmol/L", "Hémoglobine 12,1 g/dL",
    ], "result")  # fmt: skip
    requests.simon(land, book, one)
    _opened_often(book, one, [doctor, nurse, case, coordinator])
    return one


# ------------------------------------------------------------------ Mme Dupont
def dupont(land: Territory, book: Chronicle) -> Patient:
    """Seven people around her, a daughter close by; then the hospital."""
    one = person(
        "dupont", 88, birth_name="LABORDE", used_name="DUPONT", given_names="Odette Marie",
        used_given="Odette", sex="F", birth_date=dt.date(1941, 3, 7), birth_place="40088",
        birth_place_name="Dax", address_line="14 allée des Pins", postcode="40990",
        city="Saint-Paul-lès-Dax", insee="40279", phone="0558740301",
        access_hint="sonner deux fois, elle entend mal",
    )  # fmt: skip
    story = Story(land, book, one)
    roussel, claire = land.of("Hélène Roussel"), land.of("Claire Aubert")
    karim, anne = land.of("Karim Lasserre"), land.of("Anne Capdeville")
    helper, meals = land.of("Maïté Darrigrand"), land.of("Bernard Destouesse")
    doctor, nurse, kine = voice(roussel), voice(claire), voice(karim)
    coordinator = story.by("Nathalie Cazenave")
    book.opened(one, doctor, at(185, 14, 0))
    book.member(one, roussel, doctor, at(185, 14, 2), ground="designated")
    book.member(one, land.structures["msp"], doctor, at(185, 14, 4), ground="formal",
                proof="projet de santé de la MSP", responsible=True)  # fmt: skip
    for practice, days in ((claire, 180), (karim, 150), (anne, 178)):
        book.member(one, practice, doctor, at(days, 9, 0))
    for holder in (helper, meals, land.structures["saad"], land.structures["meals"]):
        book.member(one, holder, coordinator, at(140, 10, 0), ground="consent", outside=True,
                    proof="accord oral de Mme Dupont, en présence de sa fille")  # fmt: skip
    book.doctor(one, roussel, doctor, at(185, 14, 6))
    julie = Contact(
        person=one, name="Julie Dupont", relationship="fille", is_carer=True, is_trusted=True,
        is_emergency=True, access=Contact.Access.WRITE, access_from=at(170), phone="0639980050",
        city="Dax", user=persona("Julie Dupont"), created_at=at(170), **doctor.author,
    )  # fmt: skip
    julie.save(force_insert=True)
    daughter = contact_voice(julie)
    book.note(one, doctor, at(185, 14, 30),
        "Insuffisance cardiaque, arthrose des genoux, hypoacousie. Hospitalisée deux fois l’an "
        "passé pour décompensation. Sa fille Julie passe chaque soir. Souhaite rester chez elle, "
        "ne veut pas d’acharnement : à reprendre ensemble.")  # fmt: skip
    book.note(one, nurse, at(160, 11, 50),
        "Allergie à la pénicilline confirmée par la fille (éruption en 1998).",
        pin="Allergie à la pénicilline", level="urgent")  # fmt: skip
    book.note(one, kine, at(148, 15, 0),
        "Bilan : marche 40 m avec déambulateur, lever de chaise difficile. Deux séances par "
        "semaine à domicile, équilibre et quadriceps.")  # fmt: skip
    book.note(one, nurse, at(90, 11, 45), "Pansement de la jambe droite terminé, peau fermée.",
              to=FAMILY)  # fmt: skip
    book.note(one, doctor, at(70, 12, 0),
        "Retour d’hospitalisation : 69,5 kg, plus d’œdèmes, fatigue. Traitement de sortie repris "
        "avec elle et sa fille. Les aides et la kinésithérapie reprennent.", kind="liaison",
        to=FAMILY)  # fmt: skip
    book.note(one, kine, at(55, 15, 10),
        "Marche 90 m avec déambulateur, monte deux marches. Très motivée par le marché du samedi.",
        to=FAMILY)  # fmt: skip
    book.note(one, coordinator, at(30, 12, 30),
        "Réunion avec Claire Aubert, Karim Lasserre et Julie. On garde le rythme ; Julie demande "
        "un répit d’une semaine au printemps : à préparer.", kind="liaison", to=FAMILY)  # fmt: skip
    book.note(one, nurse, at(4, 11, 40),
        "Poids 71,2 kg (+1,4 en une semaine), essoufflée en parlant. Signalé au Dr Roussel.",
        pin="Poids en hausse : essoufflement à guetter")  # fmt: skip
    held = habits.tell(land, book, one, habits.DUPONT, stays.away)
    stays.dupont(land, book, one, held, [roussel, claire, karim, anne, helper, meals])
    book.thread(one, [
        (doctor, at(180, 9, 0), "Merci à tous d’avoir accepté de suivre Mme Dupont."),
        (nurse, at(180, 12, 30), "Je passe un jour sur deux vers 11 h."),
        (kine, at(150, 16, 0), "Tous les quatre jours à 15 h pour moi."),
        (nurse, at(90, 12, 0), "La jambe est fermée, j’arrête les pansements."),
        (nurse, at(79, 8, 10), "Sa fille a appelé le 15 cette nuit, elle est en cardiologie à "
         "Dax. J’ai rangé le pilulier."),
        (doctor, at(71, 17, 0), "Elle rentre aujourd’hui, poids de sortie 69,5 kg. Je passe "
         "demain, merci de la peser à chaque visite."),
        (kine, at(55, 15, 30), "90 m aujourd’hui, elle veut retourner au marché."),
        (nurse, at(4, 11, 50), "+1,4 kg en une semaine et essoufflée en parlant."),
        (doctor, at(4, 13, 0), "Je double le diurétique trois jours. Si elle ne va pas mieux, "
         "on l’envoie aux urgences de Dax."),
        (nurse, at(2, 11, 55), "Un peu mieux, 70,6 kg. Je repasse demain."),
    ], waits_for=[roussel])  # fmt: skip
    book.thread(one, [
        (daughter, at(140, 20, 10), "Bonsoir, maman veut bien des repas et de l’aide du matin."),
        (coordinator, at(139, 9, 0), "Merci Julie. Maïté commence lundi à 8 h 30, les repas "
         "mardi."),
        (daughter, at(80, 23, 30), "Je suis aux urgences avec maman, elle ne respirait plus bien."),
        (nurse, at(79, 7, 40), "Merci de me prévenir. Je suspends mes passages, courage."),
        (daughter, at(71, 18, 0), "Elle est à la maison, contente de son fauteuil."),
        (daughter, at(60, 21, 0), "Elle s’est levée seule ce matin, quelle fierté !"),
        (kine, at(59, 9, 0), "Elle travaille dur. Continuez à la laisser faire, à côté d’elle."),
        (daughter, at(4, 19, 30), "Je l’ai trouvée essoufflée ce soir."),
        (nurse, at(4, 20, 0), "Le Dr Roussel a augmenté le traitement. Si c’est pire cette nuit, "
         "appelez le 15."),
        (daughter, at(3, 8, 0), "Nuit correcte, merci."),
    ], kind="family", waits_for=[karim])  # fmt: skip
    document(story, roussel, at(110, 10, 0), "Ordonnance de kinésithérapie", [
        "Dr Hélène Roussel, MSP de l'Adour, Dax",
        "Mme DUPONT Odette, née LABORDE le 07/03/1941", "",
        "Rééducation à la marche et renforcement, 2 séances par semaine à domicile, 30 séances",
    ], "prescription")  # fmt: skip
    document(story, roussel, at(71, 16, 0), "Lettre de sortie du CH de Dax", [
        "Centre hospitalier de Dax, cardiologie",
        "Mme DUPONT Odette, née LABORDE le 07/03/1941", "",
        "Décompensation cardiaque traitée. Poids de sortie 69,5 kg.",
        "Reprise du suivi à domicile, régime pauvre en sel, pesée un jour sur deux.",
    ], "discharge")  # fmt: skip
    _opened_often(book, one, [doctor, nurse, kine, coordinator, daughter])
    return one


def _opened_often(book: Chronicle, one: Patient, voices: list[Voice]) -> None:
    for number in range(24):
        by = voices[number % len(voices)]
        book.opened_by(one, by, at(1 + number * 3, 8 + number % 10, (number * 7) % 60))
