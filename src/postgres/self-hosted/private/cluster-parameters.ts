import { Token, Tokenization } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError, warn } from '../../../private/errors';
import { PARAMETER_PREFIXES, SERVER_PARAMETERS, SESSION_PARAMETERS } from '../../private/parameter-names';
import { advice } from '../../private/parameter-rules';
import { sorted } from '../../private/settings';

/** What keeps the cluster together, or its data: Patroni, pgBackRest, the fence and the governor set these. */
const OWNED: ReadonlySet<string> = new Set(`
  allow_alter_system archive_cleanup_command archive_command archive_library archive_mode archive_timeout cluster_name config_file data_directory
  default_transaction_read_only external_pid_file fsync full_page_writes hba_file hot_standby ident_file listen_addresses log_destination log_directory log_filename
  logging_collector password_encryption port primary_conninfo primary_slot_name promote_trigger_file recovery_end_command recovery_min_apply_delay restart_after_crash
  restore_command ssl ssl_ca_file ssl_cert_file ssl_ciphers ssl_crl_dir ssl_crl_file ssl_dh_params_file ssl_ecdh_curve ssl_groups ssl_key_file ssl_max_protocol_version
  ssl_min_protocol_version ssl_passphrase_command ssl_passphrase_command_supports_reload ssl_prefer_server_ciphers ssl_tls13_ciphers sync_replication_slots
  synchronized_standby_slots synchronous_commit synchronous_standby_names unix_socket_directories unix_socket_group unix_socket_permissions wal_log_hints
`.trim().split(/\s+/));

const RECOVERY = /^recovery_target/;

/** Values stand as JSON in a line of a file that systemd and bash read. */

const UNREADABLE = /[\x00-\x1f\x7f\\]/;

/** PostgreSQL reads names in any case. */
export function lowerCase(parameters: { [name: string]: string } = {}): { [name: string]: string } {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [Token.isUnresolved(name) ? name : name.toLowerCase(), value]));
}

/** The user's parameters and the number of connections, which users are counted against. */
export function clusterParameters(parameters: { [name: string]: string }, maxConnections: number | string): { readonly [name: string]: string } {
  const number = typeof maxConnections === 'number' ? Tokenization.stringifyNumber(maxConnections) : maxConnections;
  return sorted({ ...parameters, max_connections: number });
}

/** Refuses parameters that would take the cluster apart, or that the nodes could not read; warns of those that nobody knows. */
export function validateParameters(scope: IConstruct, parameters: { [name: string]: string } = {}): void {
  for (const [name, value] of Object.entries(lowerCase(parameters)).filter(([each]) => !Token.isUnresolved(each))) {
    if (OWNED.has(name) || RECOVERY.test(name)) {
      throw new InvalidBackendError(scope, 'SelfHostedPostgres.ownedParameter', `\`parameters\` can't contain '${name}', because the cluster sets it to keep its nodes together. Remove the parameter.`);
    }
    if (name.startsWith('rds.')) {
      throw new InvalidBackendError(scope, 'SelfHostedPostgres.rdsParameter', `\`parameters\` contains '${name}', which only RDS has. Remove the parameter.`);
    }
    if (!Token.isUnresolved(value) && UNREADABLE.test(value)) {
      throw new InvalidBackendError(scope, 'SelfHostedPostgres.parameterValue', `The value of the parameter '${name}' contains a backslash or a control character, which the nodes can't read. Use other characters.`);
    }
    warnUnknown(scope, name);
  }
}

function warnUnknown(scope: IConstruct, name: string): void {
  const [prefix, rest] = name.split('.');
  const known = rest === undefined ? SESSION_PARAMETERS.has(prefix) || SERVER_PARAMETERS.has(prefix) : PARAMETER_PREFIXES.has(prefix);
  if (!known) {
    warn(scope, 'SelfHostedPostgres.unknownParameter', `\`parameters\` contains '${name}', which is not in this library's list of parameters of PostgreSQL. ${advice(name, [...SESSION_PARAMETERS, ...SERVER_PARAMETERS])}`);
  }
}
