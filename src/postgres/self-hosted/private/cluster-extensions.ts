import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { ClusterSettings } from './cluster-settings';
import { InvalidBackendError } from '../../../private/errors';
import { validateExtensions } from '../../private/extensions';

const namesIn = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/**
 * Extensions of PostgreSQL 17 that the owner of a database may create, who is no superuser.
 *
 * @see https://www.postgresql.org/docs/17/contrib.html
 */
export const TRUSTED_EXTENSIONS = namesIn(`
  btree_gin btree_gist citext cube dict_int fuzzystrmatch hstore intarray isn lo ltree pg_trgm pgcrypto plpgsql seg tablefunc tcn tsm_system_rows tsm_system_time
  unaccent uuid-ossp
`);

/** The other ones in Debian's package of PostgreSQL 17. A superuser creates them. */
export const SUPERUSER_EXTENSIONS = namesIn(`
  amcheck autoinc bloom dblink dict_xsyn earthdistance file_fdw insert_username intagg moddatetime pageinspect pg_buffercache pg_freespacemap pg_prewarm
  pg_stat_statements pg_surgery pg_visibility pg_walinspect pgrowlocks pgstattuple postgres_fdw refint sslinfo xml2
`);

/** Refuses extensions that the nodes don't have. Those of an image of one's own are not known. */
export function validateSuperuserExtensions(scope: IConstruct, { superuserExtensions, image }: ClusterSettings): void {
  if (Token.isUnresolved(superuserExtensions)) {
    return;
  }
  validateExtensions(scope, superuserExtensions);
  const missing = superuserExtensions.find((name) => !Token.isUnresolved(name) && !TRUSTED_EXTENSIONS.has(name) && !SUPERUSER_EXTENSIONS.has(name));
  if (missing !== undefined && !image.isChosen) {
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.superuserExtension', `\`superuserExtensions\` contains '${missing}', which Debian's package of PostgreSQL 17 doesn't have. `
      + 'Remove it, or set `imageId` to an image that contains the extension.');
  }
}

/** Refuses extensions of a database that its admin may not create, and the nodes don't. */
export function judgeExtensions(database: IConstruct, extensions: string[], { superuserExtensions }: ClusterSettings): void {
  const made = Token.isUnresolved(superuserExtensions) || superuserExtensions.some((name) => Token.isUnresolved(name));
  const refused = extensions.find((name) => !Token.isUnresolved(name) && !TRUSTED_EXTENSIONS.has(name) && !superuserExtensions.includes(name));
  if (refused !== undefined && !made) {
    throw new InvalidBackendError(database, 'SelfHostedPostgres.extension', `Only a superuser may create the extension '${refused}', and the admin of this cluster is none. `
      + `Set \`superuserExtensions: ['${refused}']\` of the cluster, or remove the extension.`);
  }
}
