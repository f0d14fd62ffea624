"""Forms of relations, conventions, campaigns and unmet needs."""

from typing import Any

from django import forms

from liane.directory import needs
from liane.directory.models import Organisation
from liane.partners.models import Campaign, UnmetNeed
from liane.partners.states import BY_HAND, Outcome, Relation, Unmet

Choices = list[tuple[str, str]]


def capital(choices: Any) -> Choices:
    """Choices as sentences begin."""
    return [(str(value), str(label)[:1].upper() + str(label)[1:]) for value, label in choices]


def _day(label: str, *, required: bool = True, help_text: str = "") -> forms.DateField:
    return forms.DateField(
        label=label, required=required, help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip


class RelationForm(forms.Form):
    """Another state of a relation."""

    status = forms.ChoiceField(label="Où en est la relation ?", widget=forms.RadioSelect)
    reason = forms.CharField(label="Pourquoi, ou une précision", max_length=500, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, after: set[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["status"].choices = capital(  # type: ignore[attr-defined]
            (value, label) for value, label in Relation.choices if value in after
        )


class ConventionForm(forms.Form):
    """A convention that was signed."""

    title = forms.CharField(label="Objet", max_length=200)
    signed_on = _day("Signée le")
    starts_on = _day("À partir du")
    ends_on = _day("Jusqu’au", required=False, help_text="Vide : sans terme.")
    tacit = forms.BooleanField(label="Reconduction tacite", required=False)
    remind_on = _day(
        "Me le rappeler le", required=False, help_text="Vide : trois mois avant la fin."
    )
    file = forms.FileField(label="Le document signé", required=False)


class FileForm(forms.Form):
    """A document of a convention."""

    file = forms.FileField(label="Document")


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label="Pourquoi", max_length=200)


class CampaignForm(forms.Form):
    """A new campaign."""

    title = forms.CharField(label="Titre", max_length=150)
    way = forms.ChoiceField(
        label="Comment", choices=[("call", "Par appels"), ("mail", "Par courriel")],
        initial=Campaign.Way.CALL, widget=forms.RadioSelect,
    )  # fmt: skip
    message = forms.CharField(
        label="Ce qu’il faut dire, ou le courriel", max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Aucun nom de personne accompagnée, aucune donnée de santé.",
    )  # fmt: skip
    due_on = _day("À finir avant le", required=False)


class ChooseForm(forms.Form):
    """Which organisations a campaign is for."""

    kind = forms.ChoiceField(
        label="Type", required=False,
        choices=[("", "Tous"), *capital(
            pair for pair in Organisation.Kind.choices if pair[0] != Organisation.Kind.OPERATOR
        )],
    )  # fmt: skip
    status = forms.ChoiceField(
        label="Relation", required=False, choices=[("", "Toutes"), *capital(Relation.choices)]
    )
    place = forms.CharField(label="Autour de la commune", max_length=100, required=False)


class AttemptForm(forms.Form):
    """What an organisation answered."""

    outcome = forms.ChoiceField(
        label="Qu’en est-il ?", choices=capital((one, Outcome(one).label) for one in BY_HAND),
        widget=forms.RadioSelect,
    )  # fmt: skip
    answer = forms.CharField(label="Leur réponse", max_length=300, required=False)
    minutes = forms.IntegerField(
        label="Durée en minutes", min_value=1, max_value=1440, required=False
    )


class MissingForm(forms.Form):
    """What was missing."""

    need = forms.ChoiceField(label="Qu’est-ce qui manquait ?")
    why = forms.ChoiceField(
        label="Pourquoi ?", choices=capital(UnmetNeed.Why.choices), widget=forms.RadioSelect
    )
    commune = forms.CharField(label="Dans quelle commune", max_length=100)
    what = forms.CharField(label="Précision", max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["need"].choices = [("", "Choisir"), *needs.choices()]  # type: ignore[attr-defined]


class SettleForm(forms.Form):
    """What became of an unmet need."""

    status = forms.ChoiceField(label="Qu’est-il devenu ?", widget=forms.RadioSelect)
    reason = forms.CharField(label="Comment, ou pourquoi", max_length=500, required=False)

    def __init__(self, *args: Any, after: set[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["status"].choices = capital(  # type: ignore[attr-defined]
            (value, label) for value, label in Unmet.choices if value in after
        )
