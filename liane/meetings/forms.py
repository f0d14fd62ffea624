"""Forms of meetings."""

import datetime as dt
from typing import Any
from uuid import UUID

from django import forms

from liane.meetings.models import Meeting
from liane.meetings.rules import FEWEST_SLOTS, MOST_SLOTS
from liane.meetings.services import Guest


def _text(label: str, rows: int = 3, longest: int = 2_000, **more: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, widget=widget, max_length=longest, **more)


class GuestForm(forms.Form):
    """A professional outside the circle."""

    guest_name = forms.CharField(
        label="Ou quelqu’un d’ailleurs : son nom", max_length=120, required=False
    )
    guest_what = forms.CharField(label="Sa fonction", max_length=120, required=False)
    guest_email = forms.EmailField(label="Son adresse de messagerie", required=False)
    guest_phone = forms.CharField(
        label="Son mobile", max_length=30, required=False,
        help_text="Pour recevoir le code par SMS. Sinon, vous le lui direz.",
    )  # fmt: skip
    guest_consent = forms.CharField(
        label="Accord de la personne", max_length=500, required=False,
        help_text="Quand et comment elle a accepté que ce professionnel soit informé.",
    )  # fmt: skip

    @property
    def guests(self) -> tuple[Guest, ...]:
        """The guest that was typed, if any."""
        data = self.cleaned_data
        if not any(data[name] for name in self.fields if name.startswith("guest_")):
            return ()
        return (
            Guest(
                name=data["guest_name"], email=data["guest_email"], what=data["guest_what"],
                phone=data["guest_phone"], consent=data["guest_consent"],
            ),
        )  # fmt: skip


class CallForm(GuestForm):
    """Convene: why, where, when, whom."""

    motive = _text("Pourquoi se réunir")
    place = forms.CharField(label="Lieu", max_length=500, required=False)
    video = forms.CharField(
        label="Lien de visioconférence", max_length=500, required=False,
        help_text="Une adresse en https://…",
    )  # fmt: skip
    minutes = forms.TypedChoiceField(
        label="Durée", coerce=int, initial=60,
        choices=[(30, "30 minutes"), (45, "45 minutes"), (60, "1 heure"), (90, "1 heure 30"),
                 (120, "2 heures")],
    )  # fmt: skip
    participants = forms.MultipleChoiceField(
        label="Qui réunir", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["participants"].choices = choices  # type: ignore[attr-defined]
        for number in range(1, MOST_SLOTS + 1):
            self.fields[f"slot_{number}"] = forms.DateTimeField(
                label=f"Date {number}",
                required=number <= FEWEST_SLOTS,
                input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
                widget=forms.DateTimeInput(
                    attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
                ),
            )

    @property
    def slots(self) -> tuple[dt.datetime, ...]:
        """The moments typed."""
        found = (self.cleaned_data.get(f"slot_{n}") for n in range(1, MOST_SLOTS + 1))
        return tuple(one for one in found if one is not None)

    @property
    def practices(self) -> tuple[UUID, ...]:
        """Members chosen."""
        return tuple(UUID(value) for value in self.cleaned_data["participants"])

    @property
    def about(self) -> list[Any]:
        """The fields of the first part."""
        return [self[name] for name in ("motive", "place", "video", "minutes")]

    @property
    def when(self) -> list[Any]:
        """The fields of the moments."""
        return [self[f"slot_{number}"] for number in range(1, MOST_SLOTS + 1)]

    @property
    def outside(self) -> list[Any]:
        """The fields of the professional outside."""
        return [self[name] for name in self.fields if name.startswith("guest_")]


class InviteForm(GuestForm):
    """One more participant."""

    practice = forms.ChoiceField(label="Un membre du cercle", required=False)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["practice"].choices = [("", "—"), *choices]  # type: ignore[attr-defined]
        self.order_fields(["practice"])


class ReasonForm(forms.Form):
    """Why it is cancelled."""

    reason = _text("Pourquoi", longest=500)


class SectionForm(forms.Form):
    """One heading of the sheet."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    text = _text("Notes", rows=10, longest=10_000, required=False)


class AttendanceForm(forms.Form):
    """The person's presence and her voice."""

    person = forms.ChoiceField(
        label="La personne", choices=[("", "—"), *Meeting.Presence.choices], required=False
    )
    voice = _text("Comment sa parole a été entendue", rows=2, required=False)
    others = forms.CharField(label="Autres présents (proches…)", max_length=500, required=False)


class DecisionForm(forms.Form):
    """A decision."""

    text = _text("Décision", rows=2, longest=1_000)
    assignee = forms.ChoiceField(label="Qui", required=False)
    who_else = forms.CharField(label="Ou quelqu’un d’autre", max_length=200, required=False)
    due_on = forms.DateField(
        label="Pour le", required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].choices = [("", "à préciser"), *choices]  # type: ignore[attr-defined]


class ObjectiveForm(forms.Form):
    """For which objective of the plan."""

    objective = forms.ChoiceField(label="Pour quel objectif du plan")

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["objective"].choices = choices  # type: ignore[attr-defined]
