"""``liane token CLIENT --scope "system/*.rs" [--organisation ID]``: prints a bearer token."""

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count, Q

from liane.circle.models import Membership
from liane.clients import issuing, services
from liane.clients.models import Client
from liane.clients.scopes import Scopes
from liane.clients.states import SCOPES, Status
from liane.core import acting, ids
from liane.core.errors import Refused
from liane.directory.models import Organisation


class Command(BaseCommand):
    """Register or reuse a backend application, and print a token of it."""

    help = "Print a bearer token of an API client, registered when it is new."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which application, what it may do, for whom, how long."""
        parser.add_argument("client", metavar="CLIENT", help="name or id of the application")
        parser.add_argument("--scope", required=True, help='SMART scopes, e.g. "system/*.rs"')
        parser.add_argument("--organisation", metavar="ID")
        parser.add_argument("--hours", type=int, default=24, help="life of the token (1 to 720)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the token; say on stderr for which organisation it acts."""
        if not 1 <= options["hours"] <= 720:
            raise CommandError("--hours: between 1 and 720.")
        with acting.acting(acting.system("liane token", channel="command")):
            try:
                client, scopes = self._client(options)
            except Refused as error:
                raise CommandError(error.message) from None
            text = issuing.issue(client, scopes, dt.timedelta(hours=options["hours"]))
        self.stderr.write(f"{client.name}: {client.organisation.name} ({client.organisation_id})")
        self.stdout.write(text)

    def _client(self, options: dict[str, Any]) -> tuple[Client, Scopes]:
        wanted = services.fitting(Client.Kind.BACKEND, Scopes.strict(options["scope"]))
        if not wanted:
            raise CommandError('--scope: give at least one scope, e.g. "system/*.rs".')
        client = _known(options["client"], options["organisation"])
        if client is None:
            place = _organisation(options["organisation"])
            return services.register(
                place, options["client"], Client.Kind.BACKEND, str(wanted)
            ), wanted
        _fit(client, wanted)
        return client, wanted


def _known(name: str, organisation: str | None) -> Client | None:
    living = Client.objects.exclude(status=Status.REVOKED).select_related("organisation")
    found = living.filter(Q(name=name) | Q(pk__in=[ids.parse(name)]))
    if organisation:
        found = found.filter(organisation=_organisation(organisation))
    rows = list(found[:2])
    if len(rows) > 1:
        raise CommandError(f"{name}: several organisations know it; give --organisation.")
    return rows[0] if rows else None


def _fit(client: Client, wanted: Scopes) -> None:
    """Widen what the command itself gave; never what a manager decided."""
    if client.kind != Client.Kind.BACKEND or client.status != Status.ACTIVE:
        raise CommandError(f"{client.name}: not a backend application in use.")
    if str(wanted.within(client.granted)) == str(wanted):
        return
    decided = client.history.filter(after__in=[Status.ACTIVE, SCOPES], before="")
    last = decided.order_by("-id").first()
    if last is not None and last.author_user_id is not None:
        raise CommandError(f"{client.name}: a manager limited it to « {client.scopes} ».")
    services.grant(client, f"{client.scopes} {wanted}")


def _organisation(text: str | None) -> Organisation:
    if text:
        found = Organisation.objects.filter(pk__in=[ids.parse(text)], active=True).first()
        if found is None:
            raise CommandError(f"--organisation {text}: no such organisation.")
        return found
    return _most_followed()


def _most_followed() -> Organisation:
    """The organisation in most circles: what somebody who names none means on one's own machine."""
    rows = Membership.objects.filter(status="active").exclude(organisation=None)
    first = rows.values("organisation").annotate(n=Count("pk")).order_by("-n").first()
    if first is None:
        raise CommandError("--organisation is needed: no organisation follows anybody yet.")
    return Organisation.objects.get(pk=first["organisation"])
