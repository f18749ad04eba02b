"""The metrics in Prometheus's text format, of one process or of all of them together."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from fake_backend.metrics import NAMES, ROWS, SECONDS
from fake_backend.totals import Counted


class Exposition(Collector):
    """Writes what was counted, and what the system says of this process."""

    def __init__(self) -> None:
        self._total, self._switches = Counted(), dict[str, bool]()
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)

    def written(self, total: Counted, switches: Mapping[str, bool]) -> bytes:
        """The text."""
        self._total, self._switches = total, dict(switches)
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        """The metrics in the order of `NAMES`."""
        families: dict[str, Metric] = {}
        for family in (self._request_seconds(), *self._counters(), *self._commits(), *self._gauges(), self._switch()):
            families[family.name] = family
        return families.values()

    def _request_seconds(self) -> Metric:
        name = "fake_backend_request_seconds"
        family = HistogramMetricFamily(name, NAMES[name], labels=["route", "status"])
        for route, tally in self._total.requests.items():
            for status, (counts, total) in tally.items():
                family.add_metric([route, str(status)], _cumulated(SECONDS, counts), total)
        return family

    def _counters(self) -> Iterator[Metric]:
        name = "fake_backend_reservations_total"
        family = CounterMetricFamily(name, NAMES[name], labels=["code"])
        for code, count in self._total.outcomes.items():
            family.add_metric([code], count)
        yield family
        name = "fake_backend_shed_total"
        yield CounterMetricFamily(name, NAMES[name], value=self._total.outcomes.get("overloaded", 0))

    def _commits(self) -> Iterator[Metric]:
        for name, bounds, (counts, total) in (
            ("fake_backend_commit_seconds", SECONDS, self._total.commit_seconds),
            ("fake_backend_commit_rows", ROWS, self._total.commit_rows),
        ):
            yield HistogramMetricFamily(name, NAMES[name], buckets=_cumulated(bounds, counts), sum_value=total)

    def _gauges(self) -> Iterator[Metric]:
        for name, value in self._total.gauges.items():
            yield GaugeMetricFamily(name, NAMES[name], value=value)

    def _switch(self) -> Metric:
        name = "fake_backend_switch_active"
        family = GaugeMetricFamily(name, NAMES[name], labels=["switch"])
        for switch, active in self._switches.items():
            family.add_metric([switch], float(active))
        return family


def _cumulated(bounds: tuple[float, ...], counts: list[int]) -> list[tuple[str, float]]:
    """The counts at or below each bound, as Prometheus has them."""
    totals = accumulate(counts or [0] * (len(bounds) + 1))
    return [(bound, float(total)) for bound, total in zip((*map(str, bounds), "+Inf"), totals, strict=True)]
