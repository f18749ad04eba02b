"""Load reaches this machine, and the one host that was named, where it was said to be."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.errors import SafetyError
from rushproof.reach import allowed, proxy_allowed, within


@given(st.integers(0, 2**24 - 1).map(lambda low: str(ipaddress.IPv4Address((127 << 24) + low))))
def test_all_of_loopback_is_this_machine(ip: str) -> None:
    allowed("anything.test", ip, "")
    allowed("anything.test", f"::ffff:{ip}", "", ("10.0.0.0/8",))
    proxy_allowed("anything.test", ip)


@given(
    st.ip_addresses().filter(lambda ip: not (getattr(ip, "ipv4_mapped", None) or ip).is_loopback).map(str),
    st.sampled_from(["", "other.test"]),
)
def test_no_other_address_is_reached_unasked(ip: str, own: str) -> None:
    with pytest.raises(SafetyError, match="not this machine"):
        allowed("shop.test", ip, own)
    with pytest.raises(SafetyError, match="not this machine"):
        proxy_allowed("proxy.test", ip)


@given(st.ip_addresses(v=4), st.ip_addresses(v=4), st.integers(1, 32))
def test_an_own_host_is_reached_in_its_networks_only(ip: ipaddress.IPv4Address, base: ipaddress.IPv4Address, length: int) -> None:
    network = f"{base}/{length}"
    inside = int(ip) >> (32 - length) == int(base) >> (32 - length)
    assert within(str(ip), [network]) == inside
    if inside or ip.is_loopback:
        allowed("shop.test", str(ip), "Shop.Test", [network])
    else:
        with pytest.raises(SafetyError, match=r"shop\.test resolves to .*outside of what targets\.yaml allows"):
            allowed("shop.test", str(ip), "Shop.Test", ["192.0.2.1/32", network] if str(ip) != "192.0.2.1" else [network])


def test_an_own_host_without_networks_may_be_anywhere() -> None:
    allowed("shop.test", "192.0.2.7", "shop.test")


def test_the_sentence_names_the_host_the_address_and_what_was_allowed() -> None:
    with pytest.raises(SafetyError) as refused:
        allowed("shop.test", "10.1.2.3", "shop.test", ("192.168.0.0/16", "10.9.0.0/16"))
    assert (
        str(refused.value) == "shop.test resolves to 10.1.2.3, which is outside of what targets.yaml allows (192.168.0.0/16, 10.9.0.0/16)"
    )


@pytest.mark.parametrize("ip", ["0.0.0.0", "::", "169.254.169.254", "::ffff:192.0.2.9", "fe80::1%eth0"])
def test_what_looks_like_this_machine_is_not(ip: str) -> None:
    with pytest.raises(SafetyError):
        allowed("sly.test", ip, "")


def test_a_proxy_is_on_this_machine_or_in_the_own_hosts_networks() -> None:
    proxy_allowed("proxy.test", "10.2.0.1", ("10.2.0.0/16",))
    with pytest.raises(SafetyError, match=r"the proxy proxy\.test is 10\.3\.0\.1, outside of"):
        proxy_allowed("proxy.test", "10.3.0.1", ("10.2.0.0/16",))


def test_a_network_that_is_none_lets_nothing_through() -> None:
    with pytest.raises(SafetyError, match="expected networks"):
        within("10.0.0.1", ("10.0.0.0/40",))
