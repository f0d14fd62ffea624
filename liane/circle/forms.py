"""Forms of a person's record, kept thin: what is typed, never what is allowed."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from django import forms
from PIL import Image

from liane.circle.models import Membership
from liane.circle.services.protection import REASONS
from liane.core.errors import Refused
from liane.core.files import kinds, store
from liane.patients import ins
from liane.patients.datamatrix import LONGEST, InsCode, parse, read_picture
from liane.patients.models import Contact, Patient, Wish

DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def settle(form: forms.Form, do: Callable[[], Any]) -> Any:
    """``do()``, or None after putting its refusal beside the field at fault."""
    try:
        return do()
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return None


class TraitsForm(forms.Form):
    """Strict traits as an identity document gives them, and how the person is called."""

    birth_name = forms.CharField(label="Nom de naissance", max_length=100)
    given_names = forms.CharField(label="Prénoms de naissance", max_length=200)
    used_name = forms.CharField(label="Nom utilisé", max_length=100, required=False)
    used_given = forms.CharField(label="Prénom utilisé", max_length=100, required=False)
    sex = forms.ChoiceField(label="Sexe", choices=Patient.Sex.choices)
    birth_date = forms.DateField(label="Date de naissance", widget=DATE, required=False)
    birth_place_name = forms.CharField(label="Lieu de naissance", max_length=100, required=False)
    birth_place = forms.RegexField(
        label="Code commune de naissance",
        regex=r"^[0-9AB]{5}$",
        required=False,
        help_text="Code officiel géographique, 5 caractères ; 99 et le pays à l’étranger.",
    )


class CorrectionForm(TraitsForm):
    """Traits corrected, and why."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Pourquoi ?",
        max_length=200,
        required=False,
        help_text="Par exemple : carte d’identité vue. L’identité redevient provisoire.",
    )


class WishForm(forms.Form):
    """The one oral question."""

    answer = forms.ChoiceField(
        label="« Êtes-vous d’accord pour que ceux qui vous soignent partagent ce dossier ? »",
        choices=[
            (Wish.Answer.AGREES, "Elle ou il est d’accord"),
            (Wish.Answer.UNABLE, "Hors d’état de répondre"),
            (Wish.Answer.REFUSES, "Elle ou il refuse"),
        ],
        widget=forms.RadioSelect,
    )
    consulted = forms.CharField(
        label="Qui a été consulté ?",
        max_length=150,
        required=False,
        help_text="Si la personne ne peut répondre : personne de confiance, famille, proche.",
    )


class OpeningForm(TraitsForm, WishForm):
    """A new person: traits, then the question."""

    matricule = forms.CharField(
        label="Matricule INS", max_length=25, required=False, help_text="Pour éviter un doublon."
    )
    phone = forms.CharField(label="Téléphone", max_length=20, required=False)
    address_line = forms.CharField(label="Adresse", max_length=200, required=False)
    postcode = forms.CharField(label="Code postal", max_length=10, required=False)
    city = forms.CharField(label="Commune", max_length=100, required=False)
    different = forms.BooleanField(
        label="J’ai vérifié : ce n’est aucune de ces personnes", required=False
    )

    def number(self) -> ins.Matricule | None:
        """The matricule typed, checked."""
        typed = self.cleaned_data.get("matricule", "")
        return ins.parse(typed) if typed else None


class ScanForm(forms.Form):
    """An INS datamatrix: typed by a scanner, or photographed. The picture is not kept."""

    datamatrix = forms.CharField(
        label="Texte lu par la douchette",
        max_length=LONGEST,
        required=False,
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Placez le curseur ici, puis scannez.",
        error_messages={
            "max_length": "Ce texte est trop long pour un datamatrix INS : scannez-le de nouveau."
        },
    )
    picture = forms.FileField(
        label="Ou une photo du datamatrix",
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "image/*", "capture": "environment"}),
    )

    def code(self) -> InsCode:
        """What it says. Raises `Refused` beside the field at fault."""
        picture = self.cleaned_data["picture"]
        if not picture:
            return parse(self.cleaned_data["datamatrix"])
        try:
            checked = store.check(
                store.read_bounded(picture),
                name=picture.name or "",
                declared=picture.content_type or "",
                families=frozenset({kinds.Family.IMAGE}),
            )
        except Refused as refusal:
            raise Refused(refusal.message, field="picture", code=refusal.code) from None
        return read_picture(Image.open(BytesIO(checked.content)))


