"""The generator's certificate: whether the figures are the target's, or its own."""

import msgspec

from rushproof.quantity import Unit, show
from rushproof.report import Report


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
    generator, spec = report.generator, report.manifest.scenario.generator
    share = generator.tainted_seconds / generator.seconds if generator.seconds else 0.0
    return (
        Row(
            "tainted seconds",
            f"{generator.tainted_seconds:,} of {generator.seconds:,} ({show(share, Unit.SHARE)})",
            f"a finding is lost over {show(float(spec.tainted), Unit.SHARE)} of its window, or with 1 in its busiest {spec.peak:,.0f} s",
        ),
        Row(
            "lag p99, worst second",
            show(generator.lag_p99, Unit.SECONDS),
            f"over {show(float(spec.lag), Unit.SECONDS)}, or 5 % of the tightest bound if that is more",
        ),
        Row("core taken, mean", show(generator.busy, Unit.SHARE)),
        Row("core taken, worst second", show(generator.busy_peak, Unit.SHARE), f"over {show(float(spec.busy), Unit.SHARE)}"),
        Row("visits missed", f"in {generator.reasons.get('missed', 0):,} seconds", "over 0"),
        Row("longest loop turn", show(generator.turn, Unit.SECONDS), f"over {show(float(spec.turn), Unit.SECONDS)}"),
        Row(
            "late to send",
            f"in {generator.reasons.get('unsent', 0):,} seconds",
            f"over {show(float(spec.unsent), Unit.SHARE)} of a second's requests",
        ),
        Row("workers", f"{generator.workers:,} on {generator.cores:,} cores"),
        Row("memory, largest worker", f"{generator.memory / 2**20:,.0f} MiB"),
    )
