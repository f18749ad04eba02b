"""Probes that are activities of Chaos Toolkit: each on a stage of its own, loaded once, played once a second."""

from pathlib import Path

from rushproof.errors import FaultError
from rushproof.inject.stage import Stage
from rushproof.probe import ProbeSpec
from rushproof.run.prometheus import Number

WITHIN = 10.0
"""wall seconds in which it has to come to something"""


class Playing:
    """The stages of one run's probes; `beside` is the scenario's folder, where modules are looked for, too."""

    def __init__(self, beside: Path) -> None:
        self._beside = beside
        self._stages: dict[str, Stage] = {}

    async def number(self, name: str, probe: ProbeSpec, url: str) -> Number:
        """Plays it once: 1 or 0 by its tolerance, or its own number; whatever happens is an answer."""
        stage = self._stages.get(name)
        if stage is None:
            shared = {"configuration": {"target_url": url, **probe.configuration}, "secrets": probe.secrets}
            stage = self._stages[name] = Stage([probe.activity or {}], shared, self._beside)
        try:
            told = await stage.play(0, WITHIN)
        except FaultError as problem:
            return Number(None, str(problem))
        if "tolerance" in (probe.activity or {}):
            return Number(float(bool(told.met)))
        if told.problem or told.value is None:
            return Number(None, told.problem or "the activity comes to no number, and has no tolerance")
        return Number(told.value)

    async def close(self) -> None:
        """Let all of them end."""
        for stage in self._stages.values():
            await stage.close()
