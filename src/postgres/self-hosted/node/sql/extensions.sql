-- Makes the extensions that need a superuser, in one database, as the superuser. `self_hosted.extensions` names them, separated by commas.
-- Nothing is written where all of them are there. What fails is a warning, so that the others are made.

-- A node that is alone must not wait for others here.
SET synchronous_commit = local;
SET search_path = pg_catalog;

DO $$
DECLARE
  extension name;
BEGIN
  FOREACH extension IN ARRAY string_to_array(current_setting('self_hosted.extensions'), ',') LOOP
    CONTINUE WHEN EXISTS (SELECT FROM pg_extension WHERE extname = extension);
    -- One database of a server has it.
    CONTINUE WHEN extension = 'pg_cron' AND current_database() <> coalesce(current_setting('cron.database_name', true), 'postgres');
    -- The script of an extension may call a function or an operator that somebody has made there before it, with the rights of the superuser.
    IF EXISTS (
      SELECT FROM pg_proc WHERE pronamespace = to_regnamespace('public') AND proowner <> 10
        AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e')
      UNION ALL SELECT FROM pg_operator WHERE oprnamespace = to_regnamespace('public') AND oprowner <> 10
        AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_operator'::regclass AND objid = pg_operator.oid AND deptype = 'e')
    ) THEN
      RAISE WARNING 'extension ''%'' is not made in database ''%'', because users have made functions or operators in its schema public: look at them, then make it by hand', extension, current_database();
      CONTINUE;
    END IF;
    BEGIN
      SET LOCAL search_path = public;
      EXECUTE format('CREATE EXTENSION IF NOT EXISTS %I CASCADE', extension);
      SET LOCAL search_path = pg_catalog;
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING 'extension ''%'' cannot be made in database ''%'': % (%)', extension, current_database(), SQLERRM, SQLSTATE;
    END;
  END LOOP;
END $$;
