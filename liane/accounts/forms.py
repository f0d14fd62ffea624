"""Forms of the first sign-in."""

from typing import Any

from allauth.mfa.totp.internal import auth as totp
from django import forms
from django.contrib.auth.password_validation import validate_password

from liane.accounts.models import User


class CodeForm(forms.Form):
    """The code that travels apart from the invitation link."""

    code = forms.CharField(
        label="Code à 6 chiffres",
        max_length=12,
        help_text="La personne qui vous invite vous le donne de vive voix ou par SMS.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class PasswordAndCodesForm(forms.Form):
    """A password and, in the same gesture, a code application that works."""

    password = forms.CharField(
        label="Mot de passe",
        strip=False,
        help_text="Au moins 12 caractères. Une courte phrase se retient mieux.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="Le même, encore une fois",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    code = forms.CharField(
        label="Code affiché par l’application",
        max_length=8,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )

    def __init__(self, *args: Any, user: User, secret: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.secret = user, secret

    def clean_password(self) -> str:
        """The rules of passwords, in French."""
        password = str(self.cleaned_data["password"])
        validate_password(password, self.user)
        return password

    def clean(self) -> None:
        """Both passwords agree, and the code is the application's."""
        data = self.cleaned_data
        if data.get("password") and data.get("again") and data["password"] != data["again"]:
            self.add_error("again", "Les deux mots de passe diffèrent.")
        if data.get("code") and not totp.validate_totp_code(self.secret, data["code"]):
            self.add_error("code", "Ce code n’est pas le bon, ou il a expiré : essayez le suivant.")
