"""Files of an issued invoice: one adapter a form. The téléservice's own format is not public."""

from liane.bundles.outputs.adapters import ADAPTERS, Adapter, File

__all__ = ["ADAPTERS", "Adapter", "File"]
