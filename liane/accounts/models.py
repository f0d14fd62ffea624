"""Who signs in. What they may do comes from the rooms above (seats), never from here."""

from datetime import timedelta
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone

from liane.core.ids import uuid7
from liane.core.models import Base


class UserManager(BaseUserManager["User"]):
    """Accounts are made by invitation, by a trusted identity provider, or by the demo."""

    def create_user(self, username: str, *, name: str, email: str = "") -> "User":
        """An account without a password: passkey, or a second factor set up at first sign-in."""
        user = self.model(username=username, name=name, email=email)
        user.set_unusable_password()
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """One human being's account. No superuser: technical administration is a role of a seat."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField("identifiant", max_length=150, unique=True)
    name = models.CharField("nom affiché", max_length=200)
    email = models.EmailField("adresse de messagerie", blank=True)
    mobile = models.CharField("téléphone mobile", max_length=20, blank=True)
    is_active = models.BooleanField(default=True)
    is_persona = models.BooleanField(default=False, editable=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = UserManager()

    def __str__(self) -> str:
        return self.username

    def get_full_name(self) -> str:
        """The displayed name."""
        return self.name

    def get_short_name(self) -> str:
        """The first word of the displayed name."""
        return self.name.split(" ", 1)[0]


class Invitation(Base):
    """A way in for one account: a signed link, and a code that travels by another channel.

    The code is spoken, or sent by SMS, by the one who invites. Good for seven days, once.
    """

    LIFE = timedelta(days=7)
    TRIES = 5

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations")
    invited_by = models.CharField("invité par", max_length=200)
    on_behalf_of = models.CharField("pour", max_length=200, blank=True)
    code_digest = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    @property
    def is_open(self) -> bool:
        """True while it can still be used."""
        return (
            self.accepted_at is None
            and self.revoked_at is None
            and self.tries < self.TRIES
            and self.expires_at > timezone.now()
        )
