"""Whatever a client sends, in whatever dialect, it gets an answer or a closed connection, and never a 500 of ours."""

import asyncio
import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fake_backend.gateway.dialects.keys import Key, PublicKey, new_pem
from fake_backend.gateway.faults.known import FAULTS

WORDS = [
    "merchant_order",
    "refund",
    "amount",
    "bank",
    "channel",
    "notify_url",
    "payer",
    "expires_at",
    "ttl",
    "share",
    "how",
    "now",
    "turns",
]
WECHAT = ["appid", "mchid", "description", "out_trade_no", "notify_url", "amount", "total", "refund", "time_expire", "payer", "openid"]
VALUES = st.sampled_from(
    ["o1", 1, 100, "riverside", "app", "http://127.0.0.1:9/x", "http://[", "x" * 70, 1e999, -1, "2022-04-01", "\ud800", "CNY"]
)
JSON = st.recursive(
    VALUES | st.none() | st.booleans() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS + WECHAT), inner, max_size=8),
    max_leaves=10,
)
ORDER = {"merchant_order": "o1", "amount": 100, "bank": "riverside", "channel": "app", "notify_url": "http://127.0.0.1:9/x", "payer": "p"}
NEAR = st.tuples(st.sampled_from(WORDS), VALUES).map(lambda pair: {**ORDER, pair[0]: pair[1]})
WECHAT_ORDER = {
    "appid": "a", "mchid": "m", "description": "d", "out_trade_no": "order-1", "notify_url": "http://127.0.0.1:9/x", "amount": {"total": 1},
}  # fmt: skip
NEAR_WECHAT = st.tuples(st.sampled_from(WECHAT), VALUES).map(lambda pair: {**WECHAT_ORDER, pair[0]: pair[1]})
BODIES = (JSON | NEAR | NEAR_WECHAT).map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")) | st.binary(max_size=60)
FORMS = st.tuples(st.sampled_from(["create", "precreate", "query", "close", "refund", "fastpay.refund.query", "x"]), BODIES).map(
    lambda pair: f"method=alipay.trade.{pair[0]}&notify_url=http://127.0.0.1:9/&biz_content={quote(pair[1])}".encode()
)
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "BREW"])
PATHS = {
    "native": [
        *(
            "/payments",
            "/payments/o1",
            "/payments/%00",
            "/payments/o1/close",
            "/refunds",
            "/refunds/r1",
            "/bill?day=x",
            "/bill?day=9999-12-31",
        ),
        *(
            "/backup/payments",
            "/banks",
            "/clock",
            "/faults/lost_notices",
            "/faults/%F0",
            "/endpoints",
            "/ledger/payments.csv?after=-1",
            "/quiet",
        ),
        *(f"/faults/{name}" for name in FAULTS if name not in ("outages", "brownouts", "clock_skew", "broken_transport", "rate_limits")),
    ],
    "wechat": [
        *(f"/v3/pay/transactions/{way}" for way in ("native", "jsapi", "app", "h5", "x")),
        *(
            "/v3/pay/transactions/out-trade-no/order-1?mchid=1",
            "/v3/pay/transactions/out-trade-no/order-1/close",
            "/v3/refund/domestic/refunds",
        ),
        *("/v3/refund/domestic/refunds/r", "/v3/pay/transactions/id/%FF", "/v3/bill/tradebill?bill_date=1", "/keys"),
    ],
    "alipay": ["/gateway.do", "/gateway.do?method=alipay.trade.query&biz_content=%7B", "/backup/gateway.do"],
}
PATIENCE = 0.5


@pytest.fixture(params=list(PATHS))
def talk(serving, request) -> Iterator[object]:
    """Sends a request to one gateway that all examples share and gives back the status lines of what it answers."""
    loop = asyncio.new_event_loop()
    context = serving(dialect=request.param, checks=False)
    merchant = loop.run_until_complete(context.__aenter__())
    port = merchant.session._base_url.port

    async def exchange(sent: bytes) -> list[bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        received = b""
        try:
            writer.write(sent)
            async with asyncio.timeout(PATIENCE):
                while piece := await reader.read(65536):
                    received += piece
        except (ConnectionError, TimeoutError):
            pass
        writer.close()
        return [line for line in received.split(b"\r\n") if line.startswith(b"HTTP/1.")]

    yield lambda sent: loop.run_until_complete(exchange(sent)), request.param
    assert loop.run_until_complete(merchant("GET", "/health"))[0] == 200
    loop.run_until_complete(context.__aexit__(None, None, None))
    loop.close()


@given(METHODS, st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_request_gets_an_answer_that_is_not_our_fault(talk, method: str, data) -> None:
    ask, dialect = talk
    path = data.draw(st.sampled_from(PATHS[dialect]))
    body = data.draw(FORMS | BODIES if dialect == "alipay" else BODIES)
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nIdempotency-Key: k\r\nContent-Length: {len(body)}\r\n\r\n"
    statuses = ask(head.encode() + body)
    allowed = (b"503",) if path == "/quiet" else ()
    assert not [line for line in statuses if line[9:10] == b"5" and line[9:12] not in allowed], (head, body, statuses)
    assert statuses, head


KEY = PublicKey(Key(new_pem()).public.encode())


@given(st.text(max_size=60), st.binary(max_size=40))
@settings(deadline=None)
def test_no_signature_out_of_thin_air_is_believed(signature: str, body: bytes) -> None:
    assert not KEY.signed(body, signature)
