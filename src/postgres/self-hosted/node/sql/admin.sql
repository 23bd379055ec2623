-- Makes the admin of the broker, as the superuser, in database postgres. It may make roles and databases, and is no superuser.
-- `self_hosted.admin` and `self_hosted.verifier` hold its name and the SCRAM verifier of its password, `self_hosted.extensions` what extensions.sql makes.
-- Nothing is written where all of this is there already.

-- A node that is alone must not wait for others here.
SET synchronous_commit = local;
SET search_path = pg_catalog;

DO $$
DECLARE
  admin name := current_setting('self_hosted.admin');
  verifier text := current_setting('self_hosted.verifier');
  extensions text := coalesce(current_setting('self_hosted.extensions', true), '');
  role pg_authid;
  granted name;
BEGIN
  -- Two runs at once would both make the role.
  PERFORM pg_advisory_xact_lock(7161712893041838);
  IF verifier !~ '^SCRAM-SHA-256\$\d+:[^$:]+\$[^$:]+:[^$:]+$' THEN
    RAISE EXCEPTION 'self_hosted.verifier is not a SCRAM verifier';
  END IF;
  SELECT * INTO role FROM pg_authid WHERE rolname = admin;
  IF role.rolsuper THEN
    RAISE EXCEPTION 'the admin of the broker must not be the superuser ''%''', admin;
  END IF;
  IF role.oid IS NULL THEN
    EXECUTE format('CREATE ROLE %I', admin);
    SELECT * INTO role FROM pg_authid WHERE rolname = admin;
  END IF;
  IF NOT (role.rolcanlogin AND role.rolcreatedb AND role.rolcreaterole AND role.rolinherit) OR role.rolreplication OR role.rolbypassrls
    OR role.rolconnlimit <> -1 OR isfinite(role.rolvaliduntil) THEN
    EXECUTE format('ALTER ROLE %I LOGIN CREATEDB CREATEROLE INHERIT NOREPLICATION NOBYPASSRLS CONNECTION LIMIT -1 VALID UNTIL ''infinity''', admin);
  END IF;
  IF role.rolpassword IS DISTINCT FROM verifier THEN
    EXECUTE format('ALTER ROLE %I PASSWORD %L', admin, verifier);
  END IF;

  -- It may hand these on, to users that watch the server or end sessions.
  FOREACH granted IN ARRAY '{pg_monitor,pg_signal_backend}'::name[] LOOP
    IF NOT EXISTS (SELECT FROM pg_auth_members WHERE roleid = granted::regrole AND member = role.oid AND admin_option AND inherit_option AND set_option) THEN
      EXECUTE format('GRANT %I TO %I WITH ADMIN TRUE, INHERIT TRUE, SET TRUE', granted, admin);
    END IF;
  END LOOP;

  -- The broker reads here which extensions it must wait for.
  IF NOT EXISTS (SELECT FROM pg_db_role_setting WHERE setrole = role.oid AND setdatabase = 0 AND 'cdk_private_backend.extensions=' || extensions = ANY (setconfig)) THEN
    EXECUTE format('ALTER ROLE %I SET cdk_private_backend.extensions = %L', admin, extensions);
  END IF;
END $$;

-- Superusers work in these databases, so nobody else gets in, and nobody makes anything there that a superuser could run by mistake.
DO $$
DECLARE
  admin name := current_setting('self_hosted.admin');
  closed name;
  who name;
BEGIN
  FOR closed IN SELECT datname FROM pg_database d
    WHERE datname IN ('postgres', 'template1') AND EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE grantee = 0)
  LOOP
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', closed);
  END LOOP;
  -- pg_rewind copies files through a connection to database postgres.
  FOR who IN SELECT rolname FROM pg_roles WHERE rolcanlogin AND NOT has_database_privilege(oid, 'postgres', 'CONNECT')
    AND (rolname = admin OR rolreplication OR has_function_privilege(oid, 'pg_read_binary_file(text, bigint, bigint, boolean)', 'EXECUTE'))
  LOOP
    EXECUTE format('GRANT CONNECT ON DATABASE postgres TO %I', who);
  END LOOP;
END $$;

-- The lock of the broker: a view that only its owner may lock. Whoever may make schemas could make one that superusers look into, so the admin may not.
DO $$
DECLARE
  admin name := current_setting('self_hosted.admin');
BEGIN
  IF to_regclass('cdk_private_backend.lock') IS NULL THEN
    CREATE SCHEMA IF NOT EXISTS cdk_private_backend;
    CREATE VIEW cdk_private_backend.lock AS SELECT 'Whoever locks this view makes changes, one at a time'::text AS purpose;
    COMMENT ON SCHEMA cdk_private_backend IS 'The lock of the library cdk-private-backend';
  END IF;
  IF EXISTS (SELECT FROM pg_namespace WHERE nspname = 'cdk_private_backend' AND nspowner <> admin::regrole) THEN
    EXECUTE format('ALTER SCHEMA cdk_private_backend OWNER TO %I', admin);
  END IF;
  IF EXISTS (SELECT FROM pg_class WHERE oid = 'cdk_private_backend.lock'::regclass AND relowner <> admin::regrole) THEN
    EXECUTE format('ALTER VIEW cdk_private_backend.lock OWNER TO %I', admin);
  END IF;
END $$;
