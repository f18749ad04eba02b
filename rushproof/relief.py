"""Whether a held load's target has come back, asked while the load goes on: then nothing more has to be waited for."""

import math

import numpy as np

from rushproof.drill import ServiceSpec
from rushproof.frame import Frame
from rushproof.held import Ordeal
from rushproof.histogram import BUCKETS, middle
from rushproof.keyed import FloatArray
from rushproof.recovery.baseline import Baseline, Unsteady, baseline, bearable
from rushproof.recovery.cohort import Cohorts
from rushproof.recovery.looked import Rule
from rushproof.recovery.service import served
from rushproof.sample import VISIT, Distribution, Outcome
from rushproof.summary import Cells

_MIDDLE = middle(np.arange(BUCKETS))
_SETTLED = 0.9
"""share of a window's intents that have to be settled: those that are quick to end come first, and look well"""
_HOLE = 0.7
"""the same of a second; of those that are missing from it nobody knows yet that they are well"""


class Relief:
    """Takes a run's frames and says once that it has told enough, and why; buckets are wall seconds."""

    def __init__(self, service: ServiceSpec, ordeal: Ordeal, workers: int = 1) -> None:
        self._service, self._course = service, ordeal
        size = math.ceil(ordeal.end) + 1
        self._asked, self._good = (np.zeros(size, dtype=np.int64) for _ in range(2))
        self._took: list[Cells] = []
        self._until = dict.fromkeys(range(workers), 0.0)
        self._offered: FloatArray = np.append(ordeal.by_second(), 0.0)
        self._base: Baseline | Unsteady | None = None
        self._looked = 0
        self._told = False

    def add(self, frame: Frame) -> str:
        """Takes a frame in; one sentence when nothing more has to be seen for the first time, otherwise empty."""
        self._until[frame.worker] = max(self._until.get(frame.worker, 0.0), frame.until)
        self._count_in(frame)
        second = math.floor(min(self._until.values()) + 1e-6)
        if self._told or second <= max(self._looked, self._course.mends + self._course.hold):
            return ""
        self._looked = second
        why = self._enough(second)
        self._told = bool(why)
        return why

    def _enough(self, second: int) -> str:
        cohorts = self._cohorts()
        if self._base is None:
            self._base = baseline(cohorts, self._course.warm_up, self._course.breaks, float(self._service.drop), bearable(self._service))
        if isinstance(self._base, Unsteady):
            return self._base.why
        usual = self._base.asked / float(self._offered[self._base.first : self._base.last].sum())
        end = self._settled(usual, second)
        cohorts = cohorts._replace(asked=np.maximum(self._asked, (_HOLE * usual * self._offered).astype(np.int64)))
        found = served(cohorts, self._base, Rule.of(self._service), self._course.mends + 1, end)
        if found.status != "recovered" or found.at is None:
            return ""
        return f"it was well from {found.at:.4g} s on, and stayed so"

    def _count_in(self, frame: Frame) -> None:
        rows = frame.cell_rows
        mine = [nth for nth, (crowd, step) in enumerate(frame.steps) if step == self._service.step and self._service.crowd in (None, crowd)]
        kind = Distribution.STRETCH if self._service.step == VISIT else Distribution.INTENT
        rows = rows[(rows["distribution"] == kind) & np.isin(rows["step"], mine) & (rows["at"] < len(self._asked))]
        np.add.at(self._asked, rows["at"], rows["count"])
        good = rows[(rows["outcome"] == Outcome.OK) & (_MIDDLE[rows["bucket"]] <= float(self._service.within) * (1 + 1e-9))]
        np.add.at(self._good, good["at"], good["count"])
        self._took.append(Cells(*(good[name].astype(np.int64) for name in ("at", "bucket", "count"))))

    def _cohorts(self) -> Cohorts:
        took = Cells(*map(np.concatenate, zip(*self._took, strict=True)))
        self._took = [took]
        return Cohorts(1.0, self._asked, self._good, self._asked, took)

    def _settled(self, usual: float, second: int) -> float:
        """Up to which second what was offered has come to something, where of each visit `usual` intents come."""
        window, first = max(math.ceil(float(self._service.window)), 1), math.ceil(self._course.mends)
        asked, offered = (np.concatenate(([0.0], np.cumsum(column))) for column in (self._asked, self._offered))
        ends = np.arange(first + 1, min(second, len(self._asked)) + 1)
        begins = np.maximum(ends - window, first)
        settled = ends[asked[ends] - asked[begins] >= _SETTLED * usual * (offered[ends] - offered[begins])]
        return float(settled[-1]) if len(settled) else float(first)
