"""Writes one row for each transaction, and prints each acknowledgement: writer.py NAME DSN

One line of the output is the time in milliseconds and the number of the row. A row whose transaction failed, or came back with a warning, is not
acknowledged. The next transaction has the next number, so that a number is never written twice.
"""

import sys
import time

import psycopg2

PAUSE = 0.005


def now():
    return f"{time.time() * 1000:.0f}"


def connect(dsn):
    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    return connection


def main(name, dsn):
    connection = None
    number = 0
    while True:
        try:
            if connection is None:
                connection = connect(dsn)
            number += 1
            del connection.notices[:]
            connection.cursor().execute("INSERT INTO lab.writes (writer, number) VALUES (%s, %s)", (name, number))
            if connection.notices:
                print(now(), number, repr(" ".join(connection.notices)), file=sys.stderr, flush=True)
            else:
                print(now(), number, flush=True)
        except psycopg2.Error as error:
            print(now(), number, repr(str(error)), file=sys.stderr, flush=True)
            if connection is not None:
                connection.close()
            connection = None
            time.sleep(0.1)
        time.sleep(PAUSE)


main(*sys.argv[1:])
