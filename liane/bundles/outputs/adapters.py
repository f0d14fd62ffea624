"""The registry of outputs. A new form, the téléservice's one day, is one more entry."""

from collections.abc import Callable
from dataclasses import dataclass

from liane.bundles.outputs import content, csv_file, fhir, json_file
from liane.bundles.outputs.content import Content


@dataclass(frozen=True)
class File:
    """A file made from an invoice."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Adapter:
    """One form of file."""

    key: str
    label: str
    suffix: str
    content_type: str
    render: Callable[[Content], bytes]

    def file(self, made: Content) -> File:
        """The file; its name says the number alone."""
        return File(f"{made.invoice.number}.{self.suffix}", self.content_type, self.render(made))


ADAPTERS = {
    one.key: one
    for one in (
        Adapter("json", "JSON de Liane", "json", "application/json", json_file.render),
        Adapter("csv", "CSV, une ligne par bénéficiaire", "csv", "text/csv; charset=utf-8",
                csv_file.render),
        Adapter("fhir", "FHIR R4 : Claim et Invoice", "fhir.json", "application/fhir+json",
                fhir.render),
    )
}  # fmt: skip
"""By key, as pages and the command name them."""

__all__ = ["ADAPTERS", "Adapter", "File", "content"]
