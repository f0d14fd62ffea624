"""Vendored files are exactly those that vendor.toml names, byte for byte."""

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [ROOT / "static" / "vendor", ROOT / "tests" / "vendor"]


def packages(folder: Path) -> list[dict]:
    return tomllib.loads((folder / "vendor.toml").read_text())["package"]


def expected(folder: Path) -> dict[str, str]:
    return {
        name: digest for package in packages(folder) for name, digest in package["files"].items()
    }


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_each_file_has_the_digest_that_vendor_toml_names(folder: Path):
    found = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "vendor.toml"
    }
    assert found == expected(folder)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_each_package_has_a_name_an_exact_version_and_a_licence(folder: Path):
    for package in packages(folder):
        assert package["name"]
        assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
        assert package["licence"]
        assert any(name.endswith("LICENSE") for name in package["files"]), package["name"]


def test_nothing_served_points_to_a_missing_source_map():
    served = [*(ROOT / "static").rglob("*.css"), *(ROOT / "static").rglob("*.js")]
    assert served
    assert [path.name for path in served if "sourceMappingURL" in path.read_text()] == []
