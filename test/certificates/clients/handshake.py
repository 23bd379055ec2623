"""Connects to a TLS server as Python 3.13 does by default: handshake.py CA PORT NAME [CERTIFICATE KEY]."""
import socket
import ssl
import sys

ca, port, name, *own = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
context.load_verify_locations(ca)
if own:
    context.load_cert_chain(*own)
with socket.create_connection(("127.0.0.1", int(port)), timeout=10) as plain:
    with context.wrap_socket(plain, server_hostname=name) as secured:
        print(secured.recv(16).decode())