class ContactDataForm(forms.Form):
    """Where the person lives and how to reach them."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    address_line = forms.CharField(label="Adresse", max_length=200, required=False)
    postcode = forms.CharField(label="Code postal", max_length=10, required=False)
    city = forms.CharField(label="Commune", max_length=100, required=False)
    access_hint = forms.CharField(
        label="Pour entrer", max_length=200, required=False, help_text="Code, étage, clé."
    )
    phone = forms.CharField(label="Téléphone", max_length=20, required=False)
    email = forms.EmailField(label="Adresse de messagerie", required=False)


class InsForm(forms.Form):
    """One step of the identity's status."""

    after = forms.ChoiceField(label="L’identité devient", choices=[])
    matricule = forms.CharField(
        label="Matricule rendu par le téléservice", max_length=25, required=False
    )
    oid = forms.ChoiceField(
        label="Nature du matricule", choices=list(ins.OIDS.items()), required=False
    )
    reason = forms.CharField(
        label="Pièce ou service qui le montre",
        max_length=200,
        help_text="Par exemple : carte d’identité, passeport, téléservice INSi.",
    )

    def __init__(self, person: Patient, data: Any = None) -> None:
        super().__init__(data)
        self.fields["after"].choices = ins.moves(person)  # type: ignore[attr-defined]


class ContactForm(forms.Form):
    """Somebody of the person's own life."""

    name = forms.CharField(label="Nom", max_length=150)
    relationship = forms.CharField(label="Lien", max_length=60, required=False)
    phone = forms.CharField(label="Téléphone", max_length=20, required=False)
    email = forms.EmailField(label="Adresse de messagerie", required=False)
    is_carer = forms.BooleanField(label="Aidante ou aidant", required=False)
    is_emergency = forms.BooleanField(label="À prévenir en cas d’urgence", required=False)


class CarerAccessForm(forms.Form):
    """What a carer may do, until when."""

    access = forms.ChoiceField(
        label="Peut, dans ce dossier",
        choices=Contact.Access.choices,
        required=False,
        widget=forms.RadioSelect,
    )
    until = forms.DateField(label="Jusqu’au", widget=DATE, required=False)
    measure = forms.CharField(
        label="Mesure de protection",
        max_length=100,
        required=False,
        help_text="Pour un représentant légal : tutelle, habilitation familiale…",
    )


class DeathForm(forms.Form):
    """A death, and who brought the news."""

    died_on = forms.DateField(label="Date du décès", widget=DATE)
    source = forms.CharField(
        label="De qui vient la nouvelle ?",
        max_length=100,
        help_text="Famille, hôpital, certificat…",
    )
    sure = forms.BooleanField(label="Je confirme : visites et rappels s’arrêtent pour tous")


class ReasonForm(forms.Form):
    """A reason, in one line."""

    reason = forms.CharField(label="Pourquoi ?", max_length=300)


class LinkForm(ReasonForm):
    """What proves that two records are one person; twice where somebody else could be meant."""

    other = forms.UUIDField(widget=forms.HiddenInput)
    sure = forms.BooleanField(
        label="J’ai vérifié : ce n’est ni un jumeau, ni un homonyme",
        error_messages={"required": "Vérifiez d’abord que ce n’est pas quelqu’un d’autre."},
    )

    def __init__(self, *args: Any, careful: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not careful:
            del self.fields["sure"]


class InvitationForm(forms.Form):
    """Whom to invite, and why they may join."""

    holder = forms.UUIDField(widget=forms.HiddenInput)
    ground = forms.ChoiceField(
        label="Pourquoi dans le cercle ?",
        choices=[
            (Membership.Ground.DESIGNATED, "La personne l’a choisi"),
            (Membership.Ground.TEAM, "Même équipe de soins"),
            (Membership.Ground.FORMAL, "Équipe formalisée (PCR, article 51)"),
            (Membership.Ground.CONSENT, "Accord de la personne (hors de l’équipe de soins)"),
        ],
    )
    proof = forms.CharField(
        label="Comment l’accord a été recueilli",
        max_length=200,
        required=False,
        help_text="Nécessaire hors de l’équipe de soins : « accord oral du 3 mars », « écrit ».",
    )


class JoiningForm(forms.Form):
    """Asking to join the circle of somebody one cannot see."""

    token = forms.CharField(widget=forms.HiddenInput)
    ground = forms.ChoiceField(
        label="Votre lien avec la personne",
        choices=[
            (Membership.Ground.DESIGNATED, "Elle m’a choisi"),
            (Membership.Ground.TEAM, "Je fais partie de son équipe de soins"),
            (Membership.Ground.CONSENT, "Elle a donné son accord"),
        ],
    )
    proof = forms.CharField(label="En une phrase", max_length=200)


class EmergencyForm(forms.Form):
    """Strict traits or matricule, and the urgency."""

    matricule = forms.CharField(label="Matricule INS", max_length=25, required=False)
    birth_name = forms.CharField(label="Nom de naissance", max_length=100, required=False)
    given_name = forms.CharField(label="Premier prénom", max_length=100, required=False)
    birth_date = forms.DateField(label="Date de naissance", widget=DATE, required=False)
    reason = forms.ChoiceField(label="Motif", choices=list(REASONS.items()))
    text = forms.CharField(
        label="L’urgence, en une phrase", widget=forms.Textarea(attrs={"rows": 3}), max_length=500
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("matricule", "birth_name", "given_name", "birth_date"):
            self.fields[name].either = True  # type: ignore[attr-defined]
