// The one POST that all generators send, open loop, each with an identity of its own.
import http from "k6/http";
import exec from "k6/execution";

export const options = {
  scenarios: {
    rush: {
      executor: "constant-arrival-rate",
      rate: Number(__ENV.RATE),
      timeUnit: "1s",
      duration: `${__ENV.SECONDS}s`,
      preAllocatedVUs: Number(__ENV.USERS),
      maxVUs: Number(__ENV.USERS),
      gracefulStop: "2s",
    },
  },
  insecureSkipTLSVerify: true,
  noConnectionReuse: Boolean(__ENV.CLOSE),
  summaryTrendStats: ["med", "p(99)"],
};

export default function () {
  const number = exec.scenario.iterationInTest;
  const person = "p" + String(number).padStart(12, "0");
  http.post(
    `${__ENV.URL}/reservations`,
    JSON.stringify({ person: person, round: "2022-04-01.r1", shop: "s00001" }),
    { headers: { "Content-Type": "application/json", "Idempotency-Key": person } },
  );
}

export function handleSummary(data) {
  return { stdout: JSON.stringify(data.metrics) };
}
