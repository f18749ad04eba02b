"""Calls to the target beside the load: ready, clock, ledgers."""

import ssl

import aiohttp

from rushproof.plan import Transport


def control_session(transport: Transport) -> aiohttp.ClientSession:
    """A session that trusts what the load trusts, and takes no proxy from the environment."""
    trust: ssl.SSLContext | bool = True
    if not transport.verify:
        trust = False
    elif transport.ca:
        trust = ssl.create_default_context()
        trust.load_verify_locations(cafile=transport.ca)
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust), trust_env=False)
