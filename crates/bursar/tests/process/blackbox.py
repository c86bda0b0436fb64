"""A client that nobody here wrote talks to the server: Authlib gets and checks tokens, schemathesis
sends what the OpenAPI document allows and what it does not. Usage: blackbox.py BASE APP SECRET USER
PASSWORD"""

import subprocess
import sys

import requests
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

base, client_id, client_secret, user_name, password = sys.argv[1:]
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

fuzz = [
    sys.executable, "-m", "schemathesis.cli", "run", f"{base}/openapi.json",
    "--url", base,
    # It would end the connection whose token all other calls show.
    "--exclude-path", "/app-mgmt/v0/connections",
    "--header", f"Authorization: Bearer {token['access_token']}",
    "--checks", "not_a_server_error,status_code_conformance,content_type_conformance",
    "--max-examples", "25", "--seed", "1", "--workers", "1", "--no-color",
]
outcome = subprocess.run(fuzz, capture_output=True, text=True, timeout=240)
print(outcome.stdout[-6000:], outcome.stderr[-2000:])
sys.exit(outcome.returncode)
