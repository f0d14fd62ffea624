"""Refusals that a person reads: what was wrong, where, how to mend it."""


class Refused(Exception):
    """A verb refuses. ``message`` is a French sentence to show; ``field`` the input at fault."""

    def __init__(self, message: str, *, field: str | None = None, code: str = "refused") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.code = code


class NotAllowed(Refused):
    """The actor has no right to do this. Shown as 404 where even existence is hidden."""

    def __init__(self, message: str = "Vous n’avez pas ce droit ici.") -> None:
        super().__init__(message, code="not-allowed")


class Conflict(Refused):
    """Somebody changed the thing meanwhile (HTTP 409); the page shows both versions."""

    def __init__(self, message: str = "Modifié entre-temps par quelqu’un d’autre.") -> None:
        super().__init__(message, code="conflict")


class Replayed(Refused):
    """The same client key came again with another content (HTTP 422)."""

    def __init__(
        self, message: str = "Cette clé d’envoi a déjà servi pour un autre contenu."
    ) -> None:
        super().__init__(message, code="replayed")
