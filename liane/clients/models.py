"""Applications registered by an organisation, and what they were given.

None of these tables holds health data; they are read before anybody acts, to learn who does.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from liane.accounts.models import User
from liane.clients import states
from liane.clients.scopes import Scopes
from liane.core.fields import EncryptedTextField
from liane.core.models import Authored, Base, StatusRow
from liane.directory.models import Organisation


class Client(Base, Authored):
    """An application that one organisation lets in, and answers for.

    ``scopes``: the most that it may ever be given. ``redirect_uris``: one a line.
    """

    class Kind(models.TextChoices):
        BACKEND = "backend", "service automatique (sans utilisateur)"
        CONFIDENTIAL = "confidential", "application web, avec un secret gardé sur son serveur"
        PUBLIC = "public", "application mobile ou dans le navigateur, sans secret"

    Status = states.Status

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    name = models.CharField("nom de l’application", max_length=100)
    publisher = models.CharField("éditeur", max_length=100, blank=True)
    kind = models.CharField("type", max_length=12, choices=Kind)
    redirect_uris = models.TextField("adresses de retour", blank=True)
    launch_url = models.URLField("adresse de lancement", blank=True)
    jwks = models.JSONField("clés publiques", null=True, blank=True)
    jwks_url = models.URLField("adresse des clés publiques", blank=True)
    secret_digest = models.CharField(max_length=64, blank=True, editable=False)
    scopes = models.TextField(blank=True, editable=False)
    status = models.CharField(max_length=9, choices=states.Status, default=states.Status.ACTIVE)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name"],
                condition=~Q(status="revoked"),
                name="one_living_client",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def granted(self) -> Scopes:
        """The most that it may be given."""
        return Scopes.parse(self.scopes)

    @property
    def returns(self) -> list[str]:
        """The addresses to which an answer may go: compared whole."""
        return self.redirect_uris.split()


class ClientStep(StatusRow):
    """One dated decision about an application: let in, scopes, keys, suspended, revoked."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="history")

    @property
    def label(self) -> str:
        """The decision in words."""
        return states.WORDS.get(self.after, self.after)


class Token(Base):
    """A bearer token, of which only a digest is kept.

    ``user`` and ``seat`` are empty for a machine. ``family`` joins the tokens that come from one
    authorization: they are revoked together.
    """

    class Use(models.TextChoices):
        ACCESS = "access"
        REFRESH = "refresh"

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="tokens")
    use = models.CharField(max_length=7, choices=Use, default=Use.ACCESS)
    digest = models.CharField(max_length=64, unique=True)
    family = models.UUIDField(db_index=True)
    scopes = models.TextField()
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    seat = models.CharField(max_length=60, blank=True)
    patient_id = models.UUIDField(null=True)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    @property
    def is_live(self) -> bool:
        """True while neither ended nor revoked; its client is another question."""
        return self.revoked_at is None and self.expires_at > timezone.now()


class AuthorizationCode(Base):
    """What a person agreed to, on its way to the application: one minute, one use."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    family = models.UUIDField()
    redirect_uri = models.TextField()
    challenge = models.CharField(max_length=128, blank=True)
    nonce = models.CharField(max_length=200, blank=True)
    scopes = models.TextField()
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    seat = models.CharField(max_length=60)
    patient_id = models.UUIDField(null=True)
    authenticated_at = models.BigIntegerField(null=True)
    """When the user proved who they are, in seconds since 1970."""
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    def get_redirect_uri(self) -> str:
        """The address to which it was sent: said again when it is exchanged."""
        return self.redirect_uri


class SpentAssertion(models.Model):
    """A signed assertion that served: it does not serve twice."""

    digest = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)


class SigningKey(Base):
    """A key of this server, sealed: it signs what applications are told of their users."""

    secret = EncryptedTextField()


class LaunchContext(Base):
    """A record from which an application is opened: told to it once the user has agreed."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    seat = models.CharField(max_length=60)
    patient_id = models.UUIDField(null=True)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)


class Call(models.Model):
    """One of the last calls of an application: when, what kind, how it ended. Nothing of whom."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="calls")
    at = models.DateTimeField(default=timezone.now, db_index=True)
    kind = models.CharField(max_length=60)
    status = models.PositiveSmallIntegerField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["client", "-at"])]
