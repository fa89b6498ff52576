# Mail servers of every kind for mail.test.mjs, on loopback: good ones (aiosmtpd) and bad ones, with fresh certificates. The first
# line tells ports and CA; then a JSON line for each message, and for each byte string that bad servers got.
import asyncio
import datetime
import json
import logging
import ssl
import sys
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DIRECTORY = Path(sys.argv[1])
ACCOUNT = LoginPassword(b"wren", b"hunter2 \xc3\xa4")
# It warns of parts of its own that it will drop.
logging.getLogger("mail.log").setLevel(logging.ERROR)
REFUSALS = {
    "later421": "421 4.3.2 Closing for the night",
    "later451": "451 4.7.1 <later451@guild.gg>: try again",
    "never550": "550 5.1.1 <never550@guild.gg>: nobody of that name",
}


def say(**what):
    print(json.dumps(what), flush=True)


def authority(name):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    return key, subject, certificate(subject, key.public_key(), subject, key, x509.BasicConstraints(True, None))


def certificate(subject, public_key, issuer, issuer_key, extension):
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    builder = x509.CertificateBuilder(issuer, subject, public_key, x509.random_serial_number(), now - day, now + day)
    return builder.add_extension(extension, False).sign(issuer_key, hashes.SHA256())


def pem(made):
    return made.public_bytes(serialization.Encoding.PEM)


def context(host, ca):
    ca_key, issuer, _ = ca
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    names = x509.SubjectAlternativeName([x509.DNSName(host)])
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = DIRECTORY / f"{x509.random_serial_number()}.pem"
    file.write_bytes(key.private_bytes(*form) + pem(certificate(subject, key.public_key(), issuer, ca_key, names)))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(file)
    return made


class Mailbox:
    """Takes messages, and refuses addresses by what stands before the `@`."""

    async def handle_RCPT(self, server, session, envelope, address, options):
        refusal = REFUSALS.get(address.split("@")[0])
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = message_from_bytes(envelope.original_content, policy=policy.default)
        leaves = [part for part in message.walk() if not part.is_multipart()]
        parts = {part.get_content_type(): part.get_content().replace("\r\n", "\n") for part in leaves}
        raw = envelope.original_content.decode("utf-8", "surrogateescape")
        say(
            sender=envelope.mail_from,
            recipients=envelope.rcpt_tos,
            headers=dict(message.items()),
            parts=parts,
            raw=raw,
            over_tls=is_over_tls(server),
            defects=[str(each) for part in message.walk() for each in part.defects],
        )
        if "hold" in envelope.rcpt_tos[0]:
            await asyncio.sleep(3600)
        return "250 Queued"


def is_over_tls(server):
    return server.transport.get_extra_info("ssl_object") is not None


def smtp(name, tls=None, exclude=()):
    def authenticate(server, session, envelope, mechanism, data):
        is_tls = is_over_tls(server)
        say(server=name, auth=mechanism, over_tls=is_tls)
        return AuthResult(success=is_tls and data == ACCOUNT, handled=False)

    return lambda: SMTP(
        Mailbox(),
        hostname="mail.test",
        tls_context=tls,
        require_starttls=tls is not None,
        auth_required=True,
        # It does not take TLS from the start for TLS; `authenticate` looks by itself.
        auth_require_tls=tls is not None,
        authenticator=authenticate,
        auth_exclude_mechanism=exclude,
        enable_SMTPUTF8=True,
        loop=asyncio.get_running_loop(),
    )


def bad(name, greeting, answers, every=None):
    """A server that says what it is told to, whatever it hears, and tells what it heard."""

    async def serve(reader, writer):
        writer.write(greeting)
        while every is not None:
            await asyncio.sleep(1)
            writer.write(every)
        remaining = list(answers)
        while line := await reader.readline():
            say(server=name, heard=line.decode("latin-1"))
            writer.write(remaining.pop(0) if remaining else b"250 OK\r\n")
        writer.close()

    async def quietly(reader, writer):
        try:
            await serve(reader, writer)
        except OSError:
            pass

    return quietly


async def main():
    ca, stranger = authority("Test CA"), authority("Nobody's CA")
    (DIRECTORY / "ca.pem").write_bytes(pem(ca[2]))
    good = context("localhost", ca)
    loop = asyncio.get_running_loop()
    ports = {}

    def port_of(server):
        return server.sockets[0].getsockname()[1]

    for name, tls, exclude in [
        ("starttls", good, []),
        ("login", good, ["PLAIN"]),
        ("implicit", good, []),
        ("other_name", context("mail.guild.gg", ca), []),
        ("stranger", context("localhost", stranger), []),
        ("stranger_implicit", context("localhost", stranger), []),
    ]:
        is_implicit = name.endswith("implicit")
        factory = smtp(name, None if is_implicit else tls, exclude)
        at_once = tls if is_implicit else None
        ports[name] = port_of(await loop.create_server(factory, "127.0.0.1", 0, ssl=at_once))
    hello = b"220 mail.test ESMTP\r\n"
    for name, handler in {
        "no_starttls": bad("no_starttls", hello, [b"250-mail.test\r\n250 AUTH PLAIN LOGIN\r\n"]),
        "refuses": bad("refuses", hello, [b"250-mail.test\r\n250 STARTTLS\r\n", b"454 4.7.0 not now\r\n"]),
        "injected": bad("injected", hello, [b"250-mail.test\r\n250 STARTTLS\r\n", b"220 go\r\n250-mail.test\r\n250 AUTH PLAIN\r\n"]),
        "silent": bad("silent", b"", []),
        "dribble": bad("dribble", b"220-mail.test\r\n", [], every=b"220-mail.test\r\n"),
        "closed": bad("closed", b"421 too many connections\r\n", []),
    }.items():
        ports[name] = port_of(await asyncio.start_server(handler, "127.0.0.1", 0))
    say(ports=ports, ca=str(DIRECTORY / "ca.pem"))
    # Ends with whoever started it.
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
