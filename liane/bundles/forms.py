"""Forms of money: rights, a reason, a file of the payer, a share collected."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone

from liane.bundles.models import Coverage, ShareReceipt
from liane.bundles.models.rights import EXEMPTION_CHOICES

DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class RightsForm(forms.Form):
    """What is read on the card, on line or on the paper."""

    number = forms.CharField(
        label="Numéro de l’assuré", max_length=21,
        help_text="15 chiffres, celui de l’assuré : pour un enfant, celui du parent.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
    quality = forms.ChoiceField(label="La personne est", choices=Coverage.Quality.choices)
    rank = forms.IntegerField(
        label="Rang de naissance", min_value=1, max_value=9, initial=1,
        help_text="Le chiffre à côté de la date de naissance, sur la carte.",
    )  # fmt: skip
    amo = forms.CharField(
        label="Organisme obligatoire", min_length=9, max_length=9,
        help_text="Neuf chiffres : régime, caisse, centre.",
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    amo_name = forms.CharField(label="Nom de la caisse", max_length=100, required=False)
    starts_on = forms.DateField(label="Droits ouverts le", widget=DATE)
    ends_on = forms.DateField(label="Droits jusqu’au", widget=DATE, required=False)
    amc = forms.CharField(
        label="Numéro de la complémentaire", max_length=10, required=False,
        help_text="Vide : aucune complémentaire ne paie, la structure perçoit la participation.",
    )  # fmt: skip
    amc_name = forms.CharField(label="Nom de la complémentaire", max_length=100, required=False)
    exemption = forms.ChoiceField(label="Exonération", choices=EXEMPTION_CHOICES, required=False)
    exemption_from = forms.DateField(label="Exonération depuis le", widget=DATE, required=False)
    exemption_until = forms.DateField(label="Exonération jusqu’au", widget=DATE, required=False)
    seen = forms.ChoiceField(label="Lus sur", choices=Coverage.Seen.choices)


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label="Motif", max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )


class DifferenceForm(forms.Form):
    """Why less was paid than asked."""

    text = forms.CharField(
        label="Explication de l’écart", max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )


class ReturnForm(forms.Form):
    """A file of the payer."""

    file = forms.FileField(
        label="Fichier de retour",
        help_text="CSV (facture;ligne;statut;montant;date;code;motif;reference), ou FHIR "
        "ClaimResponse, PaymentReconciliation.",
        widget=forms.FileInput(attrs={"accept": ".csv,.json,text/csv,application/json"}),
    )  # fmt: skip


class BilledForm(forms.Form):
    """Acts billed one by one, from a billing software."""

    file = forms.FileField(
        label="Fichier des actes", widget=forms.FileInput(attrs={"accept": ".csv,text/csv"})
    )


class ShareForm(forms.Form):
    """The person paid their share, or a part of it."""

    amount = forms.DecimalField(
        label="Montant reçu (€)", min_value=Decimal("0.01"), max_digits=9, decimal_places=2
    )
    means = forms.ChoiceField(label="Moyen", choices=ShareReceipt.Means.choices)
    on = forms.DateField(label="Reçu le", widget=DATE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = timezone.localdate()

    @property
    def cents(self) -> int:
        """The amount in cents."""
        return int(self.cleaned_data["amount"] * 100)
