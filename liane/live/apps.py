import datetime as dt

from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "liane.live"

    def ready(self) -> None:
        from liane.core import registry
        from liane.live import checks
        from liane.live.signals import forget

        registry.service_checks.append(checks.lines)
        registry.add_jobs(
            registry.Job(
                "forget-signals",
                every=dt.timedelta(minutes=10),
                run=forget,
                label="Signaux périmés oubliés",
            )
        )
