"""Every answer of the gateway conforms to the OpenAPI document that it serves itself."""

import re

import pytest
from jsonschema import Draft202012Validator

from fake_backend.gateway.app import LEDGERS
from fake_backend.gateway.openapi import document
from fake_backend.gateway.problems import CODES

ORDER = {"merchant_order": "o1.1", "amount": 100, "bank": "riverside", "channel": "app", "payer": "p"}
# method, path asked, path in the document, body, status
ASKED = [
    ("GET", "/banks", "/banks", None, 200),
    ("POST", "/payments", "/payments", ORDER, 201),
    ("POST", "/payments", "/payments", {**ORDER, "amount": 7}, 403),
    ("POST", "/payments", "/payments", {**ORDER, "bank": "x"}, 422),
    ("POST", "/payments", "/payments", {}, 422),
    ("POST", "/backup/payments", "/backup/payments", ORDER, 201),
    ("GET", "/payments/o1.1", "/payments/{merchant_order}", None, 200),
    ("GET", "/payments/o2.1", "/payments/{merchant_order}", None, 404),
    ("GET", "/quiet", "/quiet", None, 503),
    ("POST", "/refunds", "/refunds", {"merchant_order": "o1.1", "refund": "r1", "amount": 100}, 409),
    ("WAIT", "", "", None, 0),
    ("POST", "/payments/o1.1/close", "/payments/{merchant_order}/close", None, 409),
    ("POST", "/refunds", "/refunds", {"merchant_order": "o1.1", "refund": "r1", "amount": 100}, 201),
    ("GET", "/refunds/r1", "/refunds/{refund}", None, 200),
    ("GET", "/refunds/r2", "/refunds/{refund}", None, 404),
    ("GET", "/bill?day=2022-04-01", "/bill", None, 409),
    ("GET", "/bill?day=x", "/bill", None, 422),
    ("GET", "/bill?day=2022-03-31", "/bill", None, 200),
    ("WAIT", "", "", None, 0),
    ("GET", "/faults", "/faults", None, 200),
    ("PUT", "/faults/lost_notices", "/faults/{name}", {"ttl": 1, "share": 0.5}, 200),
    ("PUT", "/faults/lost_notices", "/faults/{name}", {}, 422),
    ("PUT", "/faults/broken_tls", "/faults/{name}", {"ttl": 1}, 409),
    ("DELETE", "/faults/lost_notices", "/faults/{name}", None, 200),
    ("DELETE", "/faults/nothing", "/faults/{name}", None, 404),
    ("GET", "/endpoints", "/endpoints", None, 200),
    ("DELETE", "/endpoints", "/endpoints", None, 200),
    ("GET", "/ledger/payments.csv", "/ledger/payments.csv", None, 200),
    ("GET", "/ledger/refunds.csv", "/ledger/refunds.csv", None, 200),
    ("GET", "/ledger/notices.csv", "/ledger/notices.csv", None, 200),
    ("GET", "/ledger/notices.csv?limit=0", "/ledger/notices.csv", None, 422),
    ("GET", "/quiet", "/quiet", None, 200),
    ("GET", "/health", "/health", None, 200),
    ("GET", "/clock", "/clock", None, 200),
    ("PUT", "/clock", "/clock", {"now": "2022-04-01T09:30:00", "speed": 2}, 200),
    ("PUT", "/clock", "/clock", {"now": 1}, 422),
    ("GET", "/openapi.json", "/openapi.json", None, 200),
]


def test_every_answer_conforms_and_every_operation_is_asked(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            contract = (await merchant("GET", "/openapi.json"))[1]
            for method, path, template, body, status in ASKED:
                if method == "WAIT":
                    await merchant.after(60)
                    continue
                addressed = {"notify_url": merchant.shop.url} if body and path.endswith(("payments", "refunds")) else {}
                found, answer = await merchant(method, path, None if body is None else body | addressed)
                assert found == status, (method, path, answer)
                contents = contract["paths"][template][method.lower()]["responses"][str(status)]["content"]
                media = "application/problem+json" if isinstance(answer, dict) and "urn:problem" in str(answer.get("type")) else None
                media = media or ("application/json" if isinstance(answer, dict) else "text/csv")
                Draft202012Validator({**contents[media]["schema"], "components": contract["components"]}).validate(answer)
            operations = {(method.upper(), path) for path, methods in contract["paths"].items() for method in methods}
            asked = {(method, template) for method, _, template, *_ in ASKED}
            assert operations - asked == {(method, path) for method, path in operations if path.startswith("/backup")} - asked

    run(scene())


def test_every_code_is_documented_and_every_ledger_has_the_columns_of_the_audit() -> None:
    said = {
        code for path in document()["paths"].values() for way in path.values() for code in re.findall(r"(\w+): ", str(way["responses"]))
    }
    everywhere = {"malformed_request", "no_such_path", "method_not_allowed", "expectation_failed", "unknown_method"}
    assert set(CODES) - everywhere <= said
    assert LEDGERS.ledgers["payments"].columns == (
        "number", "at", "merchant_order", "transaction", "bank", "channel", "amount", "state", "succeeded_at", "payer",
    )  # fmt: skip
    assert LEDGERS.ledgers["refunds"].columns == ("number", "at", "refund", "merchant_order", "amount", "state", "succeeded_at")
    assert LEDGERS.ledgers["notices"].columns[:6] == ("number", "at", "kind", "merchant_order", "try", "outcome")


@pytest.mark.parametrize("dialect", ["wechat", "alipay"])
def test_other_dialects_have_documents_elsewhere(dialect) -> None:
    assert not [path for path in document(dialect)["paths"] if "payments" in path and "ledger" not in path]
