"""Whether a plain run may leave this machine: only to a host that its owner named twice, with `--own-host` and in `targets.yaml`."""

import logging
from pathlib import Path

from rushproof.document import read_document
from rushproof.errors import ScenarioError

_FILE = "targets.yaml"

logger = logging.getLogger(__name__)


def own_host(named: str | None, folder: Path) -> str:
    """The host named on the command line if the file in that folder lists it, otherwise nothing; the engine refuses any other."""
    if not named:
        return ""
    try:
        hosts = read_document((folder / _FILE).read_text(), _FILE).tree.get("hosts", {})
    except (OSError, ScenarioError) as error:
        logger.error("%s: %s", _FILE, error)
        return ""
    if named in hosts:
        return named
    logger.error("%s does not list %s under `hosts`, so load does not go there", _FILE, named)
    return ""
