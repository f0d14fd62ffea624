"""The people of the kill drill: Mme Dupont, known by her INS, her nurses, the hospital of Dax."""

import json
import sys


def make(members: int) -> dict[str, object]:
    """Inside Django: the rows. Returns what the load needs."""
    from liane.exchange.tests.world import hospital, matricule, odette
    from tests.system import scene

    hospital()
    return scene.make(members, odette()) | {"ins": matricule().value}


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(make(int(sys.argv[1]))))
