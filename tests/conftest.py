"""Options of the whole suite; pytest reads them only here."""

import pytest
from hypothesis import settings

# Cores are shared: how long an example takes says nothing about it.
settings.register_profile("rushproof", deadline=None)
settings.load_profile("rushproof")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew instead of comparing with them")
