"""Forms of a plan: its frame, its lines, its answers."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms

from liane.careplans.models import Action, Problem, Words
from liane.careplans.rules import LONGEST

HOLDERS = ("practice", "organisation", "post")


def _day(label: str, **more: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget, **more)


def _text(label: str, rows: int = 2, **more: Any) -> forms.CharField:
    values = {"required": False, "max_length": LONGEST, **more}
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": rows}), **values)


def _short(label: str, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=200, **more)


class LineForm(forms.Form):
    """A line of a plan: ``values`` are its fields, ``version`` the one that was seen."""

    kind = ""
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    @property
    def values(self) -> dict[str, Any]:
        """What the verbs take."""
        return {name: self.cleaned_data[name] for name in self.fields if name != "version"}

    @classmethod
    def start(cls, line: Any) -> dict[str, Any]:
        """What the form shows first for an existing line."""
        shown = {
            name: getattr(line, name)
            for name in cls.base_fields
            if name != "version" and hasattr(line, name)
        }
        return shown | {"version": line.version}


class ProblemForm(LineForm):
    """What weighs, how pressing, what showed it."""

    kind = "problem"
    statement = _text("Problème", required=True)
    domain = forms.ChoiceField(label="Domaine", choices=Problem.Domain.choices)
    priority = forms.TypedChoiceField(
        label="Priorité", choices=Problem.Priority.choices, coerce=int,
        initial=Problem.Priority.NEXT,
    )  # fmt: skip
    origin = _short("Ce qui l’a montré", help_text="Évaluation, visite, demande : laquelle ?")
    cited = forms.ChoiceField(label="Citer une ligne d’évaluation", required=False)

    def __init__(self, *args: Any, origins: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if origins:
            self.fields["cited"].choices = [("", "aucune"), *origins]  # type: ignore[attr-defined]
        else:
            del self.fields["cited"]

    @property
    def values(self) -> dict[str, Any]:
        """The line cited becomes the identifier of its evaluation and its own."""
        found = super().values
        if "cited" not in self.fields:
            return found
        response, _, line = found.pop("cited").partition(":")
        cited = {"origin_id": UUID(response) if response else None, "origin_line": line}
        if line and not found["origin"]:
            chosen = dict(self.fields["cited"].choices)  # type: ignore[attr-defined]
            found["origin"] = chosen[f"{response}:{line}"][:200]
        return found | cited

    @classmethod
    def start(cls, line: Any) -> dict[str, Any]:
        """The same, with the line cited."""
        cited = f"{line.origin_id}:{line.origin_line}" if line.origin_id else ""
        return super().start(line) | {"cited": cited}


class ObjectiveForm(LineForm):
    """What is aimed at, how one will know, by when."""

    kind = "objective"
    text = _text("Objectif", required=True)
    indicator = _short("Signe que c’est atteint")
    term = _day("Échéance")
    shared = forms.BooleanField(label="Partagé avec la personne", required=False, initial=True)


class ActionForm(LineForm):
    """What somebody does, when, how often."""

    kind = "action"
    text = _text("Action", required=True)
    recourse = forms.TypedChoiceField(
        label="Pour", choices=Action.Recourse.choices, coerce=int, initial=Action.Recourse.SOLVE
    )
    assignee = forms.ChoiceField(label="Par", required=False)
    who_else = _short("Ou par quelqu’un d’autre", help_text="La personne, un proche…")
    frequency = _short("À quel rythme")
    starts_on = _day("À partir du")
    due_on = _day("Avant le")

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].choices = [("", "à préciser"), *choices]  # type: ignore[attr-defined]

    @property
    def values(self) -> dict[str, Any]:
        """The one who is asked becomes the column of its sort."""
        found = super().values
        return found | holder_of(found.pop("assignee"))

    @classmethod
    def start(cls, line: Any) -> dict[str, Any]:
        """The same, with the one who is asked."""
        given = next((name for name in HOLDERS if getattr(line, f"{name}_id")), None)
        chosen = f"{given}:{getattr(line, f'{given}_id')}" if given else ""
        return super().start(line) | {"assignee": chosen}


def holder_of(chosen: str) -> dict[str, UUID | None]:
    """``practice:<id>`` as three columns, two of them empty."""
    name, _, value = chosen.partition(":")
    return {one: UUID(value) if value and one == name else None for one in HOLDERS}


FORMS: Mapping[str, type[LineForm]] = {
    form.kind: form for form in (ProblemForm, ObjectiveForm, ActionForm)
}


class FrameForm(LineForm):
    """Who keeps the plan, the situation in four dimensions, what to do in an alert."""

    kind = "frame"
    referent = forms.ChoiceField(label="Référent du plan")
    medical = _text("Situation médicale")
    psychological = _text("Situation psychologique et cognitive")
    social = _text("Situation sociale et familiale")
    autonomy = _text("Autonomie et logement")
    alert_procedure = _text(
        "En cas d’alerte", help_text="Qui appeler, dans quel ordre, pour quels signes."
    )
    review_on = _day("Prochaine révision")

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["referent"].choices = choices  # type: ignore[attr-defined]

    @property
    def values(self) -> dict[str, Any]:
        """The référent by identifier."""
        found = super().values
        return found | {"referent": UUID(found["referent"])}

    @classmethod
    def start(cls, line: Any) -> dict[str, Any]:
        """The same, the référent as a choice."""
        return super().start(line) | {"referent": str(line.referent_id)}


class NewPlanForm(forms.Form):
    """The référent first; then, if one wants, a prepared situation."""

    referent = forms.ChoiceField(
        label="Référent du plan",
        help_text="Il suit le plan, tient les révisions, et on l’appelle en premier.",
    )
    template = forms.ChoiceField(
        label="Partir d’une situation",
        required=False,
        widget=forms.RadioSelect,
        help_text="Les lignes proposées se modifient et se retirent une par une.",
    )
    review_on = _day("Première révision", help_text="Dans trois mois si vous ne dites rien.")

    def __init__(
        self, *args: Any, choices: list[Any], templates: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["referent"].choices = choices  # type: ignore[attr-defined]
        self.fields["template"].choices = [("", "Plan vide"), *templates]  # type: ignore[attr-defined]


class UnreachedForm(forms.Form):
    """An objective that is not reached: why."""

    why = _text("Pourquoi n’est-il pas atteint ?", required=True)


class ReviewForm(forms.Form):
    """A review: what came out of it, the next one."""

    note = _text("Ce qui ressort de la révision", rows=4, required=True)
    next_on = _day("Prochaine révision")


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label="Pourquoi", max_length=300)


class WordsForm(forms.Form):
    """Somebody's own words."""

    topic = forms.ChoiceField(
        label="À propos de", choices=Words.Topic.choices, initial=Words.Topic.MATTERS
    )
    text = _text("En quelques mots", rows=3, required=True)
    both = forms.BooleanField(label="Mes proches peuvent le lire aussi", required=False)


class GiveForm(forms.Form):
    """A task for an action."""

    title = forms.CharField(label="Que faut-il faire ?", max_length=200)
    assignee = forms.ChoiceField(label="À qui")
    due_on = _day("Pour le")

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].choices = choices  # type: ignore[attr-defined]


class ShareForm(forms.Form):
    """With whom the plan is shared, beyond the care team."""

    person = forms.BooleanField(label="La personne", required=False)
    carers = forms.BooleanField(label="Ses proches qui ont un droit", required=False)
