"""Reads of projects: those of one's structure, their team, their clocks, what is missing."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting
from liane.directory.models import Practice
from liane.pathways import catalogue, clocks, rules
from liane.pathways.models import Account, Amendment, Milestone, Project, Signatory
from liane.pathways.protocols import library
from liane.pathways.protocols.format import Protocol
from liane.pathways.services.team import needs_order
from liane.pathways.states import LIVING, ProjectStatus

GUESS: Mapping[str, tuple[str, ...]] = {
    "10": ("medecin", "medecin-specialiste", "medecin-generaliste", "generaliste"),
    "60": ("infirmier", "ide", "ipa"),
    "70": ("kinesitherapeute", "masseur-kinesitherapeute", "mk"),
    "93": ("psychologue",),
    "94": ("ergotherapeute",),
    "95": ("dieteticien",),
    "96": ("psychomotricien",),
    "91": ("orthophoniste",),
    "21": ("pharmacien",),
    "50": ("sage-femme",),
    "AP": ("apa", "eapa", "enseignant-apa"),
    "SO": ("travailleur-social",),
    "CO": ("coordinateur",),
}
"""National codes of professions, and the names that protocols give them: a proposal only."""


def _reach() -> Reach:
    return Reach.of(acting.current())


@dataclass(frozen=True)
class Lack:
    """One thing that is missing, and the button that leads where it is settled."""

    text: str
    button: str
    url: str


@dataclass(frozen=True)
class Shelf:
    """A protocol that the structure may use, and its project when there is one."""

    protocol: Protocol
    project: Project | None
    gaps: int


def projects() -> list[Project]:
    """The projects of the actor's structure, each with how many it follows. One query."""
    rows = Project.objects.within(_reach()).filter(organisation_id=acting.current().organisation_id)
    return list(
        rows.annotate(
            followed=Count("enrolments", filter=Q(enrolments__status__in=LIVING))
        ).order_by("status", "title")
    )


def shelf() -> list[Shelf]:
    """The protocols at hand in the version in force today. Two queries."""
    house, today = acting.current().organisation_id, timezone.localdate()
    held = catalogue.shelf(house)
    mine = {one.protocol_key: one for one in projects() if one.status != ProjectStatus.ENDED}
    found = [one for key in held.keys() if (one := held.in_force(key, today)) is not None]  # noqa: SIM118
    return [
        Shelf(one, mine.get(one.key), len(library.gaps(one)))
        for one in sorted(found, key=lambda one: one.title)
    ]


@dataclass(frozen=True)
class Member:
    """One signatory as the project's page shows them, and what is missing for them."""

    row: Signatory
    profession: str
    payee: str
    tail: str
    missing: list[str] = field(default_factory=list)
    order: bool = False

    @property
    def here(self) -> bool:
        """Still in the team."""
        return self.row.ends_on is None or self.row.ends_on >= timezone.localdate()


@dataclass(frozen=True)
class Detail:
    """One project, whole."""

    project: Project
    protocol: Protocol
    members: list[Member]
    clocks: list[clocks.Clock]
    amendments: list[Amendment]
    milestones: list[Milestone]
    missing: list[Lack]
    accepted_on: dt.date | None
    account: str
    followed: int


def detail(project_id: UUID) -> Detail | None:
    """One project of the actor's structure, or None. Nine queries at most."""
    project = one(project_id)
    if project is None:
        return None
    protocol = catalogue.of_project(project)
    accounts = _accounts(project)
    members = [_member(row, protocol, accounts) for row in _team(project)]
    amendments = list(project.amendments.order_by("decided_on", "id"))
    milestones = list(project.milestones.select_related("amendment").order_by("on", "id"))
    facts, today = clocks.of_rows(milestones), timezone.localdate()
    running = clocks.clocks(
        protocol.project, facts, [(row.pk, row.decided_on, row.what) for row in amendments], today
    )
    return Detail(
        project, protocol, members, running, amendments, milestones,
        _missing(project, protocol, members, facts, running), 
        clocks.accepted_on(protocol.project, facts, today),
        accounts.get(None, ""), project.enrolments.filter(status__in=LIVING).count(),
    )  # fmt: skip


def one(project_id: UUID) -> Project | None:
    """One project that the actor may see, or None. One query."""
    actor = acting.current()
    if not rules.reads_projects(actor):
        return None
    rows = Project.objects.within(_reach()).select_related("organisation")
    found: Project | None = rows.filter(pk=project_id).first()
    return found


def signatory(signatory_id: UUID) -> Signatory | None:
    """One signatory of a project of the actor's structure, or None. One query."""
    if not rules.reads_projects(acting.current()):
        return None
    rows = Signatory.objects.within(_reach()).select_related(
        "project__organisation", "practice__professional"
    )
    found: Signatory | None = rows.filter(pk=signatory_id).first()
    return found


def _team(project: Project) -> list[Signatory]:
    return list(
        project.signatories.select_related(
            "practice__professional", "practice__organisation", "employer"
        ).order_by("ends_on", "profession", "practice__professional__family")
    )


def _accounts(project: Project) -> dict[UUID | None, str]:
    """The end of the account in force of each signatory, and of the structure (None)."""
    rows = Account.objects.filter(project=project, starts_on__lte=timezone.localdate())
    ordered = rows.order_by("starts_on", "created_at")
    return {pk: tail for pk, tail in ordered.values_list("signatory_id", "tail")}  # noqa: C416


