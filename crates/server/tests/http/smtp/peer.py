"""A mail server for tests: aiosmtpd with TLS and a login.

Usage: peer.py CERTIFICATE KEY OPTIONS(JSON)

Prints its port, then one JSON object per line for each mail that it has taken
and each login that it has seen. Options:
  tls           "starttls" (the default), "implicit" or "none"
  reject        addresses that get 550 at RCPT
  later         addresses that get 451 at their first RCPT
  refuse_data   a reply to DATA instead of taking the mail
  refuse_sender a reply to every MAIL
  vanish        so many mails are taken, and then the connection is cut
                before the answer
"""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

USER, PASSWORD = b"sekisho", b"Mail-server-s3cret"


def tell(**what):
    print(json.dumps(what, ensure_ascii=False), flush=True)


def lines(part):
    return part.get_content().replace("\r\n", "\n")


class Handler:
    def __init__(self, options):
        self.options = options
        self.seen = set()
        self.vanish = options.get("vanish", 0)

    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        if "refuse_sender" in self.options:
            return self.options["refuse_sender"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address in self.options.get("reject", []):
            return "550 5.1.1 no such mailbox"
        if address in self.options.get("later", []) and address not in self.seen:
            self.seen.add(address)
            return "451 4.7.1 greylisted, come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if "refuse_data" in self.options:
            return self.options["refuse_data"]
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        text = message.get_body(("plain",))
        files = [
            {"name": part.get_filename(), "text": lines(part)}
            for part in message.iter_attachments()
        ]
        tell(
            mail=message["subject"],
            sender=envelope.mail_from,
            to=envelope.rcpt_tos,
            heads=sorted(message.keys()),
            id=message["message-id"],
            text=lines(text),
            files=files,
            tls=session.ssl is not None or self.options.get("tls") == "implicit",
            user=session.auth_data.decode() if session.auth_data else None,
        )
        if self.vanish > 0:
            self.vanish -= 1
            server.transport.abort()
            await asyncio.sleep(0)
        return "250 2.0.0 taken"


def authenticate(server, session, envelope, mechanism, data):
    good = (
        isinstance(data, LoginPassword)
        and data.login == USER
        and data.password == PASSWORD
    )
    tell(login=data.login.decode(), good=good)
    if good:
        return AuthResult(success=True, auth_data=data.login)
    return AuthResult(success=False, handled=False, message="535 5.7.8 wrong user or password")


async def main():
    certificate, key, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    kind = options.get("tls", "starttls")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    handler = Handler(options)

    def session():
        return SMTP(
            handler,
            hostname="peer.test",
            tls_context=context if kind == "starttls" else None,
            require_starttls=kind == "starttls",
            authenticator=authenticate,
            auth_required=True,
            auth_require_tls=kind == "starttls",
            timeout=60,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        session, "127.0.0.1", 0, ssl=context if kind == "implicit" else None
    )
    tell(port=server.sockets[0].getsockname()[1])
    # The test ends the peer by closing its standard input.
    await loop.run_in_executor(None, sys.stdin.buffer.read)


asyncio.run(main())
