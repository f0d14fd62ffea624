"""Forms around an assessment. Its questions have none: they come from the questionnaire."""

from typing import Any

from django import forms
from django.utils import timezone

from liane.assessments.models import Questionnaire


class ChoiceForm(forms.Form):
    """Which questionnaire."""

    questionnaire = forms.ChoiceField(
        label="Quelle évaluation commencer ?",
        error_messages={
            "required": "Choisissez une évaluation.",
            "invalid_choice": "Choisissez une évaluation de la liste.",
        },
    )

    def __init__(self, *args: Any, offered: list[Questionnaire], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(row.pk), row.title) for row in offered]
        self.fields["questionnaire"].choices = choices  # type: ignore[attr-defined]


class CompletionForm(forms.Form):
    """When it was done, and whether the person may read it."""

    on = forms.DateField(
        label="Date de l’évaluation",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    for_person = forms.BooleanField(label="La personne peut lire les résultats", required=False)

    def clean_on(self) -> Any:
        """Not in the future."""
        day = self.cleaned_data["on"]
        if day > timezone.localdate():
            raise forms.ValidationError("Cette date est dans l’avenir : corrigez-la.")
        if day.year < 1900:
            raise forms.ValidationError("Cette date est trop ancienne.")
        return day


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label="Pourquoi", max_length=300)
