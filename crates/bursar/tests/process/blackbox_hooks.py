"""What the fuzzer cannot know: a body that is accepted, to which it adds what it makes up."""

import json
import os

import schemathesis

LINK = '<http://schema.concursolutions.com/general-receipt.schema.json>; rel="describedBy"'
RECEIPT = {
    "dateTime": "2026-11-21T09:30:00+01:00",
    "total": "12.50",
    "currencyCode": "EUR",
    "seller": {"name": "Corner Bakery", "location": {"address": {"addressCountry": "DE"}}},
    "payments": [{"amount": "12.50"}],
}
QUICK_EXPENSE = {
    "expenseTypeId": "TAXIX",
    "transactionAmount": {"currencyCode": "EUR", "value": 12.5},
    "transactionDate": "2026-11-20",
}


def an_item(body):
    """An item for a gateway's outbox, as JSON or as a form's part."""
    item = {"key": f"k{len(json.dumps(body, default=str))}", "user": os.environ["BLACKBOX_USER"]}
    item |= {"type": "general", "body": RECEIPT}
    if "item" in body:
        return {"item": json.dumps(item)}
    return item | {name: value for name, value in body.items() if name not in item}


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    """What is sent as lines is text already."""
    return str(value).encode()


@schemathesis.hook
def map_body(context, body):
    """Makes an object of the fuzzer's a receipt or a quick expense, as far as it does not
    overwrite it. Which of them stay as they are depends on nothing but the object."""
    path = context.operation.path
    if path == "/v1/items/batch":
        return f"{json.dumps(an_item({'line': body}))}\n{body}"
    if not isinstance(body, dict) or len(body) % 3 == 2:
        return body
    if path == "/v1/items":
        return an_item(body)
    # A form: its part is the text that a caller writes there.
    if "receipt" in body:
        return {"receipt": json.dumps(RECEIPT)}
    if path.startswith("/receipts/"):
        return RECEIPT | body
    if path.startswith("/quickexpense/"):
        return QUICK_EXPENSE | body
    return body
