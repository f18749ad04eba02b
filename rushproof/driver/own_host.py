"""Whether a plain run may leave this machine: only to a host that its owner named twice, with `--own-host` and in `targets.yaml`."""

import logging
from pathlib import Path

import msgspec

from rushproof.errors import ScenarioError
from rushproof.targets import Host, read_targets

_FILE = "targets.yaml"

logger = logging.getLogger(__name__)


class OwnHost(msgspec.Struct, frozen=True):
    """A host beyond this machine, and the networks its address must be in; no name: load stays here."""

    name: str = ""
    addresses: tuple[str, ...] = ()


def own_host(named: str | None, folder: Path) -> OwnHost:
    """The host named on the command line if the file in that folder lists it, otherwise none; the engine refuses any other.

    Nobody watches a plain run: a host whose owner sets a rate or says when to stop is for `rushproof run`.
    """
    if not named:
        return OwnHost()
    try:
        hosts = read_targets((folder / _FILE).read_text(), _FILE)[0].hosts
    except (OSError, UnicodeDecodeError, ScenarioError) as error:
        logger.error("%s: %s", _FILE, error)
        return OwnHost()
    if named not in hosts:
        logger.error("%s does not list %s under `hosts`, so load does not go there", _FILE, named)
        return OwnHost()
    if _watched(hosts[named]):
        logger.error("the owner of %s sets highest_rate or stop_when in %s: `rushproof run` heeds it, a plain run would not", named, _FILE)
        return OwnHost()
    return OwnHost(named, hosts[named].addresses)


def _watched(host: Host) -> bool:
    return host.highest_rate is not None or bool(host.stop_when)
