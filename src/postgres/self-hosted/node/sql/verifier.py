"""Reads {"username", "password"} from stdin, and writes the statements that tell admin.sql who the admin is.

The server gets a SCRAM verifier, so that no log of it has the password. The same password gives the same verifier, as in the broker.
"""
import base64
import hashlib
import hmac
import json
import os
import sys

ITERATIONS = 4096


def verifier(username: str, password: str) -> str:
    salt = hashlib.pbkdf2_hmac("sha256", password.encode(), f"cdk-private-backend:{username}".encode(), ITERATIONS, 16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    salt_text, stored_text, server_text = (base64.b64encode(part).decode() for part in (salt, stored_key, server_key))
    return f"SCRAM-SHA-256${ITERATIONS}:{salt_text}${stored_text}:{server_text}"


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def main() -> None:
    secret = json.load(sys.stdin)
    username, password = secret["username"], secret["password"]
    # Clients prepare other characters in a way of their own (RFC 4013).
    if not (username and password and password.isascii() and password.isprintable()):
        sys.exit("The secret of the admin must have a user name, and a password of printable ASCII characters.")
    settings = {"admin": username, "verifier": verifier(username, password), "extensions": os.environ.get("EXTENSIONS", "")}
    for name, value in settings.items():
        print(f"SET self_hosted.{name} = {literal(value)};")


if __name__ == "__main__":
    main()