def _member(row: Signatory, protocol: Protocol, accounts: dict[UUID | None, str]) -> Member:
    missing, asked = [], protocol.project
    if row.signed_on is None:
        missing.append("signature")
    orders, numbers = (asked.orders, asked.numbers) if asked is not None else (None, None)
    order = orders is not None and needs_order(row)
    if order and row.signed_on is not None and row.order_told_on is None:
        missing.append(f"ordre à prévenir ({orders})")
    if not row.number and (numbers is not None or protocol.paid_to == "professionals"):
        missing.append(
            "numéro d’assurance maladie" if row.conventioned or numbers is None
            else "numéro demandé à la CPAM" if row.cpam_asked_on
            else f"déclaration à la CPAM ({numbers})"
        )  # fmt: skip
    payee = row.employer.name if row.employer is not None else "le professionnel"
    return Member(
        row, catalogue.professions(protocol).get(row.profession, row.profession), payee,
        accounts.get(row.pk, ""), missing, order,
    )  # fmt: skip


def _missing(
    project: Project,
    protocol: Protocol,
    members: list[Member],
    facts: list[clocks.Dated],
    running: list[clocks.Clock],
) -> list[Lack]:
    """What stands between the project and its payment, each with where it is settled."""
    here = [one for one in members if one.here]
    place = f"/parcours/projets/{project.pk}/"
    found = [
        Lack(text, "Ajouter quelqu’un", f"{place}equipe/") for text in _uncovered(protocol, here)
    ]
    unsigned = [one for one in here if one.row.signed_on is None]
    if unsigned:
        many = len(unsigned) > 1
        text = (
            f"{len(unsigned)} signature{'s' if many else ''} manque{'nt' if many else ''} encore."
        )
        url = f"/parcours/signataires/{unsigned[0].row.pk}/signature/"
        found.append(Lack(text, "Noter une signature", url))
    said, asked = [], protocol.project
    if clocks.first(facts, "structure_signed") is None:
        by = f" ({asked.signed})" if asked is not None and asked.signed else ""
        said.append(f"La signature du représentant de la structure{by}.")
    if asked is not None and project.status != ProjectStatus.DRAFT:
        said += [
            f"La transmission du projet à {clocks.NAMES[to]}."
            for to in asked.sent_to
            if clocks.first(facts, clocks.SENT[to]) is None
        ]
    said += [f"{one.label} : {one.says}." for one in running if one.state == "late"]
    found += [Lack(text, "Noter l’étape", f"{place}etape/") for text in said]
    gaps = len(library.gaps(protocol))
    if gaps:
        text = f"{gaps} valeur{'s' if gaps > 1 else ''} du protocole à compléter."
        url = f"/parcours/protocoles/{protocol.key}/?version={protocol.version}"
        button, number = "Compléter le protocole", _completing(project, protocol)
        if number is not None:
            text += f" Votre structure l’a fait dans la version {number}."
            button, url = catalogue.TAKE, catalogue.taking(project.pk, number)
        found.append(Lack(text, button, url))
    return found


def _completing(project: Project, protocol: Protocol) -> str | None:
    """The version that the structure published and that only fills the gaps of the project's."""
    found = catalogue.completing([(project.organisation_id, protocol)])
    return found.get((project.organisation_id, protocol.key, protocol.version))


def _uncovered(protocol: Protocol, here: list[Member]) -> list[str]:
    """Professions of the protocol that nobody signed for."""
    if not here:
        return ["Ajoutez les professionnels qui interviennent dans le parcours."]
    covered = {one.row.profession for one in here}
    return [
        f"Aucun signataire pour la profession « {label} » du protocole."
        for code, label in catalogue.professions(protocol).items()
        if code not in covered
    ]


def colleagues(text: str, most: int = 30) -> list[Practice]:
    """Professionals of the directory by name, wherever they practise. One query."""
    words = text.strip()
    if len(words) < 2:
        return []
    rows = Practice.objects.filter(
        professional__family__istartswith=words, ended_on=None, professional__active=True
    )
    return list(
        rows.select_related("professional", "organisation").order_by(
            "professional__family", "professional__given"
        )[:most]
    )


def staff(organisation_id: UUID) -> list[Practice]:
    """Those of the structure who may follow somebody. One query."""
    rows = Practice.objects.filter(
        organisation_id=organisation_id, role__in=rules.FOLLOWERS, ended_on=None,
        professional__active=True,
    )  # fmt: skip
    return list(rows.select_related("professional").order_by("professional__family"))


def guess(practice: Practice, protocol: Protocol) -> str:
    """The profession of the protocol that this professional most likely has, or nothing."""
    named = GUESS.get(practice.professional.profession, ())
    codes = catalogue.professions(protocol)
    exact = next((code for code in named if code in codes), "")
    return exact or next((code for code in codes if any(code.startswith(n) for n in named)), "")


def deciding(person_id: UUID) -> list[tuple[str, str]]:
    """Physicians of the circle, to write down whose validation was received. Two queries."""
    from liane.circle.models import Membership

    held = Membership.objects.filter(
        person_id=person_id, status=Membership.Status.ACTIVE, practice__isnull=False
    ).values("practice_id")
    rows = Practice.objects.filter(
        pk__in=held, professional__profession=rules.PHYSICIAN, ended_on=None
    )
    return [(str(row.pk), row.professional.name) for row in rows.select_related("professional")]
