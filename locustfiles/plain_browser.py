from locust import FastHttpUser, between, task


class PlainBrowser(FastHttpUser):
    """Looks at the rounds, and now and then at a reservation: an ordinary Locust file, measured and judged as it is."""

    wait_time = between(1, 3)

    @task(3)
    def rounds(self) -> None:
        self.client.get("/rounds", name="rounds")

    @task
    def reservation(self) -> None:
        with self.client.get("/reservations/1", name="reservation", catch_response=True) as answer:
            if answer.status_code == 404:  # nobody has reserved yet
                answer.success()
