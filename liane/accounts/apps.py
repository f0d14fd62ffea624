from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "liane.accounts"

    def ready(self) -> None:
        from liane.accounts import pages
        from liane.core.registry import (
            NavEntry,
            SettingsSection,
            account_links,
            frame,
            settings_sections,
        )

        frame["sign_out"] = NavEntry("Se déconnecter", "/deconnexion", "logout", 90)
        account_links.append(NavEntry("Paramètres", "/parametres/", "settings", 10))
        settings_sections += [
            SettingsSection(
                "securite", "Connexion", 20, "accounts/section_security.html", pages.security
            ),
            SettingsSection(
                "appareils", "Mes appareils", 30, "accounts/section_devices.html", pages.devices
            ),
            SettingsSection(
                "apparence", "Apparence", 40, "accounts/section_theme.html", pages.appearance
            ),
        ]
