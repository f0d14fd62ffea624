"""Forms of the record: who will read is chosen before anything is sent."""

from typing import Any

from django import forms

from liane.core.audience import Audience
from liane.directory.models import Organisation
from liane.timeline.models import Document, DocumentSet, Note, Pin
from liane.timeline.services import PinWish


class NoteForm(forms.Form):
    """A note, for whom, and the vigilance point it may pin."""

    kind = forms.ChoiceField(
        label="Sorte de note",
        choices=Note.Kind.choices,
        initial=Note.Kind.FOLLOW_UP,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez la sorte de note."},
    )
    text = forms.CharField(
        label="Note",
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Écrivez quelques mots."},
    )
    for_person = forms.BooleanField(required=False)
    for_carers = forms.BooleanField(required=False)
    pin_label = forms.CharField(
        label="À afficher en tête du dossier",
        required=False,
        max_length=60,
        error_messages={"max_length": "Résumez ce point en 60 caractères au plus."},
    )
    pin_level = forms.ChoiceField(
        label="Importance", required=False, choices=Pin.Level.choices, initial=Pin.Level.LATE
    )
    pin_until = forms.DateField(
        label="Jusqu’au",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Écrivez une date : 21/11/2026."},
    )

    @property
    def audience(self) -> Audience:
        """For whom the note is meant."""
        return Audience(
            person=self.cleaned_data["for_person"], carers=self.cleaned_data["for_carers"]
        )

    @property
    def wish(self) -> PinWish | None:
        """The vigilance point to pin, if one was asked for."""
        label = self.cleaned_data["pin_label"].strip()
        if not label:
            return None
        return PinWish(
            label, self.cleaned_data["pin_level"] or Pin.Level.LATE, self.cleaned_data["pin_until"]
        )


class DocumentForm(forms.Form):
    """A document, for whom, and to which secretariat it is addressed."""

    title = forms.CharField(
        label="Titre",
        required=False,
        max_length=120,
        help_text="Par défaut, le nom du fichier.",
        error_messages={"max_length": "Raccourcissez ce titre (120 caractères au plus)."},
    )
    category = forms.ChoiceField(
        label="Sorte de document",
        choices=Document.Category.choices,
        initial=Document.Category.LETTER,
        error_messages={"required": "Choisissez la sorte de document."},
    )
    dated_on = forms.DateField(
        label="Date du document",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Écrivez une date : 21/11/2026."},
    )
    addressed_to = forms.ChoiceField(
        label="Adressé au secrétariat de",
        required=False,
        help_text="Ce secrétariat pourra l’ouvrir.",
    )
    for_outside = forms.BooleanField(required=False)
    for_person = forms.BooleanField(required=False)
    for_carers = forms.BooleanField(required=False)

    def __init__(self, *args: Any, organisations: list[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["addressed_to"].choices = [  # type: ignore[attr-defined]
            ("", "personne en particulier"),
            *((str(place.pk), place.name) for place in organisations),
        ]

    @property
    def audience(self) -> Audience:
        """For whom the document is meant."""
        return Audience(
            outside=self.cleaned_data["for_outside"],
            person=self.cleaned_data["for_person"],
            carers=self.cleaned_data["for_carers"],
        )


class PinForm(forms.Form):
    """A vigilance point to show at the head of the record."""

    pin_label = forms.CharField(
        label="En quelques mots",
        max_length=60,
        help_text="Ce que chacun doit voir en ouvrant le dossier : allergie, chutes…",
        error_messages={
            "required": "Résumez ce point en quelques mots.",
            "max_length": "Résumez ce point en 60 caractères au plus.",
        },
    )
    pin_level = forms.ChoiceField(
        label="Importance", choices=Pin.Level.choices, initial=Pin.Level.LATE
    )
    pin_until = forms.DateField(
        label="Jusqu’au",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Sans date, jusqu’à ce que quelqu’un le retire.",
        error_messages={"invalid": "Écrivez une date : 21/11/2026."},
    )

    @property
    def wish(self) -> PinWish:
        """The vigilance point asked for."""
        data = self.cleaned_data
        return PinWish(data["pin_label"], data["pin_level"], data["pin_until"])


class UnpinForm(forms.Form):
    """Why a vigilance point is taken off."""

    reason = forms.CharField(
        label="Pourquoi",
        max_length=200,
        help_text="Par exemple : traitement arrêté, point réévalué.",
        error_messages={"required": "Dites pourquoi ce point n’est plus d’actualité."},
    )


class FilingForm(forms.Form):
    """Where a document is filed, and what its author says of it."""

    title = forms.CharField(
        label="Titre",
        max_length=120,
        error_messages={
            "required": "Donnez un titre à ce document.",
            "max_length": "Raccourcissez ce titre (120 caractères au plus).",
        },
    )
    category = forms.ChoiceField(label="Sorte de document", choices=Document.Category.choices)
    dated_on = forms.DateField(
        label="Date du document",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Écrivez une date : 21/11/2026."},
    )
    archived = forms.BooleanField(
        label="Archivé",
        required=False,
        help_text="Il reste lisible ; il n’est plus utile à la prise en charge.",
    )
    folders = forms.MultipleChoiceField(
        label="Classeurs", required=False, widget=forms.CheckboxSelectMultiple
    )
    new_folder = forms.CharField(
        label="Nouveau classeur",
        required=False,
        max_length=120,
        help_text="Il est ouvert à ceux qui lisent les documents de ce dossier.",
        error_messages={"max_length": "Raccourcissez ce nom (120 caractères au plus)."},
    )

    def __init__(self, *args: Any, folders: list[DocumentSet], mine: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["folders"].choices = [(str(one.pk), one.title) for one in folders]  # type: ignore[attr-defined]
        if not folders:
            del self.fields["folders"]
        if not mine:
            for name in ("title", "category", "dated_on", "archived"):
                del self.fields[name]
