"""A stock OAuth client (Authlib) against a server: discovery, token, its signature, calls.

Arguments: address of the server, identifier of the client, its secret.
"""

import sys
import time

import requests
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

address, client, secret = sys.argv[1:]

# Everything is found from the discovery document.
found = requests.get(f"{address}/.well-known/openid-configuration", timeout=10).json()
assert found["issuer"] == address, found
assert "client_credentials" in found["grant_types_supported"], found

session = OAuth2Session(client, secret, scope="usercube_api")
token = session.fetch_token(found["token_endpoint"], grant_type="client_credentials")
assert token["token_type"] == "Bearer" and 0 < token["expires_in"] <= 3600, token

# The token is signed by a published key, for this server, by this issuer, and is short-lived.
keys = KeySet.import_key_set(requests.get(found["jwks_uri"], timeout=10).json())
assert all("d" not in key.as_dict() for key in keys.keys), "a private key is published"
signed = jwt.decode(token["access_token"], keys, algorithms=["ES256"])
assert signed.header["typ"] == "at+jwt", signed.header
claims = jwt.JWTClaimsRegistry(
    now=int(time.time()),
    leeway=60,
    iss={"essential": True, "value": address},
    exp={"essential": True},
    client_id={"essential": True, "value": client},
)
claims.validate(signed.claims)

# It opens the interface.
me = session.get(f"{address}/api/Access/Me")
assert me.status_code == 200, me.text
types = session.get(
    f"{address}/api/Metadata/EntityType",
    params={"api-version": "1.0", "squery": "select Identifier order by Identifier asc", "PageSize": 1},
)
assert types.status_code == 200, types.text
assert types.json()["Result"] == [{"Identifier": "Department"}], types.text
more = session.get(
    f"{address}/api/Metadata/EntityType",
    params={
        "squery": "select Identifier order by Identifier asc",
        "ContinuationToken": types.json()["ContinuationToken"],
    },
)
assert more.json() == {"Result": [{"Identifier": "Person"}]}, more.text

# A changed token, and a wrong secret, open nothing.
spoilt = token["access_token"][:-8] + "AAAAAAAA"
refused = requests.get(f"{address}/api/Access/Me", headers={"Authorization": f"Bearer {spoilt}"}, timeout=10)
assert refused.status_code == 401, refused.text
assert refused.headers["content-type"] == "application/problem+json", refused.headers
try:
    OAuth2Session(client, "wrong").fetch_token(found["token_endpoint"], grant_type="client_credentials")
except Exception as error:
    assert "invalid_client" in str(error), error
else:
    raise AssertionError("a wrong secret was taken")
print("ok")
