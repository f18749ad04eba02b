"""What operations looks at."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Stats:
    """The service's metrics, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.answers = Counter("seats_answers", "Answers by business code", ["code"], registry=self.registry)
        self.seconds = Histogram("seats_request_seconds", "Time in the service", registry=self.registry)
        self.pool_size = Gauge("db_pool_size", "Database connections", registry=self.registry)
        self.pool_in_use = Gauge("db_pool_in_use", "Database connections that a request holds", registry=self.registry)
        self.pool_waiting = Gauge("db_pool_waiting", "Requests that wait for a database connection", registry=self.registry)

    def exposition(self) -> bytes:
        return generate_latest(self.registry)
