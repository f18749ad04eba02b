"""verdict.json: the run judged, for programs.  Seconds, shares of one, and per second throughout; the shape is `verdict.schema.json`."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from rushproof.render.headline import step_key
from rushproof.render.recovery_json import RecoveryVerdict, recovery_verdict
from rushproof.report import Generator, Quantiles, Report, StepReport, VisitCounts
from rushproof.verdict import Finding, Kind, Status

Meta = msgspec.Meta
Figure = Annotated[float | None, Meta(description="in the unit of `unit`; null where there is none, or where it has no end")]


VERDICTS: Mapping[Status, Literal["pass", "fail", "unknown"]] = {
    Status.PASS: "pass",
    Status.FAIL: "fail",
    Status.UNKNOWN: "unknown",
}
"""as documents write one"""


class Scale(msgspec.Struct, frozen=True):
    """The two factors; every figure was taken under them."""

    people: Annotated[float, Meta(description="share of the scenario's people that came")]
    speed: Annotated[
        float, Meta(description="seconds of scenario time in a wall second, where no stretch of the timetable in run.json says otherwise")
    ]


class StepVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """One step over the whole run.  Distributions are by outcome, in wall seconds."""

    crowd: str
    step: str
    counts: Annotated[Mapping[str, int], Meta(description="samples by outcome; their sum is the samples due")]
    intents: Annotated[Mapping[str, int], Meta(description="intents by the outcome of the try that settled them")]
    response: Annotated[Mapping[str, Quantiles], Meta(description="due → done")]
    service: Annotated[Mapping[str, Quantiles], Meta(description="sent → done")]
    wait: Annotated[Mapping[str, Quantiles], Meta(description="ready → sent: no connection was free")]
    lag: Annotated[Mapping[str, Quantiles], Meta(description="due → ready: the generator's own lateness")]
    intent: Annotated[Mapping[str, Quantiles], Meta(description="due → the try that settled the intent")]
    stretch: Annotated[Mapping[str, Quantiles], Meta(description="of the step `visit`: last done − arrival − thinking")]


class FindingVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """One judged limit, invariant or health fact."""

    name: str
    kind: Kind
    status: Status
    measured: Figure
    low: Figure
    high: Figure
    bound: Figure
    unit: Annotated[str | None, Meta(description="s (wall seconds), share (of one), /s (per wall second) or count")]
    n: Annotated[int, Meta(description="how many things it looked at")]
    sentence: str
    compressed: Annotated[bool, Meta(description="taken at a speed other than 1; carries over only where utilisation stayed under 0.8")]
    examples: tuple[str, ...]


class GeneratorVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the generator says of itself, and from where on it does not vouch for a second."""

    workers: int
    cores: int
    busy: Annotated[float, Meta(description="mean share of a worker's core taken")]
    busy_peak: float
    lag_p99: Annotated[float, Meta(description="the worst second's, seconds")]
    turn: Annotated[float, Meta(description="the longest turn of the event loop, seconds")]
    memory: Annotated[int, Meta(description="bytes, the largest worker at its peak")]
    seconds: int
    tainted_seconds: int
    reasons: Annotated[Mapping[str, int], Meta(description="tainted seconds by sign")]
    thresholds: Annotated[Mapping[str, float], Meta(description="the scenario's: lag and turn in seconds, the others shares or counts")]


class VerdictDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of verdict.json."""

    verdict: Literal["pass", "fail", "unknown"]
    scenario: str
    arm: str | None
    seed: int
    scale: Scale
    run: str
    ending: Annotated[str, Meta(description="`complete`, or how the load was cut short")]
    started: Annotated[float, Meta(description="unix time of the first scenario second")]
    elapsed: Annotated[float, Meta(description="wall seconds until the last arrival was due")]
    warm_up: Annotated[float, Meta(description="wall seconds at the beginning that counts hold and no limit or health check looks at")]
    counts: Annotated[VisitCounts, Meta(description="visits")]
    steps: Annotated[Mapping[str, StepVerdict], Meta(description="by step; by crowd/step where there are several crowds")]
    recovery: RecoveryVerdict | msgspec.UnsetType = msgspec.UNSET
    findings: tuple[FindingVerdict, ...]
    generator: GeneratorVerdict
    versions: Mapping[str, str]
    labels: Annotated[Mapping[str, str], Meta(description="what the run was called by with --label")]


def render(report: Report) -> bytes:
    """verdict.json, indented, keys in the documented order."""
    return msgspec.json.format(msgspec.json.encode(document(report)), indent=2) + b"\n"


def document(report: Report) -> VerdictDocument:
    """The report in the published shape."""
    manifest = report.manifest
    return VerdictDocument(
        verdict=VERDICTS[report.verdict],
        scenario=manifest.scenario.name,
        arm=manifest.arm,
        seed=manifest.seed,
        scale=Scale(manifest.people, manifest.speed),
        run=manifest.run,
        ending=manifest.ending.value,
        started=manifest.start,
        elapsed=manifest.elapsed,
        warm_up=float(manifest.scenario.warm_up),
        counts=report.counts,
        steps={step_key(report, step): _step(step) for step in report.steps},
        recovery=msgspec.UNSET if report.recovery is None else recovery_verdict(report.recovery),
        findings=tuple(map(_finding, report.findings)),
        generator=_generator(report.generator, report),
        versions=manifest.versions,
        labels=manifest.labels,
    )


def schema() -> dict[str, Any]:
    """The JSON Schema of verdict.json, as published in `verdict.schema.json`."""
    described = msgspec.json.schema(VerdictDocument)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "rushproof verdict.json", **described}


def _step(step: StepReport) -> StepVerdict:
    def of(name: str) -> Mapping[str, Quantiles]:
        return step.distributions.get(name, {})

    return StepVerdict(
        crowd=step.crowd, step=step.step, counts=step.counts, intents=step.intents,
        response=of("response"), service=of("service"), wait=of("wait"), lag=of("lag"), intent=of("intent"), stretch=of("stretch"),
    )  # fmt: skip


def _finding(finding: Finding) -> FindingVerdict:
    return FindingVerdict(
        name=finding.name, kind=finding.kind, status=finding.status,
        measured=_finite(finding.measured), low=_finite(finding.low), high=_finite(finding.high), bound=_finite(finding.bound),
        unit=finding.unit.value if finding.unit else None,
        n=finding.n, sentence=finding.sentence, compressed=finding.compressed, examples=finding.examples,
    )  # fmt: skip


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _generator(generator: Generator, report: Report) -> GeneratorVerdict:
    spec = report.manifest.scenario.generator
    thresholds = {name: float(getattr(spec, name)) for name in spec.__struct_fields__}
    return GeneratorVerdict(**msgspec.structs.asdict(generator), thresholds=thresholds)
