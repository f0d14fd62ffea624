"""Forms of the agenda: what people type, turned into visits and rules."""

import datetime as dt
import re
from typing import Any

from django import forms
from django.utils import timezone

from liane.agenda.models import Place
from liane.agenda.recurrence import DAY_WORDS, Every, Rule
from liane.agenda.schedules import Hours
from liane.interventions.models import ActKind, Intervention

REPEATS = [
    ("", "Une seule fois"),
    ("daily", "Tous les jours"),
    ("every_n", "Tous les … jours"),
    ("weekdays", "Chaque jour de semaine"),
    ("weekly", "Chaque semaine"),
    ("fortnightly", "Une semaine sur deux"),
    ("monthly", "Tous les mois"),
]
OUTSIDE = "hors"
"""Chosen for a visit that is no part of the pathway; not a code of any nomenclature."""
BILLED = re.compile(r"[A-Z]{4}\d{3}|[A-Z]{1,5}( ?\d{1,3}([.,]\d{1,2})?)?")
"""A code of the CCAM, or a key letter of the NGAP with its coefficient."""
HOLDER_FIELDS = {"practice": "practice_id", "organisation": "organisation_id", "post": "post_id"}


def day_field(label: str, *, required: bool = True, help_text: str = "") -> forms.DateField:
    """A date chosen with the browser's own calendar."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget, help_text=help_text)


def hour_field(label: str) -> forms.TimeField:
    """A time of day chosen with the browser's own clock."""
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, widget=widget)


class Moment(forms.Form):
    """A local day and hour."""

    day = day_field("Jour")
    hour = hour_field("Heure")

    @property
    def starts_at(self) -> dt.datetime:
        """The moment chosen, aware."""
        data = self.cleaned_data
        return dt.datetime.combine(
            data["day"], data["hour"], tzinfo=timezone.get_current_timezone()
        )


class MoveForm(Moment):
    """Another moment for one visit."""

    minutes = forms.IntegerField(label="Durée en minutes", min_value=5, max_value=1440)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class MoveSeriesForm(MoveForm):
    """The same for a visit that comes back: it alone, with those that follow, or all to come."""

    ONE, FOLLOWING, ALL = "one", "following", "all"

    instructions = forms.CharField(
        label="Consignes pratiques",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Changées pour les visites suivantes ou toute la série.",
    )
    scope = forms.ChoiceField(
        label="Quelles visites",
        choices=[
            (ONE, "Cette visite seulement"),
            (FOLLOWING, "Cette visite et les suivantes"),
            (ALL, "Toute la série (les visites à venir)"),
        ],
        widget=forms.RadioSelect,
        initial=ONE,
    )


