"""The generator's certificate: whether the figures are the target's, or its own."""

import msgspec

from rushproof.health import lag_limit
from rushproof.quantity import Unit, show
from rushproof.report import Generator, Report
from rushproof.scenario import GeneratorSpec


class Row(msgspec.Struct, frozen=True):
    """One line of the certificate."""

    name: str
    value: str
    threshold: str = ""
    """from where on it taints a second, where it does"""


def vouches(report: Report) -> bool:
    """Whether there was a second to vouch for, and none was tainted."""
    return report.generator.seconds > 0 and report.generator.tainted_seconds == 0


def sentence(report: Report) -> str:
    """The certificate in one sentence."""
    generator = report.generator
    if not generator.seconds:
        return "The generator reported no second, so it vouches for nothing."
    if vouches(report):
        return f"The generator kept its schedule in all {generator.seconds:,} seconds: the figures are the target's."
    reasons = ", ".join(f"{name} {count:,}" for name, count in generator.reasons.items() if count)
    return (
        f"{generator.tainted_seconds:,} of {generator.seconds:,} seconds are tainted ({reasons or 'no sign given'}): "
        "in these the generator itself may be what was slow."
    )


def certificate(report: Report) -> tuple[Row, ...]:
    """The certificate, line by line, each with its threshold."""
    generator, scenario = report.generator, report.manifest.scenario
    spec = scenario.generator
    lag = lag_limit(spec, scenario.budget)
    return (
        Row("tainted seconds", _tainted(generator), _spoils(spec)),
        Row("lag p99, worst second", show(generator.lag_p99, Unit.SECONDS), f"over {show(lag, Unit.SECONDS)}{_why(spec, lag)}"),
        Row("core taken, worst second", show(generator.busy_peak, Unit.SHARE), f"over {show(float(spec.busy), Unit.SHARE)}"),
        Row("core taken, mean", show(generator.busy, Unit.SHARE)),
        Row("longest loop turn", show(generator.turn, Unit.SECONDS), f"over {show(float(spec.turn), Unit.SECONDS)}"),
        Row("not sent when due", _seconds(generator, "unsent"), f"over {show(float(spec.unsent), Unit.SHARE)} of a second's requests"),
        Row("visits never begun", _seconds(generator, "missed"), "any"),
        Row("silent", _seconds(generator, "absent"), "any: a worker said nothing of a second"),
        Row("workers", f"{generator.workers:,} on {generator.cores:,} cores"),
        Row("memory, largest worker", f"{generator.memory / 2**20:,.0f} MiB"),
    )


def _tainted(generator: Generator) -> str:
    share = generator.tainted_seconds / generator.seconds if generator.seconds else 0.0
    return f"{generator.tainted_seconds:,} of {generator.seconds:,} ({show(share, Unit.SHARE)})"


def _spoils(spec: GeneratorSpec) -> str:
    """How much taint makes a finding unknown."""
    peak = f", or any of its {spec.peak:,.0f} busiest seconds" if spec.peak else ""
    return f"a finding is unknown over {show(float(spec.tainted), Unit.SHARE)} of its window{peak}"


def _why(spec: GeneratorSpec, lag: float) -> str:
    return ": 5 % of the tightest latency bound" if lag > spec.lag else ""


def _seconds(generator: Generator, sign: str) -> str:
    return f"in {generator.reasons.get(sign, 0):,} seconds"
