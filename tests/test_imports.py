"""No two files import each other in a circle; `lint-imports` holds the layers."""

from graphlib import TopologicalSorter

import pytest


def test_imports_run_in_no_circle() -> None:
    grimp = pytest.importorskip("grimp")
    graph = grimp.build_graph("ferlite", "reports", cache_dir=None)
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    assert "reports.tables.tried" in imports["reports.tables.__main__"]
    TopologicalSorter(imports).prepare()  # raises CycleError, which names the circle
