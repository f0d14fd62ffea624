"""What somebody types in their own portal: little, in plain words."""

from django import forms

from liane.patients.models import Contact, Wish

DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class MyContactData(forms.Form):
    """Where I live, how to reach me."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    phone = forms.CharField(label="Mon téléphone", max_length=20, required=False)
    email = forms.EmailField(label="Mon adresse de messagerie", required=False)
    address_line = forms.CharField(label="Mon adresse", max_length=200, required=False)
    postcode = forms.CharField(label="Code postal", max_length=10, required=False)
    city = forms.CharField(label="Commune", max_length=100, required=False)
    access_hint = forms.CharField(
        label="Pour entrer chez moi", max_length=200, required=False, help_text="Étage, code, clé."
    )


class MyWish(forms.Form):
    """Do I agree that my record is shared?"""

    answer = forms.ChoiceField(
        label="Êtes-vous d’accord pour que ceux qui vous soignent partagent votre dossier ?",
        choices=[(Wish.Answer.AGREES, "Oui"), (Wish.Answer.REFUSES, "Non")],
        widget=forms.RadioSelect,
    )
    sure = forms.BooleanField(
        label="Si je réponds non : je sais que mon dossier se ferme pour tous ceux qui me soignent",
        required=False,
    )

    def clean(self) -> dict[str, object]:
        """A refusal closes the record: it is confirmed in the same gesture."""
        data = super().clean() or {}
        if data.get("answer") == Wish.Answer.REFUSES and not data.get("sure"):
            self.add_error("sure", "Cochez cette case pour confirmer votre refus.")
        return data


class CarerRight(forms.Form):
    """What this person may do in my record."""

    access = forms.ChoiceField(
        label="Dans mon dossier, cette personne",
        choices=[
            (Contact.Access.NONE, "ne voit rien"),
            (Contact.Access.READ, "peut voir ce que je partage avec elle"),
            (Contact.Access.WRITE, "peut voir et écrire"),
        ],
        required=False,
        widget=forms.RadioSelect,
    )
    until = forms.DateField(label="Jusqu’au", widget=DATE, required=False)
