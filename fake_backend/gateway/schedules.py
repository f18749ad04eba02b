"""When a notice is sent again, and what counts as taken: the documented ways of real providers, each one frozen value with its source.

Gaps are seconds of the gateway's clock; how long an endpoint may take to answer is wall time.
"""

from typing import Final, Literal

import msgspec

Rule = Literal["status", "body_not_fail", "body_success", "ok", "exactly_200"]
"""`status`: 200 or 204 whatever the body says · `body_not_fail`: 200 or 204, and the body does not say FAIL · `body_success`: 200 and the
body is exactly `success` · `ok`: any 2xx · `exactly_200`"""


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """One provider's way with notices that were not taken."""

    name: str
    gaps: tuple[float, ...]
    """from one sending to the next; after the last one it is given up"""
    rule: Rule
    patience: float
    """wall seconds that the endpoint has to answer"""
    queue: tuple[float, ...] = ()
    """after `gaps` notices queue up for their endpoint, and its first one is sent again at these gaps: the others wait behind it"""
    disabled_after: int = 0
    """notices given up in a row until the endpoint gets no more; 0: never"""
    source: str
    assumed: str = ""
    """what the documents leave open, and what stands here instead"""


def _exponential(first: float, factor: float, window: float) -> tuple[float, ...]:
    gaps: list[float] = []
    while sum(gaps) + first <= window:
        gaps.append(first)
        first *= factor
    return tuple(gaps)


_M, _H, _DAY = 60.0, 3600.0, 86400.0

SCHEDULES: Final = {
    schedule.name: schedule
    for schedule in (
        Schedule(
            name="wechat", rule="status", patience=5.0,
            gaps=(15, 15, 30, 3 * _M, 10 * _M, 20 * _M, 30 * _M, 30 * _M, 30 * _M, _H, 3 * _H, 3 * _H, 3 * _H, 6 * _H, 6 * _H),
            source="pay.weixin.qq.com, APIv3, payment notice: 15 more sendings in 24 h 4 min; 200 or 204 within 5 s",
        ),
        Schedule(
            name="wechat_old", rule="body_not_fail", patience=5.0,
            gaps=(15, 15, 30, 3 * _M, 30 * _M, 30 * _M, 30 * _M, 30 * _M, _H),
            source="pay.weixin.qq.com, older products such as pay score: 9 more sendings",
        ),
        Schedule(
            name="wechat_education", rule="status", patience=5.0, gaps=(1.0, *(60.0,) * 10, *(300.0,) * 10),
            source="pay.weixin.qq.com, education fees, notice of a contract's result: 21 more sendings",
        ),
        Schedule(
            name="alipay", rule="body_success", patience=5.0,
            gaps=(4 * _M, 10 * _M, 10 * _M, _H, 2 * _H, 6 * _H, 15 * _H),
            source="opendocs.alipay.com, asynchronous notice: 8 sendings in 25 h until the body is `success`",
            assumed="the page speaks of 24 h 22 min as well; the gaps add up to 24 h 24 min. How long an answer may take is not said: 5 s",
        ),
        Schedule(
            name="stripe", rule="ok", patience=10.0, gaps=_exponential(5 * _M, 2.0, 3 * _DAY),
            source="docs.stripe.com, webhooks: again for up to three days with exponential back-off",
            assumed="the gaps are not published: 5 min, doubled each time; nor how long an answer may take: 10 s",
        ),
        Schedule(
            name="adyen", rule="ok", patience=10.0, gaps=(9, 18, 27),
            queue=(2 * _M, 5 * _M, 10 * _M, 15 * _M, 30 * _M, _H, 2 * _H, 4 * _H, *(8 * _H,) * 88),
            source="docs.adyen.com, webhooks, troubleshoot: three more sendings, then a queue for 30 days, first come first served",
        ),
        Schedule(
            name="juspay", rule="exactly_200", patience=5.0,
            gaps=(_M, *(5 * _M,) * 2, *(10 * _M,) * 5, *(_H,) * 5, *(6 * _H,) * 3),
            source="juspay.io, webhook call-back retries: 16 more sendings in 24 h",
            assumed="how long an answer may take is not said: 5 s",
        ),
        Schedule(
            name="razorpay", rule="ok", patience=5.0, gaps=_exponential(_M, 2.0, _DAY), disabled_after=1,
            source="razorpay.com, webhooks, best practices: exponential for 24 h, then the endpoint is disabled",
            assumed="the gaps are not published: 1 min, doubled each time",
        ),
        Schedule(
            name="paymongo", rule="ok", patience=5.0, gaps=tuple(2.0**n for n in range(1, 13)), disabled_after=3,
            source="developers.paymongo.com: 12 tries in 136.5 min; disabled after three events in vain",
            assumed="the gaps are not published: 2 s, doubled twelve times, make just these 136.5 min",
        ),
        Schedule(
            name="circle", rule="ok", patience=5.0,
            gaps=(1, 10, 30, _M, 15 * _M, _H, 3 * _H, 5 * _H, 6 * _H, 10 * _H, 11 * _H),
            source="developers.circle.com, webhooks: 11 more sendings",
            assumed="how long an answer may take is not said: 5 s",
        ),
    )
}  # fmt: skip
"""name → schedule"""


def taken(rule: Rule, status: int, body: bytes) -> bool:
    """Whether an answer that came in time means that the notice was taken."""
    if rule == "exactly_200":
        return status == 200
    if rule == "ok":
        return 200 <= status < 300
    if rule == "body_success":
        return status == 200 and body.strip() == b"success"
    return status in (200, 204) and not (rule == "body_not_fail" and b"FAIL" in body)


def gap(schedule: Schedule, tries: int) -> float | None:
    """Seconds until the next sending after `tries` of them; None: it is given up."""
    gaps = (*schedule.gaps, *schedule.queue)
    return float(gaps[tries - 1]) if tries <= len(gaps) else None
