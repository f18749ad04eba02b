"""Where a plain run may go: what `targets.yaml` says of the host that was named."""

import pytest

from rushproof.driver.own_host import OwnHost, own_host


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "targets.yaml").write_text("""
hosts:
  free.example: {owner: Ada, addresses: [10.1.0.0/16]}
  watched.example: {owner: Ada, stop_when: [{measure: p99, above: 5s}]}
  slow.example: {owner: Ada, highest_rate: 10/s}
""")
    return tmp_path


def test_nothing_is_ones_own_unless_it_is_named(folder):
    assert own_host(None, folder) == OwnHost()


def test_a_listed_host_brings_the_networks_it_must_be_in(folder):
    assert own_host("free.example", folder) == OwnHost("free.example", ("10.1.0.0/16",))


@pytest.mark.parametrize("host", ["watched.example", "slow.example"])
def test_a_host_whose_owner_sets_terms_is_not_for_a_run_that_nobody_watches(folder, host, caplog):
    assert own_host(host, folder) == OwnHost()
    assert "rushproof run" in caplog.text


def test_a_host_that_is_not_listed_is_refused(folder, caplog):
    assert own_host("other.example", folder) == OwnHost()
    assert "does not list other.example" in caplog.text


def test_a_list_that_cannot_be_read_lists_nobody(tmp_path, caplog):
    (tmp_path / "targets.yaml").write_text("hosts: {a.example: {ownr: Ada}}")

    assert own_host("a.example", tmp_path) == OwnHost()
    assert "did you mean 'owner'" in caplog.text
