"""Sends mail by SMTP. The connection goes to the address that was checked."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import EmailMessage

import aiosmtplib

from app.sdk import BlockError, Json, Reached, Visit


async def run(visit: Visit, message: EmailMessage, sender: str, recipients: Sequence[str]) -> Json:
    """Deliver to all recipients; `refused` says why by address, where some were not taken."""
    login = visit.login
    reached = await visit.reach(login.get("host"), login.port)
    security = login.get("security")
    client = aiosmtplib.SMTP(
        hostname=reached.address,
        port=reached.port,
        use_tls=security == "tls",
        start_tls=security == "starttls",
        tls_context=None if security == "none" else reached.tls(login.get("authority")),
        username=login.get("username") or None,
        password=login.get("password") or None,
        local_hostname="localhost",
        timeout=None,  # the visit has a time limit
    )
    try:
        await client.connect()
        refused, _ = await client.send_message(message, sender=sender, recipients=list(recipients))
        await client.quit()
    except aiosmtplib.SMTPException as error:
        raise _refused(error, reached) from None
    finally:
        client.close()
    told = {address: f"{answer[0]} {answer[1]}"[:300] for address, answer in refused.items()}
    return {"accepted": [address for address in recipients if address not in told], "refused": told}


def _refused(error: aiosmtplib.SMTPException, reached: Reached) -> BlockError:
    place = f"{reached.host}:{reached.port}"
    match error:
        case aiosmtplib.SMTPTimeoutError():
            return BlockError("TIMEOUT", f"{place} did not answer in time")
        case aiosmtplib.SMTPRecipientsRefused():
            first = error.recipients[0]
            code = min(one.code for one in error.recipients)
            message = f"{place} takes none of the recipients; of the first it says: {first.code} {first.message[:200]}"
            return BlockError("RECIPIENTS_REFUSED", message, retryable=code < 500)
        case aiosmtplib.SMTPAuthenticationError():
            return BlockError("LOGIN_REFUSED", f"{place} refuses the login: {error.code} {error.message[:200]}", retryable=False)
        case aiosmtplib.SMTPResponseException() if error.code > 0:
            return BlockError("MAIL_REFUSED", f"{place} answers: {error.code} {error.message[:200]}", retryable=error.code < 500)
        case _ if not isinstance(error, (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPConnectError)):
            return BlockError("MAIL_REFUSED", f"{place} cannot do what is needed: {str(error)[:200]}", retryable=False)
    cause = error.__cause__ or error.__context__
    if isinstance(cause, OSError):
        raise cause from None
    return BlockError("CONNECTION", f"{place} ended the connection before it was done, or could not be reached")
