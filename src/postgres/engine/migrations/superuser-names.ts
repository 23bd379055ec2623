/**
 * Extensions of PostgreSQL 15 to 18 that the owner of a database may create.
 *
 * @see https://www.postgresql.org/docs/current/view-pg-available-extension-versions.html
 */
const TRUSTED = new Set(`bool_plperl btree_gin btree_gist citext cube dict_int fuzzystrmatch hstore intarray isn jsonb_plperl lo ltree pg_trgm pgcrypto plperl
  plpgsql pltcl seg tablefunc tcn tsm_system_rows tsm_system_time unaccent uuid-ossp`.split(/\s+/));

/** Extensions that come with PostgreSQL 15 to 18 and that only a superuser, on RDS a member of `rds_superuser`, may create. */
const UNTRUSTED = new Set(`adminpack amcheck autoinc bloom bool_plperlu dblink dict_xsyn earthdistance file_fdw hstore_plperl hstore_plperlu hstore_plpython3u insert_username intagg
  jsonb_plperlu jsonb_plpython3u ltree_plpython3u moddatetime old_snapshot pageinspect pg_buffercache pg_freespacemap pg_logicalinspect pg_prewarm pg_stat_statements pg_surgery
  pg_visibility pg_walinspect pgrowlocks pgstattuple plperlu plpython3u pltclu postgres_fdw refint sslinfo xml2`.split(/\s+/));

/**
 * Parameters of PostgreSQL 15 to 18 that only a superuser may set in a session.
 *
 * @see https://www.postgresql.org/docs/current/view-pg-settings.html
 */
const PARAMETERS = new Set(`allow_in_place_tablespaces allow_system_table_mods backtrace_functions commit_delay compute_query_id deadlock_timeout debug_discard_caches event_triggers
  ignore_checksum_failure jit_dump_bitcode lc_messages lo_compat_privileges log_duration log_error_verbosity log_executor_stats log_lock_failures log_lock_waits log_min_duration_sample
  log_min_duration_statement log_min_error_statement log_min_messages log_parameter_max_length log_parser_stats log_planner_stats log_replication_commands log_statement
  log_statement_sample_rate log_statement_stats log_temp_files log_transaction_sample_rate max_stack_depth session_replication_role temp_file_limit track_activities
  track_cost_delay_timing track_counts track_functions track_io_timing track_wal_io_timing update_process_title wal_compression wal_consistency_checking wal_init_zero wal_recycle
  zero_damaged_pages`.split(/\s+/));

/** Whether the owner of a database may create the extension; `undefined` where PostgreSQL does not ship it. */
export function isTrusted(extension: string): boolean | undefined {
  if (TRUSTED.has(extension)) return true;
  return UNTRUSTED.has(extension) ? false : undefined;
}

export function needsSuperuser(parameter: string): boolean {
  return PARAMETERS.has(parameter.toLowerCase());
}
