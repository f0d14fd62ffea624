"""Forms of offers, of those whom to call, and of structures that the directory did not know."""

from typing import Any

from django import forms

from liane.directory import needs
from liane.directory.models import HealthcareService, Organisation

Choices = list[tuple[str, str]]
WHERE: Choices = [("home", "À domicile"), ("site", "Sur place"), ("remote", "À distance")]
ROOM: Choices = [
    (value, str(label)[:1].upper() + str(label)[1:])
    for value, label in HealthcareService.Availability.choices
    if value != HealthcareService.Availability.UNKNOWN
]


class OfferForm(forms.Form):
    """What an organisation offers."""

    need = forms.ChoiceField(label="À quel besoin cela répond")
    name = forms.CharField(
        label="Intitulé", max_length=150, required=False,
        help_text="Vide : le besoin sert d’intitulé.",
    )  # fmt: skip
    where = forms.ChoiceField(
        label="Où", choices=WHERE, widget=forms.RadioSelect, initial="home",
    )  # fmt: skip
    skills = forms.CharField(label="Savoir-faire", max_length=300, required=False)
    conditions = forms.CharField(
        label="Conditions", max_length=300, required=False,
        help_text="Âge, droits ouverts, ordonnance, jours…",
    )  # fmt: skip
    price = forms.CharField(label="Coût pour la personne", max_length=200, required=False)
    referral = forms.CharField(
        label="Comment orienter", max_length=300, required=False,
        help_text="Appel, formulaire, ordonnance : ce qu’il faut faire, et auprès de qui.",
    )  # fmt: skip
    capacity = forms.IntegerField(
        label="Places en tout", min_value=0, max_value=9999, required=False
    )
    correspondent = forms.ChoiceField(label="Qui appeler", required=False)
    areas = forms.CharField(
        label="Territoire desservi", max_length=400, required=False,
        help_text="Communes, intercommunalités, départements, séparés par des virgules. "
        "Vide : le territoire de la structure.",
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["need"].choices = [("", "Choisir"), *needs.choices()]  # type: ignore[attr-defined]
        self.fields["correspondent"].choices = [("", "Le standard"), *people]  # type: ignore[attr-defined]


class PlacesForm(forms.Form):
    """Whether there is room now."""

    availability = forms.ChoiceField(label="Aujourd’hui", choices=ROOM)
    free_places = forms.IntegerField(
        label="Places libres", min_value=0, max_value=9999, required=False
    )
    delay_days = forms.IntegerField(
        label="Délai en jours", min_value=0, max_value=1000, required=False
    )


class ReasonForm(forms.Form):
    """Why it no longer holds."""

    reason = forms.CharField(label="Pourquoi", max_length=200)


class CorrespondentForm(forms.Form):
    """Whom to call."""

    name = forms.CharField(label="Nom, ou fonction si personne n’est nommé", max_length=150)
    function = forms.CharField(label="Fonction", max_length=150, required=False)
    topic = forms.CharField(label="Pour quoi l’appeler", max_length=200, required=False)
    phone = forms.CharField(
        label="Téléphone", max_length=25, required=False,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel"}),
    )  # fmt: skip
    email = forms.EmailField(label="Messagerie", required=False)


class OrganisationForm(forms.Form):
    """A structure that the directory does not know."""

    name = forms.CharField(label="Nom", max_length=200)
    kind = forms.ChoiceField(
        label="Type",
        choices=[("", "Choisir"), *(
            (value, str(label)[:1].upper() + str(label)[1:])
            for value, label in Organisation.Kind.choices if value != Organisation.Kind.OPERATOR
        )],
    )  # fmt: skip
    commune = forms.CharField(label="Commune ou code postal", max_length=100)
    line = forms.CharField(label="Adresse", max_length=200, required=False)
    phone = forms.CharField(
        label="Téléphone", max_length=25, required=False,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel"}),
    )  # fmt: skip
