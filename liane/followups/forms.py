"""Forms of the file active."""

from typing import Any

from django import forms

from liane.followups.contacts import LONGEST
from liane.followups.models import Contact
from liane.followups.states import ExitReason, Level, Stage

Choices = list[tuple[str, str]]
DAY = {"type": "date"}


def capital(choices: Any) -> Choices:
    """Choices as sentences begin."""
    return [(str(value), str(label)[:1].upper() + str(label)[1:]) for value, label in choices]


LEVELS: Choices = [
    (Level.ONE_OFF, "Appui ponctuel (étayage)"),
    (Level.SUSTAINED, "Soutenu"),
    (Level.INTENSIVE, "Intensif (gestion de cas)"),
]


class ContactForm(forms.Form):
    """A contact: two taps are enough, the rest is optional. ``ESSENTIAL``: fields shown first."""

    ESSENTIAL = 2

    channel = forms.ChoiceField(
        label="Comment ?", choices=capital(Contact.Channel.choices), widget=forms.RadioSelect
    )
    note = forms.CharField(
        label="Ce qui a été dit",
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    direction = forms.ChoiceField(
        label="Qui a pris contact ?",
        choices=[("out", "Nous"), ("in", "Eux")],
        initial="out",
        widget=forms.RadioSelect,
    )
    partner = forms.ChoiceField(label="Avec quelle structure", required=False)
    minutes = forms.IntegerField(
        label="Durée en minutes", min_value=1, max_value=1440, required=False
    )
    again_on = forms.DateField(
        label="Y revenir le", required=False, widget=forms.DateInput(DAY, format="%Y-%m-%d")
    )
    again = forms.CharField(label="Pour faire quoi", max_length=300, required=False)

    def __init__(self, *args: Any, partners: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["partner"].choices = [("", "Aucune"), *partners]  # type: ignore[attr-defined]


class PartnerContactForm(ContactForm):
    """A contact with a structure, about nobody in particular."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, partners=[], **kwargs)
        for name in ("partner", "again_on", "again"):
            del self.fields[name]


class VersionForm(forms.Form):
    """What one read when one began."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class LevelForm(VersionForm):
    """Another level, and why."""

    level = forms.ChoiceField(label="Niveau", choices=LEVELS, widget=forms.RadioSelect)
    reason = forms.CharField(label="Pourquoi ?", max_length=300)


class OpenForm(forms.Form):
    """A first accompaniment, or another one."""

    level = forms.ChoiceField(label="Niveau", choices=LEVELS, widget=forms.RadioSelect)
    reason = forms.CharField(label="Pourquoi ?", max_length=300, required=False)


class StageForm(VersionForm):
    """Another stage."""

    stage = forms.ChoiceField(label="Étape", widget=forms.RadioSelect)
    reason = forms.CharField(label="Précision", max_length=300, required=False)

    def __init__(self, *args: Any, stages: set[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stage"].choices = capital(  # type: ignore[attr-defined]
            (value, label) for value, label in Stage.choices
            if value in stages and value != Stage.EXIT
        )  # fmt: skip


class EntrustForm(VersionForm):
    """To which colleague."""

    practice = forms.ChoiceField(label="À qui ?")
    reason = forms.CharField(label="Pourquoi ?", max_length=300, required=False)

    def __init__(self, *args: Any, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["practice"].choices = people  # type: ignore[attr-defined]


class ExitForm(VersionForm):
    """Why it ends, and what is said."""

    exit_reason = forms.ChoiceField(
        label="Motif de sortie", choices=capital(ExitReason.choices), widget=forms.RadioSelect
    )
    text = forms.CharField(
        label="Retour au demandeur et au médecin traitant", max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip


class ReminderForm(forms.Form):
    """When to come back to it, and for what."""

    again_on = forms.DateField(label="Y revenir le", widget=forms.DateInput(DAY, format="%Y-%m-%d"))
    again = forms.CharField(label="Pour faire quoi ?", max_length=300)
