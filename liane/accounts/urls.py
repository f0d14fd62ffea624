"""Sign-in and one's own account. Of allauth, what Liane wants: no sign-up, no reset by mail."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import URLPattern, path

from liane.accounts import invitation_pages, pages

urlpatterns: list[URLPattern] = [
    path("connexion", account.login, name="account_login"),
    path("connexion/cle", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path("connexion/second-facteur", mfa.authenticate, name="mfa_authenticate"),
    path("connexion/inactif", account.account_inactive, name="account_inactive"),
    path("connexion/confirmer", account.reauthenticate, name="account_reauthenticate"),
    path("connexion/confirmer/code", mfa.reauthenticate, name="mfa_reauthenticate"),
    path(
        "connexion/confirmer/cle",
        webauthn.reauthenticate_webauthn,
        name="mfa_reauthenticate_webauthn",
    ),
    path("deconnexion", account.logout, name="account_logout"),
    path(
        "invitation/<uuid:invitation_id>/<str:signature>/",
        invitation_pages.arrive,
        name="invitation",
    ),
    path("invitation/choisir/", invitation_pages.choose, name="invitation_choose"),
    path("invitation/mot-de-passe/", invitation_pages.password, name="invitation_password"),
    path("parametres/", pages.settings, name="settings"),
    path("parametres/securite/", pages.back_to_security, name="mfa_index"),
    path("parametres/securite/cles/", pages.back_to_security, name="mfa_list_webauthn"),
    path("parametres/securite/cles/ajouter/", webauthn.add_webauthn, name="mfa_add_webauthn"),
    path(
        "parametres/securite/cles/<int:pk>/nommer/",
        webauthn.edit_webauthn,
        name="mfa_edit_webauthn",
    ),
    path(
        "parametres/securite/cles/<int:pk>/retirer/",
        pages.remove_passkey,
        name="mfa_remove_webauthn",
    ),
    path("parametres/securite/codes/activer/", totp.activate_totp, name="mfa_activate_totp"),
    path("parametres/securite/codes/retirer/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("parametres/securite/secours/", pages.recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "parametres/securite/secours/refaire/",
        recovery.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "parametres/securite/mot-de-passe/", account.password_change, name="account_change_password"
    ),
    path(
        "parametres/securite/mot-de-passe/poser/",
        pages.back_to_security,
        name="account_set_password",
    ),
    path("parametres/appareils/<int:session_id>/fermer", pages.end_session, name="end_session"),
    path("parametres/appareils/fermer", pages.end_other_sessions, name="end_other_sessions"),
    path("parametres/theme", pages.choose_theme, name="choose_theme"),
]