class PlanForm(Moment):
    """A visit or a series: who, when, for what, how often."""

    intervenant = forms.ChoiceField(label="Qui vient")
    kind = forms.ChoiceField(label="Type", choices=ActKind.choices)
    title = forms.CharField(
        label="Objet", max_length=120, required=False, help_text="Pansement, toilette, bilan…"
    )
    minutes = forms.IntegerField(label="Durée en minutes", min_value=5, max_value=1440, initial=30)
    place = forms.ChoiceField(label="Lieu", choices=Place.choices)
    instructions = forms.CharField(
        label="Consignes pratiques",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Clés, repas, chien… rien de médical ici.",
    )
    repeat = forms.ChoiceField(label="Répéter", choices=REPEATS, required=False)
    interval = forms.IntegerField(
        label="Tous les combien de jours", min_value=2, max_value=52, required=False
    )
    days = forms.MultipleChoiceField(
        label="Quels jours",
        choices=[(str(number), word) for number, word in enumerate(DAY_WORDS)],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Pour une répétition par semaine ; sinon le jour choisi plus haut.",
    )
    until = day_field("Jusqu’au", required=False, help_text="Sans date, la série continue.")

    def __init__(self, *args: Any, choices: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["intervenant"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A repetition that says what it needs."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("repeat") == "every_n" and not data.get("interval"):
            self.add_error("interval", "Dites tous les combien de jours.")
        if data.get("until") and data.get("day") and data["until"] < data["day"]:
            self.add_error("until", "La fin vient avant la première visite.")
        return data

    @property
    def holder(self) -> dict[str, Any]:
        """The intervenant's column and identifier."""
        field, _, value = self.cleaned_data["intervenant"].partition(":")
        return {HOLDER_FIELDS[field]: value}

    @property
    def rule(self) -> Rule | None:
        """The repetition chosen, or None for a single visit."""
        data = self.cleaned_data
        repeat, until = data["repeat"], data["until"]
        days = tuple(int(day) for day in data["days"])
        rules = {
            "daily": lambda: Rule(Every.DAY, until=until),
            "every_n": lambda: Rule(Every.DAY, data["interval"], until=until),
            "weekdays": lambda: Rule(Every.DAY, days=(0, 1, 2, 3, 4), until=until),
            "weekly": lambda: Rule(Every.WEEK, 1, days, until),
            "fortnightly": lambda: Rule(Every.WEEK, 2, days, until),
            "monthly": lambda: Rule(Every.MONTH, until=until),
        }
        return rules[repeat]() if repeat else None


class OutcomeForm(forms.Form):
    """What was found, in one tap and a short note; the act, for who follows a pathway."""

    outcome = forms.ChoiceField(
        label="Constat",
        choices=[(value, label.capitalize()) for value, label in Intervention.Outcome.choices],
        widget=forms.RadioSelect,
        initial=Intervention.Outcome.NOTHING,
    )
    note = forms.CharField(
        label="Note",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Un problème alerte le médecin et l’équipe : dites lequel.",
    )

    billed = forms.CharField(
        label="Code facturé à l’acte", max_length=60, required=False,
        help_text="NGAP ou CCAM, par exemple AMI 4 ; plusieurs séparés par un +. Il sert à "
        "vérifier qu’aucun forfait ne paie déjà cet acte.",
    )  # fmt: skip

    def __init__(
        self, *args: Any, acts: list[tuple[str, str]] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if acts:
            self.fields["code"] = forms.ChoiceField(
                label="Acte du parcours", required=False,
                choices=[("", "Non précisé"), *acts, (OUTSIDE, "Hors parcours")],
            )  # fmt: skip

    @property
    def code(self) -> str | None:
        """The act chosen; ``""``: no part of the pathway; None: not said."""
        chosen = self.cleaned_data.get("code") or None
        return "" if chosen == OUTSIDE else chosen

    def clean_billed(self) -> str:
        """Codes that look like those of a nomenclature."""
        for code in (said := self._codes(self.cleaned_data["billed"])):
            if not BILLED.fullmatch(code):
                raise forms.ValidationError(f"« {code} » n’est pas un code NGAP ou CCAM.")
        return "+".join(said)

    @staticmethod
    def _codes(text: str) -> list[str]:
        return [code for part in text.upper().split("+") if (code := " ".join(part.split()))]

    @property
    def billed_codes(self) -> tuple[str, ...]:
        """The codes typed, as `interventions.Act` takes them."""
        return tuple(self._codes(self.cleaned_data.get("billed", "")))

    @property
    def said(self) -> dict[str, Any]:
        """What was typed, as `services.mark_done` takes it."""
        return {
            "outcome": self.cleaned_data["outcome"], "note": self.cleaned_data["note"],
            "code": self.code, "billed": self.billed_codes,
        }  # fmt: skip


class NoteVisitForm(OutcomeForm, Moment):
    """A visit that nobody planned, written down afterwards."""

    kind = forms.ChoiceField(label="Type", choices=ActKind.choices)
    title = forms.CharField(label="Objet", max_length=120, required=False)
    minutes = forms.IntegerField(
        label="Durée en minutes", min_value=1, max_value=1440, required=False
    )
    practice = forms.ChoiceField(label="Pour quelle structure")

    late_reason = forms.CharField(
        label="Pourquoi si tard ?", max_length=200, required=False,
        help_text="Pour une séance de parcours de plus de trente jours.",
    )  # fmt: skip

    field_order = (
        "day", "hour", "code", "kind", "title", "outcome", "note", "minutes", "practice",
        "late_reason", "billed",
    )  # fmt: skip

    def __init__(self, *args: Any, practices: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "code" in self.fields:
            self.fields["practice"].label = "Fait par"
        else:
            del self.fields["late_reason"]
        self.order_fields(self.field_order)
        self.fields["practice"].choices = practices  # type: ignore[attr-defined]
        if len(practices) == 1:
            self.fields["practice"].widget = forms.HiddenInput()
            self.fields["practice"].initial = practices[0][0]


class ReasonForm(forms.Form):
    """Why, in a word; told to the people concerned."""

    reason = forms.CharField(label="Motif", max_length=200, required=False)


class DeclineForm(forms.Form):
    """Why visits do not resume; told to the team."""

    reason = forms.CharField(
        label="Motif", max_length=200,
        help_text="Par exemple : relais pris par une autre équipe, entrée en établissement.",
    )  # fmt: skip


class RoundForm(forms.Form):
    """A file of visits planned in another software."""

    file = forms.FileField(label="Fichier .ics ou .csv", max_length=200)
    practice = forms.ChoiceField(label="Pour quelle structure")

    def __init__(self, *args: Any, practices: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["practice"].choices = practices  # type: ignore[attr-defined]


class FeedForm(forms.Form):
    """A new calendar link."""

    practice = forms.ChoiceField(label="Structure")
    with_town = forms.BooleanField(
        label="Montrer aussi la commune", required=False,
        help_text="Sans elle, chaque visite se lit « Visite à domicile ».",
    )  # fmt: skip

    def __init__(self, *args: Any, practices: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["practice"].choices = practices  # type: ignore[attr-defined]


class OpeningForm(forms.Form):
    """Hours opened every week to whoever looks for a time."""

    practice = forms.ChoiceField(label="Structure")
    days = forms.MultipleChoiceField(
        label="Quels jours",
        choices=[(str(number), word) for number, word in enumerate(DAY_WORDS)],
        widget=forms.CheckboxSelectMultiple,
    )
    start = hour_field("De")
    end = hour_field("À")
    minutes = forms.IntegerField(
        label="Durée d’un créneau, en minutes", min_value=5, max_value=480, initial=30,
        help_text="La même pour toutes les plages d’une structure.",
    )  # fmt: skip
    until = day_field("Jusqu’au", required=False, help_text="Sans date, chaque semaine.")

    def __init__(self, *args: Any, practices: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["practice"].choices = practices  # type: ignore[attr-defined]
        if len(practices) == 1:
            self.fields["practice"].widget = forms.HiddenInput()
            self.fields["practice"].initial = practices[0][0]

    def clean(self) -> dict[str, Any]:
        """It ends after it begins."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("start") and data.get("end") and data["end"] <= data["start"]:
            self.add_error("end", "L’heure de fin vient après celle du début.")
        return data

    @property
    def hours(self) -> Hours:
        """The hours, from today on."""
        data, zone = self.cleaned_data, timezone.get_current_timezone()
        today = timezone.localdate()
        days = tuple(int(day) for day in data["days"])
        rule = Rule(Every.WEEK, 1, days, data["until"])
        return Hours(
            dt.datetime.combine(today, data["start"], tzinfo=zone),
            dt.datetime.combine(today, data["end"], tzinfo=zone),
            rule=rule.text,
        )
