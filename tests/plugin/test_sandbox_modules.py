"""The lists of modules that sandboxes get: whatever a listed module imports is listed."""

from __future__ import annotations

import ast
import pkgutil
from collections.abc import Iterator

import pytest

from fleet_build.debian_packages import DEBIAN_MODULES
from fleet_build.pinned_python import OCI_MODULES
from fleet_build.sandbox_scripts import DOWNLOAD_MODULES
from fleet_build.third_party import WHEEL_MODULES

LISTS = {
    "debian": DEBIAN_MODULES,
    "download": DOWNLOAD_MODULES,
    "oci": OCI_MODULES,
    "wheels": WHEEL_MODULES,
}
# What the sandboxes of each package's scripts hold, and nothing else but a standard library.
SANDBOXES = {
    "oci": ("oci",),
    "debian": ("debian", "download", "oci"),
    "download": ("download",),
    "wheels": ("download", "wheels"),
}
PLUGIN = {*LISTS, "fleet_build", "launcher"}


def source_of(package: str, module: str) -> str:
    """Read a module as the plugin does that lays it into a sandbox."""
    content = pkgutil.get_data(package, f"{module}.py")
    assert content is not None
    return content.decode()


def is_module(package: str, name: str) -> bool:
    """Tell a module from a name that a package defines."""
    try:
        return pkgutil.get_data(package, f"{name}.py") is not None
    except FileNotFoundError:
        return False


def imports(package: str, module: str) -> Iterator[tuple[str, str]]:
    """Find the modules of the plugin that a module imports, each as package and name."""
    for node in ast.walk(ast.parse(source_of(package, module))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = ([package] if node.level else []) + ([node.module] if node.module else [])
            start = ".".join(parts)
            names = [start]
            if start in PLUGIN:
                names = [f"{start}.{a.name}" for a in node.names if is_module(start, a.name)]
        for name in names:
            root, _, rest = name.partition(".")
            if root in PLUGIN:
                yield root, rest.partition(".")[0] or "__init__"


@pytest.mark.parametrize("package", sorted(LISTS))
def test_sandboxes_get_all_that_their_scripts_import(package: str) -> None:
    """A module that is not listed would be missing only in a sandbox, that is, in a build."""
    listed = {(one, name) for one in SANDBOXES[package] for name in LISTS[one]}

    missing = {
        f"{package}.{module} imports {'.'.join(found)}"
        for module in LISTS[package]
        for found in imports(package, module)
        if found not in listed
    }

    assert missing == set()


@pytest.mark.parametrize("package", sorted(LISTS))
def test_lists_have_a_package_and_each_module_once(package: str) -> None:
    """Sorted, so that a change of a list is easy to read."""
    modules = LISTS[package]

    assert list(modules) == sorted(set(modules)) and "__init__" in modules


def test_imports_are_found() -> None:
    """The search sees what it is meant to see."""
    assert set(imports("wheels", "fetch")) == {
        ("download", "url"),
        ("wheels", "errors"),
        ("wheels", "index"),
        ("wheels", "lock"),
    }
    assert ("oci", "layer") in set(imports("oci", "write_layer"))
