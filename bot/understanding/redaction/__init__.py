"""Covers passwords, one-time codes, PINs and card numbers in a text before anything is stored or logged.

Pure: `compile_secrets` turns the vocabulary (plain YAML data) into `Secrets`; `redact` covers one message;
`redact_fields` covers every parameter of a webhook that may repeat it. It does not decide what the customer is told.
"""

from bot.understanding.redaction.parameters import redact_fields
from bot.understanding.redaction.redact import Redacted, redact
from bot.understanding.redaction.vocabulary import Secrets, compile_secrets

__all__ = ["Redacted", "Secrets", "compile_secrets", "redact", "redact_fields"]
