"""Forms of requests: few fields, in the order in which one thinks."""

from typing import Any

from django import forms

from liane.patients.models import Patient
from liane.referrals import motives, positions
from liane.referrals.models import Referral, Urgency
from liane.referrals.sending import Wanted
from liane.referrals.states import Status

Consent = Referral.Consent
AREA = forms.Textarea(attrs={"rows": 3})
DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
ASKED = [
    (Consent.AGREES, "Elle ou il est d’accord"),
    (Consent.UNABLE, "Hors d’état de répondre"),
    (Consent.OVERRIDE, "Sans son accord, pour sa protection"),
]
CALLERS = [
    ("", "Non précisé"),
    ("la personne elle-même", "La personne elle-même"),
    ("proche", "Un proche"),
    ("voisin ou autre personne", "Un voisin, une autre personne"),
    ("médecin", "Un médecin"),
    ("infirmier ou infirmière", "Une infirmière, un infirmier"),
    ("pharmacie", "Une pharmacie"),
    ("service social ou mairie", "Un service social, une mairie"),
    ("établissement de santé", "Un hôpital, une clinique"),
    ("autre professionnel", "Un autre professionnel"),
]


class Why(forms.Form):
    """The need and how soon."""

    motive = forms.ChoiceField(label="Quel est le besoin ?", choices=[])
    urgency = forms.ChoiceField(
        label="C’est pour quand ?", choices=Urgency.choices, initial=Urgency.NORMAL
    )
    text = forms.CharField(label="En quelques mots", required=False, max_length=4000, widget=AREA)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["motive"].choices = [("", "Choisir…"), *motives.choices()]  # type: ignore[attr-defined]


class Agreed(forms.Form):
    """What the person wishes."""

    consent = forms.ChoiceField(
        label="La personne est-elle d’accord ?", choices=ASKED, widget=forms.RadioSelect
    )
    consent_note = forms.CharField(
        label="Sinon, pourquoi ?",
        max_length=300,
        required=False,
        help_text="Qui a été consulté, ou quel danger. Demandé seulement sans son accord.",
    )


class FromRecord(Why, Agreed):
    """A request from a record: one screen, two choices."""

    organisation = forms.ChoiceField(label="À qui ?", choices=[], required=False)
    field_order: tuple[str, ...] = (
        "motive",
        "consent",
        "consent_note",
        "urgency",
        "text",
        "organisation",
    )

    def __init__(self, *args: Any, to: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].choices = to  # type: ignore[attr-defined]
        self.fields["organisation"].required = bool(to)


class ForOneself(FromRecord):
    """The person asks for herself: asking is agreeing."""

    consent_note = None  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["consent"].disabled = True
        self.fields["consent"].initial = Consent.AGREES


class Someone(forms.Form):
    """Whatever is known of the person."""

    birth_name = forms.CharField(label="Nom", max_length=100, required=False)
    given_names = forms.CharField(label="Prénom", max_length=100, required=False)
    sex = forms.ChoiceField(
        label="Sexe", choices=[("", "Non précisé"), *Patient.Sex.choices[:2]], required=False
    )
    birth_date = forms.DateField(label="Date de naissance", required=False, widget=DATE)
    phone = forms.CharField(label="Son téléphone", max_length=20, required=False)
    address_line = forms.CharField(label="Adresse", max_length=200, required=False)
    city = forms.CharField(label="Commune", max_length=100, required=False)
    doctor_name = forms.CharField(label="Son médecin traitant", max_length=200, required=False)

    def identity(self) -> dict[str, str]:
        """What was typed of the person."""
        said = self.cleaned_data
        born = said.get("birth_date")
        names = ("birth_name", "given_names", "sex", "phone", "address_line", "city")
        return {name: said.get(name, "") for name in names} | {
            "birth_date": born.isoformat() if born else ""
        }


class WithoutRecord(FromRecord, Someone):
    """A request about somebody whose record one does not have."""

    field_order = ("organisation", "birth_name", "given_names", "sex", "birth_date", "city",
                   "phone", "address_line", "doctor_name", "motive", "consent", "consent_note",
                   "urgency", "text")  # fmt: skip


class CallForm(Why, Someone):
    """A call, in twenty seconds: only the need is asked."""

    caller = forms.CharField(label="Qui appelle ? (nom)", max_length=150, required=False)
    caller_is = forms.ChoiceField(label="C’est", choices=CALLERS, required=False)
    caller_phone = forms.CharField(label="Numéro pour rappeler", max_length=20, required=False)
    words = forms.CharField(
        label="Au sujet de qui ?",
        max_length=200,
        required=False,
        help_text="Ce qu’on sait : « M. Simon, Narrosse » suffit.",
    )
    mine = forms.BooleanField(label="Je m’en occupe", required=False)

    def wanted(self) -> Wanted:
        """The call as a request."""
        said = self.cleaned_data
        return Wanted(
            motive=said["motive"],
            urgency=said["urgency"],
            text=said["text"],
            identity={**self.identity(), "words": said["words"]},
            doctor_name=said["doctor_name"],
            caller=said["caller"],
            caller_phone=said["caller_phone"],
            caller_is=said["caller_is"],
            channel=Referral.Channel.PHONE,
        )


