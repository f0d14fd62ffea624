"""Forms of the pathways."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.utils import timezone

from liane.pathways import catalogue, keys
from liane.pathways.models import Milestone, SharingAgreement
from liane.pathways.protocols.criteria import Fact
from liane.pathways.protocols.format import ProjectFile, Protocol
from liane.pathways.services.inclusion import Said
from liane.pathways.states import Category, EndReason

Choices = list[tuple[str, str]]
DAY = {"type": "date"}
YES = [("", "Je ne sais pas"), ("yes", "Oui"), ("no", "Non")]


def capital(choices: Iterable[Any]) -> Choices:
    """Choices as sentences begin."""
    return [(str(value), str(label)[:1].upper() + str(label)[1:]) for value, label in choices]


def day_field(label: str, *, required: bool = True, help_text: str = "") -> forms.DateField:
    """A date chosen with the browser's own calendar."""
    widget = forms.DateInput(DAY, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget, help_text=help_text)


class DayForm(forms.Form):
    """A day: today unless told otherwise."""

    on = day_field("Le")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"on": timezone.localdate(), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)


class ReasonForm(forms.Form):
    """Why, in a sentence."""

    reason = forms.CharField(
        label="Pourquoi ?", max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )


# ------------------------------------------------------------------ projects
class OpenProjectForm(forms.Form):
    """A project for a protocol: at which title the structure coordinates."""

    category = forms.ChoiceField(label="Au titre de (D.162-34)", widget=forms.RadioSelect)
    title = forms.CharField(label="Nom du projet", max_length=200, required=False)

    def __init__(self, *args: Any, protocol: Protocol, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed = [
            one
            for one in Category.choices
            if not protocol.structures or one[0] in protocol.structures
        ]
        self.fields["category"].choices = capital(allowed)  # type: ignore[attr-defined]
        self.fields["title"].initial = protocol.title[:200]


class MilestoneForm(DayForm):
    """Something dated that happened to the file."""

    kind = forms.ChoiceField(label="Ce qui s’est passé", choices=capital(Milestone.Kind.choices))
    amendment = forms.ChoiceField(label="Au sujet de", required=False)
    reference = forms.CharField(label="Référence", max_length=120, required=False)

    field_order = ("kind", "amendment", "on", "reference")

    def __init__(
        self, *args: Any, amendments: Choices, asked: ProjectFile | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if asked is None:
            own = [one for one in Milestone.Kind.choices if one[0] == "structure_signed"]
            self.fields["kind"].choices = capital(own)  # type: ignore[attr-defined]
        self.fields["amendment"].choices = [("", "Le projet"), *amendments]  # type: ignore[attr-defined]


class AmendmentForm(forms.Form):
    """A change of the project."""

    decided_on = day_field("Modifié le")
    what = forms.CharField(label="Ce qui change", max_length=300)


class SharingForm(forms.Form):
    """A sharing key: what the structure keeps, what each act or each profession gets, the rest."""

    starts_on = day_field("À partir du")
    article = forms.CharField(
        label="Où c’est écrit", max_length=200,
        help_text="Par exemple : annexe 2 du projet, signée le 12 mars.",
    )  # fmt: skip

    def __init__(self, *args: Any, protocol: Protocol, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.protocol = protocol
        self.by_acts = any(one.pays == "acts" for one in protocol.phases)
        money = "En euros, par séquence ; vide s’il n’y en a pas."
        self.fields["fixed"] = self._money("Part fixe de la structure (€)", money)
        for act in protocol.acts:
            self.fields[f"act-{act.code}"] = self._money(f"{act.label} (€ par acte)")
        who = [("structure", "la structure"), *catalogue.professions(protocol).items()]
        for code, label in who:
            self.fields[f"percent-{code}"] = forms.DecimalField(
                label=f"{label[:1].upper()}{label[1:]} (% du montant)", required=False,
                min_value=0, max_value=100, decimal_places=2, localize=True,
            )  # fmt: skip
        self.fields["remainder"] = forms.ChoiceField(
            label="Ce qui reste", choices=capital(keys.REMAINDERS.items()),
            initial="acts", widget=forms.RadioSelect,
        )  # fmt: skip
        self.fields["weights"] = forms.ChoiceField(
            label="La part d’un métier se divise", choices=capital(keys.WEIGHTS.items()),
        )  # fmt: skip
        self.fields["governs"] = forms.ChoiceField(
            label="Pour une séquence en cours, la clé qui vaut",
            choices=capital(SharingAgreement.Governs.choices), widget=forms.RadioSelect,
            initial=SharingAgreement.Governs.START,
        )  # fmt: skip
        self.fields["note"] = forms.CharField(label="Précision", max_length=300, required=False)

    @staticmethod
    def _money(label: str, help_text: str = "") -> forms.DecimalField:
        return forms.DecimalField(
            label=label, required=False, min_value=0, max_value=100_000, decimal_places=2,
            help_text=help_text, localize=True,
        )  # fmt: skip

    @property
    def key(self) -> dict[str, Any]:
        """The key in the format of a definition: steps in the order of the form."""
        said = self.cleaned_data
        shares: list[dict[str, str]] = []
        if self.by_acts:
            shares.append({"id": "tarif", "kind": "tariff"})
        if said["fixed"]:
            shares.append({"id": "structure", "kind": "fixed", "to": "structure",
                           "amount": f"{said['fixed']:.2f}"})  # fmt: skip
        for name, value in said.items():
            kind, _, code = name.partition("-")
            if kind == "act" and value:
                shares.append({"id": f"acte-{code}"[:60], "kind": "per_act", "to": code,
                               "amount": f"{value:.2f}"})  # fmt: skip
            if kind == "percent" and value:
                shares.append({"id": f"part-{code}"[:60], "kind": "percent", "to": code,
                               "percent": f"{value.normalize():f}"})  # fmt: skip
        return {
            "label": "Clé convenue par l’équipe", "article": said["article"], "shares": shares,
            "remainder": said["remainder"], "weights": said["weights"],
        }  # fmt: skip


class SignatoryForm(forms.Form):
    """Who joins, in which profession, who is paid."""

    profession = forms.ChoiceField(label="Profession dans le protocole")
    starts_on = day_field("Intervient à partir du")
    employer = forms.ChoiceField(
        label="Qui est payé pour ses actes", required=False, widget=forms.RadioSelect
    )
    conventioned = forms.BooleanField(
        label="Conventionné avec l’assurance maladie", required=False, initial=True
    )
    am_number = forms.CharField(
        label="Numéro d’assurance maladie", max_length=12, required=False, help_text="9 chiffres"
    )
    cpam_number = forms.CharField(
        label="Numéro donné par la CPAM", max_length=20, required=False,
        help_text="Pour qui n’est pas conventionné : diététicien, psychologue, APA (R.162-133).",
    )  # fmt: skip

    def __init__(self, *args: Any, professions: Choices, employers: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["profession"].choices = capital(professions)  # type: ignore[attr-defined]
        self.fields["employer"].choices = [("", "Le professionnel"), *employers]  # type: ignore[attr-defined]


class NumberForm(forms.Form):
    """The number under which the CPAM pays."""

    am_number = forms.CharField(label="Numéro d’assurance maladie", max_length=12, required=False)
    cpam_asked_on = day_field("Déclaré à la CPAM le", required=False)
    cpam_number = forms.CharField(label="Numéro donné par la CPAM", max_length=20, required=False)


class AccountForm(forms.Form):
    """Bank details: the key of the IBAN is checked, only its end is shown afterwards."""

    holder = forms.CharField(label="Titulaire du compte", max_length=120)
    iban = forms.CharField(
        label="IBAN", max_length=50, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Gardé chiffré. Seuls ses quatre derniers caractères seront affichés.",
    )  # fmt: skip
    starts_on = day_field("À partir du", required=False)


# ------------------------------------------------------------------ inclusion
class FactsForm(forms.Form):
    """What the protocol asks about somebody: coded facts, documents, dates, profile."""

    def __init__(self, *args: Any, protocol: Protocol, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.protocol = protocol
        if protocol.profiles:
            choices = capital([(one.id, one.label) for one in protocol.profiles])
            self.fields["profile"] = forms.ChoiceField(
                label="Profil", required=False,
                choices=[("", "À choisir avec la décision"), *choices],
            )  # fmt: skip
            self.fields["profile"].either = True  # type: ignore[attr-defined]
        for fact in protocol.facts:
            self.fields[f"fact-{fact.code}"] = _fact_field(fact)
        for anchor in protocol.anchors:
            if anchor.origin == "entered":
                self.fields[f"anchor-{anchor.id}"] = day_field(anchor.label, required=False)
        for document in protocol.documents:
            if document.blocks == "inclusion":
                self.fields[f"doc-{document.code}"] = day_field(
                    f"{document.label}, reçue le", required=False
                )

    @property
    def said(self) -> Said:
        """What was answered; what was left blank stays unknown."""
        data = self.cleaned_data
        facts = {
            one.code: _value(one, data[f"fact-{one.code}"])
            for one in self.protocol.facts
            if data.get(f"fact-{one.code}") not in {None, ""}
            and not (one.kind == "codes" and not data[f"fact-{one.code}"])
        } if self.protocol.facts else {}  # fmt: skip
        return Said(
            facts, dict(self._days("doc-")), data.get("profile", ""), dict(self._days("anchor-"))
        )

    def _days(self, start: str) -> Iterator[tuple[str, dt.date]]:
        for name, value in self.cleaned_data.items():
            if name.startswith(start) and value:
                yield name.removeprefix(start), value

    @staticmethod
    def initial_of(protocol: Protocol, said: Said) -> dict[str, Any]:
        """The fields filled with what is known already."""
        kinds = {one.code: one.kind for one in protocol.facts}
        filled: dict[str, Any] = {"profile": said.profile}
        for name, value in said.facts.items():
            shown = ("yes" if value else "no") if kinds.get(name) == "boolean" else value
            filled[f"fact-{name}"] = shown
        filled |= {f"doc-{name}": on for name, on in said.documents.items()}
        return filled | {f"anchor-{name}": on for name, on in said.anchors.items()}


def _fact_field(fact: Fact) -> forms.Field:
    label = fact.label + (f" ({fact.unit})" if fact.unit else "")
    choices = capital(fact.choices.items())
    match fact.kind:
        case "number":
            return forms.FloatField(label=label, required=False, min_value=-1e6, max_value=1e6)
        case "date":
            return day_field(label, required=False)
        case "boolean":
            return forms.ChoiceField(label=label, choices=YES, required=False)
        case "choice":
            return forms.ChoiceField(
                label=label, choices=[("", "Je ne sais pas"), *choices], required=False
            )
        case _:
            return forms.MultipleChoiceField(
                label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple
            )


def _value(fact: Fact, value: Any) -> Any:
    return value == "yes" if fact.kind == "boolean" else value


class InformForm(DayForm):
    """The person was informed, and what they said."""

    answer = forms.ChoiceField(
        label="La personne, informée du parcours, de l’équipe et du partage de ses informations",
        choices=[("agrees", "Ne s’oppose pas"), ("objects", "Ne veut pas de ce parcours")],
        widget=forms.RadioSelect,
    )
    by = forms.CharField(label="Informée par", max_length=200, required=False)

    field_order = ("answer", "on", "by")


class DecideForm(DayForm):
    """The decision of inclusion, and who joins the circle."""

    team = forms.MultipleChoiceField(
        label="Qui entre dans le cercle", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Chacun est prévenu, la personne aussi. Personne n’entre en silence.",
    )  # fmt: skip
    profile = forms.ChoiceField(label="Profil", widget=forms.RadioSelect)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    field_order = ("on", "profile", "team")

    def __init__(self, *args: Any, people: Choices, profiles: Choices, **kwargs: Any) -> None:
        """``profiles``: those of a protocol that has some, while none was chosen."""
        super().__init__(*args, **kwargs)
        for name, choices in (("team", people), ("profile", profiles)):
            self.fields[name].choices = choices  # type: ignore[attr-defined]
            if not choices:
                del self.fields[name]


class ValidateForm(DayForm):
    """Whose validation it is: one's own, or one received signed."""

    practice = forms.ChoiceField(label="Médecin", widget=forms.RadioSelect)

    field_order = ("practice", "on")

    def __init__(self, *args: Any, doctors: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["practice"].choices = doctors  # type: ignore[attr-defined]


class SuspendForm(DayForm):
    """From when, and why."""

    reason = forms.CharField(label="Pourquoi ?", max_length=200)


class EndForm(DayForm):
    """Why the pathway is over."""

    reason = forms.ChoiceField(
        label="Motif", widget=forms.RadioSelect,
        choices=capital((v, lab) for v, lab in EndReason.choices if v != EndReason.DEATH),
    )  # fmt: skip
    text = forms.CharField(label="Précision", max_length=300, required=False)

    visits = forms.BooleanField(required=False, initial=True)

    field_order = ("reason", "on", "text", "visits")

    def __init__(self, *args: Any, visits: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if visits:
            count = "le rendez-vous" if visits == 1 else f"les {visits} rendez-vous"
            self.fields["visits"].label = f"Annuler aussi {count} à venir pris pour ses séances"
        else:
            del self.fields["visits"]


class DocumentForm(DayForm):
    """A document received."""

    code = forms.ChoiceField(label="Pièce")

    field_order = ("code", "on")

    def __init__(self, *args: Any, documents: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].choices = documents  # type: ignore[attr-defined]


class AnchorForm(DayForm):
    """A date of the protocol."""

    name = forms.ChoiceField(label="Date")

    field_order = ("name", "on")

    def __init__(self, *args: Any, anchors: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].choices = anchors  # type: ignore[attr-defined]


class EntrustForm(forms.Form):
    """Who follows this person from now on."""

    practice = forms.ChoiceField(label="À qui ?")

    def __init__(self, *args: Any, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["practice"].choices = people  # type: ignore[attr-defined]
