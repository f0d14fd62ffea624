"""The published JSON Schema of a definition: ``python -m liane.pathways.protocols.schema``.

Editors that know JSON Schema complete and check a definition while it is typed.
"""

import json
from pathlib import Path

from liane.pathways.protocols.format import Protocol

FILE = Path(__file__).resolve().parents[1] / "data" / "protocol.schema.json"


def schema() -> str:
    """The schema as text, always the same for the same classes."""
    made = Protocol.model_json_schema(by_alias=True, mode="validation")
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    made["title"] = "Liane protocol definition"
    return json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(schema(), encoding="utf-8")
