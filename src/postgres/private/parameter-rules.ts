import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { PARAMETER_PREFIXES, RDS_PARAMETERS, SERVER_PARAMETERS, SESSION_PARAMETERS } from './parameter-names';
import { closest } from '../../private/closest';
import { InvalidBackendError, warn } from '../../private/errors';

/** Parameters of Aurora itself, of which no list is complete. */
const AURORA = /^(apg|aurora)_/;

/** Warns about parameters of a server that neither PostgreSQL nor RDS is known to have: RDS refuses them in the deployment. */
export function warnUnknownParameters(scope: IConstruct, parameters: { [name: string]: string } = {}): void {
  for (const name of Object.keys(parameters).filter((each) => !Token.isUnresolved(each) && !isParameter(each.toLowerCase()))) {
    const known = name.includes('.') ? [...RDS_PARAMETERS, ...[...PARAMETER_PREFIXES].map((prefix) => `${prefix}.${name.split('.')[1]}`)] : [...SESSION_PARAMETERS, ...SERVER_PARAMETERS];
    warn(scope, 'PrivatePostgres.unknownParameter', `\`parameters\` contains '${name}', which is not in this library's list of parameters of PostgreSQL 15 to 18 and RDS. ${advice(name, known)}`);
  }
}

/** Settings of a role or a database. Names with a dot are anybody's, and PostgreSQL takes each of them. */
export function validateSettingNames(scope: IConstruct, settings: { [name: string]: string }): void {
  for (const name of Object.keys(settings).filter((each) => !Token.isUnresolved(each) && !each.includes('.'))) {
    if (SERVER_PARAMETERS.has(name.toLowerCase())) {
      throw new InvalidBackendError(scope, 'Postgres.serverSetting', `\`settings\` contains '${name}', which PostgreSQL has for the whole server only. `
        + `Set \`parameters: { ${name.toLowerCase()}: '…' }\` of the server.`);
    }
    if (!SESSION_PARAMETERS.has(name.toLowerCase()) && !AURORA.test(name.toLowerCase())) {
      warn(scope, 'Postgres.unknownSetting', `\`settings\` contains '${name}', which is not in this library's list of settings of PostgreSQL 15 to 18. ${advice(name, SESSION_PARAMETERS)}`);
    }
  }
}

function isParameter(name: string): boolean {
  const [prefix, rest] = name.split('.');
  return rest === undefined
    ? SESSION_PARAMETERS.has(name) || SERVER_PARAMETERS.has(name) || AURORA.test(name)
    : RDS_PARAMETERS.has(name) || PARAMETER_PREFIXES.has(prefix);
}

/** What to do about a name that is not in a list, which grows older. */
export function advice(name: string, known: Iterable<string>): string {
  const near = closest(name.toLowerCase(), known);
  return near === undefined ? 'Correct the name, or acknowledge this warning if the server knows it.' : `Use '${near}' if you mean that, or acknowledge this warning if the server knows '${name}'.`;
}
