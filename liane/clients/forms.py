"""Forms about an application."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

from django import forms

from liane.clients import words
from liane.clients.models import Client
from liane.clients.oauth import jwks
from liane.clients.scopes import Scopes
from liane.core.errors import Refused

LOCAL = {"localhost", "127.0.0.1", "::1"}
PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
LEVEL = {"backend": "system"}
ALWAYS = "openid fhirUser profile launch launch/patient"
"""What any application with users is given: who they are, and about whom it was opened."""


def address_fault(uri: str, *, public: bool) -> str:
    """Why an address of return is refused, or nothing. RFC 8252: a private scheme holds a dot."""
    parts = urlsplit(uri)
    if parts.fragment or "*" in uri or parts.username:
        return "ne doit comporter ni « # », ni « * », ni identifiant"
    if parts.scheme == "https" and parts.netloc:
        return ""
    if parts.scheme == "http" and parts.hostname in LOCAL:
        return ""
    if public and PRIVATE_SCHEME.fullmatch(parts.scheme):
        return ""
    return "doit commencer par https:// (ou, pour une application mobile, par son schéma inversé)"


class CardForm(forms.Form):
    """What an application is."""

    name = forms.CharField(label="Nom de l’application", max_length=100)
    publisher = forms.CharField(label="Éditeur", max_length=100, required=False)
    kind = forms.ChoiceField(
        label="Comment fonctionne-t-elle ?",
        widget=forms.RadioSelect,
        choices=[(value, label[:1].upper() + label[1:]) for value, label in Client.Kind.choices],
    )
    redirect_uris = forms.CharField(
        label="Adresses de retour",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="Une par ligne, données par l’éditeur. Vide pour un service automatique.",
    )
    launch_url = forms.URLField(
        label="Adresse de lancement depuis un dossier",
        required=False,
        assume_scheme="https",
        help_text="Donnée par l’éditeur. Un bouton « Ouvrir » apparaît alors dans les dossiers.",
    )

    def __init__(self, *args: Any, fixed_kind: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fixed_kind = fixed_kind
        if fixed_kind:
            del self.fields["kind"]

    def clean(self) -> dict[str, Any]:
        """Addresses that fit the kind."""
        said: dict[str, Any] = super().clean() or {}
        kind = said.setdefault("kind", self.fixed_kind)
        uris = said.get("redirect_uris", "").split()
        if kind == "backend" and (uris or said.get("launch_url")):
            self.add_error(
                "redirect_uris" if uris else "launch_url", "Un service automatique n’en a pas."
            )
        if kind in {"public", "confidential"} and not uris:
            self.add_error("redirect_uris", "Donnez au moins une adresse de retour.")
        for uri in uris:
            fault = address_fault(uri, public=kind == "public")
            if fault:
                self.add_error("redirect_uris", f"{uri} {fault}.")
        self._launch(said.get("launch_url", ""))
        said["redirect_uris"] = "\n".join(uris)
        return said

    def _launch(self, url: str) -> None:
        if url and address_fault(url, public=False):
            self.add_error("launch_url", "L’adresse doit commencer par https://.")


class ScopesForm(forms.Form):
    """What an application may do, group by group."""

    OPTIONS = (("", "Rien"), ("read", "Lire"), ("write", "Lire et écrire"))

    def __init__(self, *args: Any, kind: str, scopes: Scopes | None = None, **kwargs: Any) -> None:
        self.level = LEVEL.get(kind, "user")
        given = words.chosen(scopes, self.level) if scopes is not None else {}
        super().__init__(*args, **kwargs)
        for group in words.GROUPS:
            self.fields[group.key] = forms.ChoiceField(
                label=group.label[:1].upper() + group.label[1:],
                choices=self.OPTIONS,
                required=False,
                initial=given.get(group.key, ""),
            )
        if self.level == "user":
            self.fields["stays"] = forms.BooleanField(
                label="Rester connectée 30 jours sans l’utilisateur",
                required=False,
                initial=scopes is not None and "offline_access" in scopes.plain,
            )
        self.fields["exact"] = forms.CharField(
            label="Accès précis, en portées SMART",
            required=False,
            max_length=2000,
            initial=words.beyond(scopes, self.level) if scopes is not None else "",
            widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
            help_text=f"Si l’éditeur les demande, par exemple « {self.level}/Observation.rs"
            "?category=laboratory ». Elles s’ajoutent à ce qui précède.",
        )

    @property
    def scopes(self) -> str:
        """The scopes that were chosen. Raises :class:`Refused` for words that are none."""
        said = self.cleaned_data
        parts = [str(words.granted(said, self.level)), str(Scopes.strict(said["exact"]))]
        if self.level == "user":
            parts.append(f"{ALWAYS} offline_access" if said["stays"] else ALWAYS)
        return " ".join(part for part in parts if part)


class KeysForm(forms.Form):
    """The public keys of an application: an address, or the keys themselves."""

    jwks_url = forms.URLField(
        label="Adresse des clés publiques (JWKS)", required=False, assume_scheme="https",
        help_text="L’éditeur peut alors changer ses clés sans vous.",
    )  # fmt: skip
    jwks = forms.CharField(
        label="Ou les clés publiques elles-mêmes",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text='Le texte JSON donné par l’éditeur : {"keys": […]}. Jamais une clé privée.',
    )

    def clean_jwks(self) -> dict[str, Any] | None:
        """A set of public keys."""
        text = self.cleaned_data["jwks"].strip()
        if not text:
            return None
        try:
            return jwks.checked(json.loads(text))
        except ValueError:
            raise forms.ValidationError("Ce texte n’est pas du JSON.") from None
        except Refused as refusal:
            raise forms.ValidationError(refusal.message) from None

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        said: dict[str, Any] = super().clean() or {}
        if bool(said.get("jwks_url")) == bool(said.get("jwks")) and not self.errors:
            raise forms.ValidationError("Donnez l’adresse des clés, ou les clés : l’une des deux.")
        if said.get("jwks_url", "https:")[:6] != "https:" and said["jwks_url"]:
            self.add_error("jwks_url", "L’adresse doit commencer par https://.")
        return said
