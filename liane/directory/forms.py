"""Forms of the directory."""

from django import forms

from liane.directory.models import Practice
from liane.directory.nomenclatures import choices


def _day(label: str) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}))


def _moment(label: str, *, required: bool = True) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        required=required,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class ContactForm(forms.Form):
    """How somebody is reached."""

    phone = forms.CharField(
        label="Téléphone",
        required=False,
        max_length=25,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel"}),
    )
    email = forms.EmailField(label="Messagerie", required=False)
    line = forms.CharField(label="Adresse", required=False, max_length=200)
    postcode = forms.CharField(label="Code postal", required=False, max_length=10)
    city = forms.CharField(label="Commune", required=False, max_length=100)


class AbsenceForm(forms.Form):
    """An absence: whose, from when to when, who answers."""

    practice = forms.ChoiceField(label="Qui s’absente")
    starts_on = _day("Premier jour")
    ends_on = _day("Dernier jour")
    replaced_by = forms.ChoiceField(label="Qui répond pendant ce temps", required=False)

    def __init__(
        self, *args: object, who: list[Practice], colleagues: list[Practice], **kw: object
    ) -> None:
        super().__init__(*args, **kw)  # type: ignore[arg-type]
        _choose(self.fields["practice"], [(str(p.pk), str(p)) for p in who])
        _choose(
            self.fields["replaced_by"],
            [("", "Personne"), *((str(p.pk), str(p.professional)) for p in colleagues)],
        )


class DutyForm(forms.Form):
    """A turn of duty."""

    practice = forms.ChoiceField(label="Qui")
    starts_at = _moment("Début")
    ends_at = _moment("Fin", required=False)
    deputy = forms.BooleanField(label="En suppléance", required=False)

    def __init__(self, *args: object, colleagues: list[Practice], **kw: object) -> None:
        super().__init__(*args, **kw)  # type: ignore[arg-type]
        _choose(self.fields["practice"], [(str(p.pk), str(p.professional)) for p in colleagues])


class PostForm(forms.Form):
    """A new post."""

    name = forms.CharField(label="Nom du poste", max_length=200)
    phone = forms.CharField(label="Téléphone", required=False, max_length=20)


class LocumForm(forms.Form):
    """A locum contract."""

    replaced = forms.ChoiceField(label="Qui est remplacé")
    rpps = forms.CharField(label="Numéro RPPS du remplaçant", max_length=20)
    starts_on = _day("Premier jour")
    ends_on = _day("Dernier jour")

    def __init__(self, *args: object, who: list[Practice], **kw: object) -> None:
        super().__init__(*args, **kw)  # type: ignore[arg-type]
        _choose(self.fields["replaced"], [(str(p.pk), str(p.professional)) for p in who])


class StaffForm(forms.Form):
    """Somebody who joins the organisation."""

    given = forms.CharField(label="Prénom", max_length=100)
    family = forms.CharField(label="Nom", max_length=100)
    email = forms.EmailField(label="Messagerie")
    role = forms.ChoiceField(label="Rôle", choices=Practice.Role.choices)
    profession = forms.ChoiceField(
        label="Profession", required=False, choices=[("", "Sans objet"), *choices()]
    )
    rpps = forms.CharField(
        label="Numéro RPPS",
        required=False,
        max_length=20,
        help_text="Sans numéro RPPS, votre structure se porte garante de cette personne.",
    )
    function = forms.CharField(label="Fonction", required=False, max_length=100)


def _choose(field: forms.Field, options: list[tuple[str, str]]) -> None:
    field.choices = options  # type: ignore[attr-defined]