class StepForm(forms.Form):
    """A step that may say why; ``version`` is the request as it was read."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label="Pourquoi ?", max_length=500, widget=AREA)


class QualifyForm(StepForm):
    """In scope, or not and why."""

    after = forms.ChoiceField(
        label="Cette demande",
        choices=[
            (Status.IN_SCOPE, "Est pour nous : à traiter"),
            (Status.OUT_OF_SCOPE, "N’est pas de notre champ"),
            (Status.DUPLICATE, "Est un doublon"),
            (Status.FOLLOWED, "Concerne une personne que nous suivons déjà"),
        ],
        widget=forms.RadioSelect,
    )
    field_order = ("after", "reason", "version")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = False
        self.fields["reason"].help_text = "Demandé si elle n’est pas à traiter."


class AnswerForm(Agreed):
    """The answer, and what is said back."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    outcome = forms.ChoiceField(label="Réponse", choices=[], widget=forms.RadioSelect)
    text = forms.CharField(
        label="Retour au demandeur et au médecin traitant", max_length=4000, widget=AREA
    )
    organisation = forms.ChoiceField(label="Vers quelle structure ?", choices=[], required=False)
    field_order = ("outcome", "organisation", "consent", "consent_note", "text", "version")

    def __init__(
        self, *args: Any, outcomes: list[tuple[str, str]], to: list[tuple[str, str]],
        ask_consent: bool, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.fields["outcome"].choices = outcomes  # type: ignore[attr-defined]
        self.fields["organisation"].choices = [("", "Choisir…"), *to]  # type: ignore[attr-defined]
        self.fields["consent"].required = False
        if not ask_consent:
            del self.fields["consent"], self.fields["consent_note"]


class CloseForm(forms.Form):
    """The last words."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    text = forms.CharField(
        label="Dernier retour au demandeur et au médecin traitant",
        max_length=4000,
        required=False,
        widget=AREA,
    )


class PositionForm(forms.Form):
    """Where the person is for our structure, as the follow-up of orientations says it."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    code = forms.ChoiceField(label="Notre position", choices=[])
    motive = forms.ChoiceField(
        label="Motif",
        choices=[],
        required=False,
        help_text="Demandé pour un contact effectué ou une admission impossible.",
    )
    on = forms.DateField(label="Depuis le", required=False, widget=DATE,
                         help_text="Aujourd’hui si vous laissez vide.")  # fmt: skip
    comment = forms.CharField(label="Précision", required=False, max_length=1000, widget=AREA)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = [one for one in positions.every().values() if one.by == "house"]
        words = positions.motives()
        self.fields["code"].choices = [  # type: ignore[attr-defined]
            ("", "Choisir…"), *((one.code, one.label) for one in said)
        ]  # fmt: skip
        self.fields["motive"].choices = [  # type: ignore[attr-defined]
            ("", "Sans motif"),
            *((one.label, [(code, words[code]) for code in one.motives])
              for one in said if one.motives),
        ]  # fmt: skip


class AccordForm(forms.Form):
    """What the person answered about her evaluation."""

    agrees = forms.ChoiceField(
        label="La personne accepte-t-elle que nous lisions son évaluation ?",
        choices=[("yes", "Oui"), ("no", "Non")],
        widget=forms.RadioSelect,
    )
    on = forms.DateField(label="Dit le", required=False, widget=DATE,
                         help_text="Aujourd’hui si vous laissez vide.")  # fmt: skip


class EntrustForm(forms.Form):
    """To which colleague."""

    practice = forms.ChoiceField(label="Confier à", choices=[])
    reason = forms.CharField(label="Mot pour elle ou lui", max_length=300, required=False)

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["practice"].choices = people  # type: ignore[attr-defined]


class TakeOverForm(forms.Form):
    """Whose file, to whom, why."""

    absent = forms.ChoiceField(label="Reprendre les demandes de", choices=[])
    practice = forms.ChoiceField(label="Les confier à", choices=[])
    reason = forms.CharField(
        label="Pourquoi ?", max_length=300, help_text="Par exemple : arrêt jusqu’au 15."
    )

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["absent"].choices = [("", "Choisir…"), *people]  # type: ignore[attr-defined]
        self.fields["practice"].choices = people  # type: ignore[attr-defined]


class SeekForm(forms.Form):
    """Whom one seeks: never for whom."""

    profession = forms.ChoiceField(label="Qui cherchez-vous ?", choices=[])
    care = forms.CharField(
        label="Pour quels soins ?",
        max_length=200,
        help_text="Sans nom : « pansement de jambe », « injection d’insuline ».",
    )
    rhythm = forms.CharField(
        label="À quel rythme ?",
        max_length=100,
        help_text="« tous les jours », « 3 fois par semaine ».",
    )
    starts_on = forms.DateField(label="À partir du", widget=DATE)
    proof = forms.CharField(
        label="Comment la personne a donné son accord",
        max_length=200,
        initial="accord oral",
        help_text="La première ou le premier qui accepte rejoint son cercle.",
    )

    def __init__(self, *args: Any, professions: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["profession"].choices = professions  # type: ignore[attr-defined]
