import { HOLDS, open, reasonOf, wrong, type Answer } from './hardening-rule';
import { literalText, resourceOf, type ModelResource, type ModelValue } from '../../private/model';

/** How an engine is told to refuse connections without TLS. */
interface Setting {
  readonly parameter: string;
  /** Values that do not force TLS, where the others do. */
  readonly off?: RegExp;
  /** The first version whose default parameters force TLS; 0 for all versions. */
  readonly forcedSince?: number;
  /** The first version of which that is said in release notes only, so that it is better stated. */
  readonly perhapsSince?: number;
}

/**
 * RDS for PostgreSQL forces TLS by default from version 15 on. Of the others it is not taken for granted.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html
 */
const SETTINGS: { readonly [engine: string]: Setting } = {
  'postgres': { parameter: 'rds.force_ssl', forcedSince: 15 },
  'aurora-postgresql': { parameter: 'rds.force_ssl', perhapsSince: 17 },
  'mysql': { parameter: 'require_secure_transport', perhapsSince: 8.4 },
  'aurora-mysql': { parameter: 'require_secure_transport' },
  'mariadb': { parameter: 'require_secure_transport', perhapsSince: 11.8 },
  'sqlserver': { parameter: 'rds.force_ssl' },
  // https://docs.aws.amazon.com/documentdb/latest/devguide/security.encryption.ssl.html
  'docdb': { parameter: 'tls', forcedSince: 0, off: /^disabled$/i },
};

/** The property that names the parameter group of a server, and its engine where that is always the same. */
interface ParameterGroup { readonly path: string; readonly engine?: string }

/** Whether a server refuses connections without TLS; undefined for engines that have no such parameter. */
export function judgeServerTls(server: ModelResource, group: ParameterGroup): Answer {
  const engine = group.engine ?? server.value('Engine');
  const name = literalText(engine);
  if (name === undefined) {
    return engine === undefined ? undefined : open(`Which engine it runs is not decided: ${reasonOf(engine)}.`, 'Engine');
  }
  const setting = SETTINGS[name.replace(/^sqlserver-.*/, 'sqlserver')];
  return setting === undefined ? undefined : judgeSetting(server, setting, group);
}

function judgeSetting(server: ModelResource, setting: Setting, { path }: ParameterGroup): Answer {
  const group = server.value(path);
  const resource = resourceOf(group);
  if (group !== undefined && resource === undefined && !/^default\./.test(literalText(group) ?? '')) {
    return open(`Whether it forces TLS is in a parameter group that is not in the templates (${setting.parameter}).`, path);
  }
  const value = parameterOf(resource, setting.parameter);
  if (value === undefined) {
    return judgeDefault(server, setting, path);
  }
  const text = literalText(value);
  return text === undefined
    ? open(`Whether it forces TLS is not decided: ${reasonOf(value)}.`, path)
    : isOn(text, setting) ? HOLDS : wrong(`It accepts connections without TLS: ${setting.parameter} is '${text}'.`, path);
}

function isOn(text: string, { off }: Setting): boolean {
  return off === undefined ? /^(1|on|true)$/i.test(text) : !off.test(text);
}

function parameterOf(group: ModelResource | undefined, parameter: string): ModelValue | undefined {
  return group?.record('Parameters')[parameter];
}

function judgeDefault(server: ModelResource, { parameter, forcedSince = Infinity, perhapsSince = Infinity }: Setting, path: string): Answer {
  const version = Number.parseFloat(server.text('EngineVersion') ?? '');
  if (forcedSince === 0 || version >= forcedSince) {
    return HOLDS;
  }
  if (Number.isNaN(version) || version >= perhapsSince) {
    return open(`${parameter} is not set, and ${Number.isNaN(version) ? 'the version, which decides its default, is not given' : 'AWS may change its default'}.`, path);
  }
  return wrong(`It accepts connections without TLS: ${parameter} is not set, and its default in version ${version} is off.`, path);
}
