"""Prints how many of the nodes named in the arguments do not answer when they are asked just as Patroni asks its peers.

Where Patroni's own call fails, nobody votes for a new primary, and nothing else shows it: Python refuses certificates that others take.
"""
import sys

from patroni.config import Config
from patroni.request import PatroniRequest

request = PatroniRequest(Config('/etc/patroni/config.yml'), True)


def unreachable(address):
    try:
        request.request('GET', f'https://{address}:8008/patroni', timeout=2, retries=0)
    except Exception as error:
        print(f'The REST API of {address} does not answer: {error}', file=sys.stderr)
        return True
    return False


print(sum(map(unreachable, sys.argv[1:])))
