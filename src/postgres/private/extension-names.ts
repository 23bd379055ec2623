/**
 * Extensions that RDS for PostgreSQL or Aurora PostgreSQL offers in some version, as of November 2026.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-extensions.html
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraPostgreSQLReleaseNotes/AuroraPostgreSQL.Extensions.html
 */
export const EXTENSIONS: ReadonlySet<string> = new Set(`
  address_standardizer address_standardizer_data_us amcheck apg_plan_mgmt aurora_stat_utils autoinc aws_commons aws_lambda aws_ml aws_s3
  babelfishpg_common babelfishpg_money babelfishpg_tds babelfishpg_tsql bloom bool_plperl btree_gin btree_gist citext cube dblink dict_int dict_xsyn earthdistance
  flow_control fuzzystrmatch h3 h3_postgis hll hstore hstore_plperl hypopg insert_username intagg intarray ip4r isn jsonb_plperl lo log_fdw ltree moddatetime
  mysql_fdw old_snapshot oracle_fdw orafce pageinspect pg_ad_mapping pg_bigm pg_buffercache pg_columnmask pg_cron pg_freespacemap pg_hint_plan pg_logicalinspect
  pg_partman pg_prewarm pg_proctab pg_repack pg_similarity pg_stat_statements pg_tle pg_transport pg_trgm pg_visibility pg_walinspect pgactive pgaudit
  pgcollection pgcrypto pglogical pgrouting pgrowlocks pgstattuple pgtap plcoffee plls plperl plpgsql plprofiler plrust pltcl plv8 postgis postgis_raster
  postgis_tiger_geocoder postgis_topology postgres_fdw prefix rdkit rds_activity_stream rds_tools refint seg sslinfo tablefunc tcn tds_fdw test_parser
  tsm_system_rows tsm_system_time unaccent uuid-ossp vector xml2
`.trim().split(/\s+/));

/** Extensions whose library of the same name must be loaded at the start of the server. */
export const PRELOADED_EXTENSIONS: ReadonlySet<string> = new Set([
  'pg_ad_mapping', 'pg_columnmask', 'pg_cron', 'pg_hint_plan', 'pg_stat_statements', 'pg_tle', 'pg_transport', 'pgactive', 'pgaudit', 'pglogical', 'plrust',
]);

/**
 * Extensions that a server has in one database, with the parameter that names it. Without the parameter it is `postgres`.
 *
 * @see https://github.com/citusdata/pg_cron
 */
export const ONE_DATABASE_EXTENSIONS: ReadonlyMap<string, string> = new Map([['pg_cron', 'cron.database_name']]);
