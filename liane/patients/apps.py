from django.apps import AppConfig


class PatientsConfig(AppConfig):
    name = "liane.patients"

    def ready(self) -> None:
        from liane.core.registry import EntryKind, add_kinds

        add_kinds(
            EntryKind("person.opened", "Dossier ouvert", "circle", "person"),
            EntryKind(
                "person.contact_data", "Coordonnées mises à jour", "circle", "person",
                in_timeline=False,
            ),
            EntryKind("person.identity", "Identité corrigée", "circle", "person"),
            EntryKind("person.ins", "Statut de l’identité changé", "circle", "person"),
            EntryKind("person.linked", "Dossiers rapprochés", "circle", "person"),
            EntryKind("person.unlinked", "Dossiers séparés", "circle", "person"),
            EntryKind("person.died", "Décès", "circle", "person"),
            EntryKind("wish.recorded", "Souhait de la personne recueilli", "circle", "person"),
            EntryKind("contact.added", "Entourage complété", "circle", "people"),
            EntryKind("contact.ended", "Entourage mis à jour", "circle", "people"),
            EntryKind("contact.access", "Droit d’un aidant changé", "circle", "people"),
            EntryKind("contact.trusted", "Personne de confiance", "circle", "people"),
            EntryKind("doctor.named", "Médecin traitant", "circle", "person"),
        )  # fmt: skip
