"""Connects by the driver that the argument names, with nothing but the environment of a task, and prints as whom and where."""
import asyncio
import json
import os
import sys

QUERY = 'SELECT current_database() AS database, session_user AS "user", ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'


def psycopg():
    import psycopg
    with psycopg.connect(os.environ['DATABASE_URL']) as connection:
        return connection.execute(QUERY).fetchone()


def psycopg2():
    import psycopg2
    cursor = psycopg2.connect(os.environ['DATABASE_URL']).cursor()
    cursor.execute(QUERY)
    return cursor.fetchone()


def asyncpg():
    import asyncpg

    async def ask():
        connection = await asyncpg.connect(os.environ['DATABASE_URL'])
        return await connection.fetchrow(QUERY)
    return asyncio.run(ask())


def pg8000():
    import ssl
    from pg8000.dbapi import connect
    connection = connect(
        host=os.environ['PGHOST'], port=int(os.environ['PGPORT']), database=os.environ['PGDATABASE'],
        user=os.environ['PGUSER'], password=os.environ['PGPASSWORD'],
        ssl_context=ssl.create_default_context(cafile=os.environ['PGSSLROOTCERT']))
    cursor = connection.cursor()
    cursor.execute(QUERY)
    return cursor.fetchone()


def sqlalchemy_psycopg():
    from sqlalchemy import create_engine, text
    with create_engine(os.environ['DATABASE_URL'].replace('postgresql:', 'postgresql+psycopg:', 1)).connect() as connection:
        return connection.execute(text(QUERY)).one()


def sqlalchemy_psycopg2():
    from sqlalchemy import create_engine, text
    with create_engine(os.environ['DATABASE_URL'].replace('postgresql:', 'postgresql+psycopg2:', 1)).connect() as connection:
        return connection.execute(text(QUERY)).one()


def sqlalchemy_asyncpg():
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine

    async def ask():
        async with create_async_engine('postgresql+asyncpg://').connect() as connection:
            return (await connection.execute(text(QUERY))).one()
    return asyncio.run(ask())


def django():
    import django
    import dj_database_url
    from django.conf import settings
    settings.configure(DATABASES={'default': dj_database_url.config()})
    django.setup()
    from django.db import connection
    with connection.cursor() as cursor:
        cursor.execute(QUERY)
        return cursor.fetchone()


DRIVERS = {
    'psycopg': psycopg,
    'psycopg2': psycopg2,
    'asyncpg': asyncpg,
    'pg8000': pg8000,
    'sqlalchemy+psycopg': sqlalchemy_psycopg,
    'sqlalchemy+psycopg2': sqlalchemy_psycopg2,
    'sqlalchemy+asyncpg': sqlalchemy_asyncpg,
    'django': django,
}

database, user, ssl = DRIVERS[sys.argv[1]]()
print(json.dumps({'database': database, 'user': user, 'ssl': ssl}))
