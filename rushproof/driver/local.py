"""A run of one process: what the run says goes down to the station, what the station says goes up."""

from locust.env import Environment
from locust.runners import Runner

from rushproof.driver.scripted import follow_the_run
from rushproof.driver.station import Station
from rushproof.driver.stream import Stream
from rushproof.plan import Plan
from rushproof.wire import Message, read_number


class Local:
    """Locust's only process, on the other end of the run's socket; it ends by itself after the final frame, or with the run."""

    def __init__(self, environment: Environment, runner: Runner, link: Stream) -> None:
        self._environment, self._link = environment, link
        self._station: Station | None = None
        self._end = follow_the_run(environment, runner, link, self._take)

    def _take(self, message: Message, payload: bytes) -> None:
        if message is Message.PLAN:
            self._station = Station(self._environment, Plan.decode(payload), self._send)
            self._station.prepare()
        elif message is Message.START and self._station is not None:
            self._station.start(read_number(payload))
        elif message is Message.STOP:
            if self._station is None:
                self._end()
            else:
                self._station.stop(read_number(payload))

    def _send(self, message: Message, payload: bytes, over: bool) -> None:
        self._link.send(message, payload)
        if over:
            self._end()
