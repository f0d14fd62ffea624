"""Forms of tasks."""

from typing import Any
from uuid import UUID

from django import forms

from liane.tasks.models import Task

HOLDER_FIELDS = {"practice": "practice_id", "organisation": "organisation_id", "post": "post_id"}


class TaskForm(forms.Form):
    """What, by whom, until when."""

    title = forms.CharField(label="Que faut-il faire ?", max_length=200)
    assignee = forms.ChoiceField(label="À qui")
    due_on = forms.DateField(
        label="Pour le",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    priority = forms.TypedChoiceField(
        label="Priorité",
        choices=[(value, label.capitalize()) for value, label in Task.Priority.choices],
        coerce=int,
        initial=Task.Priority.NORMAL,
    )
    details = forms.CharField(
        label="Précisions",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, choices: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].choices = choices  # type: ignore[attr-defined]

    @property
    def holder(self) -> dict[str, Any]:
        """The column of the one who is asked."""
        field, _, value = self.cleaned_data["assignee"].partition(":")
        return {"role": value} if field == "role" else {HOLDER_FIELDS[field]: UUID(value)}


class RefusalForm(forms.Form):
    """Why not."""

    reason = forms.CharField(label="Pourquoi", max_length=300)
