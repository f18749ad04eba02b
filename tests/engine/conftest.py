import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for `riding`, which the tests of this folder share

from feeding import people, signer  # noqa: F401  # fixtures
from riding import persona  # noqa: F401  # a fixture
from ways import authority  # noqa: F401  # a fixture
