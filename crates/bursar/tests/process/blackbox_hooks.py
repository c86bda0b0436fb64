"""What the fuzzer cannot know: a body that is accepted, to which it adds what it makes up."""

import json

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


@schemathesis.hook
def map_body(context, body):
    """Makes an object of the fuzzer's a receipt or a quick expense, as far as it does not
    overwrite it. Which of them stay as they are depends on nothing but the object."""
    path = context.operation.path
    if not isinstance(body, dict) or len(body) % 3 == 2:
        return body
    # A form: its part is the text that a caller writes there.
    if "receipt" in body:
        return {"receipt": json.dumps(RECEIPT)}
    if path.startswith("/receipts/"):
        return RECEIPT | body
    if path.startswith("/quickexpense/"):
        return QUICK_EXPENSE | body
    return body
