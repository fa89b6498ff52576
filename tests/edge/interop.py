# PyJWT and PyOTP for interop.test.mjs, standardwebhooks for webhook-interop.test.mjs: one JSON request on stdin, one JSON answer on
# stdout. What a library refuses is an answer too: {"refused": "the class of its error"}.
import json
import sys
from datetime import datetime, timezone

import jwt
import pyotp
from standardwebhooks import Webhook, WebhookVerificationError


def verify(token, jwks_url, issuer, audience):
    """The claims of a token whose key is in the key set at `jwks_url`."""
    key = jwt.PyJWKClient(jwks_url).get_signing_key_from_jwt(token)
    required = ["iss", "aud", "sub", "iat", "nbf", "exp", "jti"]
    decoded = jwt.decode_complete(token, key, algorithms=["EdDSA"], issuer=issuer, audience=audience, options={"require": required})
    return {"header": decoded["header"], "claims": decoded["payload"]}


def sign(claims, header, private_jwk):
    return jwt.encode(claims, jwt.PyJWK(private_jwk, algorithm="EdDSA"), algorithm="EdDSA", headers=header)


def codes(uri, times):
    """The codes of an otpauth URI at each time (seconds since 1970), and what an app would show it under."""
    factor = pyotp.parse_uri(uri)
    at = [datetime.fromtimestamp(time, timezone.utc) for time in times]
    return {"issuer": factor.issuer, "account": factor.name, "codes": [factor.at(time) for time in at]}


def verify_webhook(secret, headers, body):
    """The event, or "refused"."""
    try:
        return Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return "refused"


def verify_webhooks(messages):
    return [verify_webhook(each["secret"], each["headers"], each["body"]) for each in messages]


def main():
    request = json.load(sys.stdin)
    call = {"verify": verify, "sign": sign, "codes": codes, "verify_webhooks": verify_webhooks}[request.pop("call")]
    try:
        answer = {"given": call(**request)}
    except jwt.PyJWTError as error:
        answer = {"refused": type(error).__name__}
    json.dump(answer, sys.stdout)


main()
