"""A client that nobody here wrote talks to the server: Authlib gets and checks tokens, schemathesis
sends what the OpenAPI document allows and what it does not. Usage: blackbox.py BASE APP SECRET USER
PASSWORD REDIRECT_URI"""

import html
import json
import os
import re
import sys

# The server is on loopback.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

import blackbox_hooks
from blackbox_fuzzer import Fuzzer

base, client_id, client_secret, user_name, password, redirect_uri = sys.argv[1:]
token_url = f"{base}/oauth2/v0/token"

session = OAuth2Session(
    client_id, client_secret, token_endpoint_auth_method="client_secret_post"
)
token = session.fetch_token(token_url, username=user_name, password=password)
assert token["token_type"] == "Bearer", token
keys = KeySet.import_key_set(requests.get(f"{base}/oauth2/v0/jwks", timeout=10).json())
claims = jwt.decode(token["id_token"], keys, algorithms=["RS256"]).claims
assert claims["iss"] == base and claims["aud"] == client_id, claims
access = jwt.decode(token["access_token"], keys, algorithms=["RS256"]).claims
assert access["sub"] == claims["sub"], access
token = session.refresh_token(token_url, refresh_token=token["refresh_token"])
receipts = session.get(f"{base}/receipts/v4/users/{claims['sub']}", timeout=10)
assert receipts.status_code == 200, receipts.text
app = OAuth2Session(
    client_id, client_secret, token_endpoint_auth_method="client_secret_post"
)
assert app.fetch_token(token_url, grant_type="client_credentials")["access_token"]
print("authlib: password, refresh and client-credentials grants, JWKS, a call")


def hidden(page):
    """The hidden fields of a page's forms."""
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text)
    return {name: html.unescape(value) for name, value in fields}


def person(url):
    """Signs in and allows, as a person does in a browser; answers the address at the end."""
    browser = requests.Session()
    browser.headers["Origin"] = base
    form = hidden(browser.get(url, timeout=10))
    form |= {"user_name": user_name, "password": password}
    form = hidden(browser.post(f"{base}/signin", data=form, timeout=10))
    form["decision"] = "allow"
    allowed = browser.post(
        f"{base}/oauth2/v0/authorize", data=form, timeout=10, allow_redirects=False
    )
    assert allowed.status_code == 303, allowed.text
    return allowed.headers["Location"]


web = OAuth2Session(
    client_id, client_secret, token_endpoint_auth_method="client_secret_post",
    scope="openid receipts.read", redirect_uri=redirect_uri, code_challenge_method="S256",
)
verifier, nonce = generate_token(48), generate_token(20)
url, state = web.create_authorization_url(
    f"{base}/oauth2/v0/authorize", code_verifier=verifier, nonce=nonce
)
back = person(url)
assert back.startswith(redirect_uri + "?geolocation="), back
granted = web.fetch_token(
    token_url, authorization_response=back, state=state, code_verifier=verifier
)
assert granted["scope"] == "openid receipts.read" and granted["geolocation"] == base, granted
claims = jwt.decode(granted["id_token"], keys, algorithms=["RS256"]).claims
assert claims["nonce"] == nonce and claims["aud"] == client_id, claims
assert claims["iss"] == base and claims["sub"] == access["sub"], claims
fresh = web.refresh_token(token_url, refresh_token=granted["refresh_token"])
assert fresh["access_token"] != granted["access_token"]
print("authlib: authorization code with PKCE, id token against JWKS, refresh")

fuzzer = Fuzzer(base, token["access_token"])

# It would end the connection whose token all other calls show.
fuzzer.run("the whole document", 15, ["--exclude-path", "/app-mgmt/v0/connections"])

own = claims["sub"]
bearer = {"Authorization": f"Bearer {token['access_token']}"}
quick_expenses = f"{base}/quickexpense/v4/users/{own}/context/TRAVELER/quickexpenses"
posted = requests.post(
    f"{base}/receipts/v4/users/{own}", json=blackbox_hooks.RECEIPT, timeout=10,
    headers=bearer | {"Link": blackbox_hooks.LINK},
)
assert posted.status_code == 201, posted.text
quick = requests.post(
    quick_expenses, json=blackbox_hooks.QUICK_EXPENSE, timeout=10, headers=bearer
)
assert quick.status_code == 201, quick.text
group = requests.get(
    f"{base}/api/v3.0/expense/expensegroupconfigurations", timeout=10, headers=bearer
)
# What there is, so that what is sent gets further than to 404.
parameters = {
    "path.userId": own,
    "path.contextType": "TRAVELER",
    "path.receiptId": posted.headers["Location"].rsplit("/", 1)[1],
    "path.quickExpenseId": quick.json()["quickExpenseIdUri"].rsplit("/", 1)[1],
    "path.groupId": group.json()["Items"][0]["ID"],
    "path.schemaId": "general-receipt.schema.json",
    "path.cursor": "f" * 32,
    "header.Link": blackbox_hooks.LINK,
}
lines = [f"{json.dumps(name)} = {json.dumps(value)}" for name, value in parameters.items()]
fuzzer.run(
    "receipts and quick expenses of the caller's own", 100,
    ["--include-path-regex", "^/(receipts|quickexpense|api/v3.0/expense)/"],
    "[parameters]\n" + "\n".join(lines) + "\n",
)
mine = requests.get(f"{base}/receipts/v4/users/{own}", timeout=10, headers=bearer).json()
accepted = len(mine["receipts"])
# Or else nothing but refusals was looked at.
assert accepted > 10, f"{accepted} receipts were accepted"
print(f"{accepted} receipts were accepted")
