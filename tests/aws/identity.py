"""STS's identity tokens, which moto lacks: what they say is as AWS documents it, and their signature is random."""

import base64
import json
import secrets
import time
import uuid
from datetime import datetime, timezone

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.sts.responses import TokenResponse


def install():
    TokenResponse.get_web_identity_token = _get_web_identity_token


def issuer(account):
    """Each account has one of its own."""
    return f"https://00000000-0000-4000-8000-{account}.tokens.sts.global.api.aws"


def _get_web_identity_token(response):
    account = response.current_account
    asked = {name: values[0] for name, values in response.querystring.items()}
    algorithm, seconds = asked.get("SigningAlgorithm"), int(asked.get("DurationSeconds", 300))
    audiences = [asked[name] for name in sorted(asked) if name.startswith("Audience.member.")]
    if algorithm not in ("RS256", "ES384") or not 60 <= seconds <= 3600 or not 1 <= len(audiences) <= 10:
        raise ServiceException("ValidationError", "1 validation error detected")
    now = int(time.time())
    claims = {
        "iss": issuer(account),
        "sub": _subject(response),
        "aud": audiences[0] if len(audiences) == 1 else audiences,
        "iat": now,
        "exp": now + seconds,
        "jti": str(uuid.uuid4()),
        "https://sts.amazonaws.com/": {"aws_account": account, "source_region": response.region},
    }
    header = {"alg": algorithm, "kid": "EC384_0", "typ": "JWT"}
    token = ".".join([*(_encoded(json.dumps(part).encode()) for part in (header, claims)), _encoded(secrets.token_bytes(96))])
    return ActionResult({"WebIdentityToken": token, "Expiration": datetime.fromtimestamp(now + seconds, timezone.utc)})


def _subject(response):
    """The role, not its session."""
    for session in response.backend.assumed_roles:
        if session.access_key_id == response.access_key:
            return session.role_arn
    return f"arn:aws:iam::{response.current_account}:root"


def _encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
