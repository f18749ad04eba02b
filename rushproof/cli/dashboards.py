"""`rushproof dashboards push`: bring the catalogue's dashboards into a Grafana."""

import argparse
import os
from typing import TYPE_CHECKING

from rushproof.cli.verbs import declare

if TYPE_CHECKING:
    from rushproof.cli.verbs import Verbs

TOKEN = "GRAFANA_TOKEN"
"""the environment variable that holds the token where `--token` does not; a command line can be read by every user of a machine"""
_ABOUT = "bring the dashboards into your Grafana"
_EXAMPLE = f"{TOKEN}=glsa_… rushproof dashboards push --url http://127.0.0.1:3000 --folder Rush"


def add(verbs: "Verbs") -> None:
    """Declare the verb."""
    parser = declare(verbs, "dashboards", _ABOUT, _EXAMPLE, does)
    push = declare(parser.add_subparsers(metavar="push", required=True), "push", _ABOUT, _EXAMPLE, does)
    push.add_argument("--url", required=True, metavar="URL", help="where Grafana is, with its path if it has one")
    push.add_argument("--token", metavar="TOKEN", help=f"of a service account with the role Editor (default: the variable {TOKEN})")
    push.add_argument("--folder", metavar="TITLE", help="the folder they go to; made where there is none (default: Grafana's first)")


def does(options: argparse.Namespace) -> int:
    """Push each dashboard and print where it is; 0 when all are there."""
    from rushproof.cli.grafana import Grafana
    from rushproof.errors import PASS, InputError

    token = options.token or os.environ.get(TOKEN, "")
    if not token:
        raise InputError(f"no token: give --token, or set {TOKEN}; a service account of Grafana with the role Editor has one")
    grafana = Grafana(options.url, token)
    for name, address in grafana.push(options.folder):
        print(f"{name}: {address}")
    return PASS
