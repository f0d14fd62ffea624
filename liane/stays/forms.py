"""What people type about an absence: dates are optional, the kind is a button."""

from datetime import datetime

from django import forms


class AbsenceForm(forms.Form):
    """From when to when, and where."""

    start = forms.DateTimeField(required=False)
    end = forms.DateTimeField(required=False)
    place = forms.CharField(required=False, max_length=200)


class MomentForm(forms.Form):
    """One moment."""

    at = forms.DateTimeField(required=False)

    def moment(self) -> datetime | None:
        """The moment typed, if any."""
        found: datetime | None = self.cleaned_data["at"] if self.is_valid() else None
        return found
