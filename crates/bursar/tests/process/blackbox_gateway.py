"""schemathesis sends a gateway what its OpenAPI document allows and what it does not. Usage:
blackbox_gateway.py BASE KEY USER"""

import json
import os
import sys

import requests

import blackbox_hooks
from blackbox_fuzzer import Fuzzer

base, key, user = sys.argv[1:]
# The hooks make items of this user's.
os.environ["BLACKBOX_USER"] = user
fuzzer = Fuzzer(base, key)
fuzzer.run("the whole document", 40, [])

bearer = {"Authorization": f"Bearer {key}"}
item = {"key": "one", "user": user, "type": "general", "body": blackbox_hooks.RECEIPT}
posted = requests.post(f"{base}/v1/items", json=item, timeout=10, headers=bearer)
assert posted.status_code == 202, posted.text
# What there is, so that what is sent gets further than to 404.
fuzzer.run(
    "an item that there is", 200, ["--include-path-regex", "^/v1/items/[{]"],
    f"[parameters]\n\"path.id\" = {posted.json()['id']}\n",
)
listed = requests.get(f"{base}/v1/items?limit=500", timeout=10, headers=bearer).json()
accepted = len(listed["items"])
# Or else nothing but refusals was looked at.
assert accepted > 10, f"{accepted} items were accepted"
print(f"{accepted} items were accepted")
