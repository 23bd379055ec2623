import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SUPERUSER_EXTENSIONS, TRUSTED_EXTENSIONS } from '../../../../src/postgres/self-hosted/private/cluster-extensions';
import { preparePostgres, serverAccount } from '../../../support/postgres-binaries';

/** Extensions of procedural languages, which Debian has in packages of their own. */
const LANGUAGES = /plperl|plpython|pltcl/;

const directory = join(preparePostgres(17, serverAccount()).postgres, '..', '..', 'share', 'postgresql', 'extension');
const controls = readdirSync(directory).filter((file) => file.endsWith('.control')).map((file) => ({
  name: file.replace(/\.control$/, ''),
  trusted: /^trusted\s*=\s*true/m.test(readFileSync(join(directory, file), 'utf8')),
})).filter(({ name }) => !LANGUAGES.test(name));

test('the trusted extensions are those of PostgreSQL 17', () => {
  expect([...TRUSTED_EXTENSIONS].sort()).toEqual(controls.filter(({ trusted }) => trusted).map(({ name }) => name).sort());
});

test('the extensions for superusers are the other ones of PostgreSQL 17', () => {
  // Built with libraries that these binaries lack.
  const elsewhere = ['sslinfo', 'xml2'];
  const other = controls.filter(({ trusted }) => !trusted).map(({ name }) => name);
  expect([...SUPERUSER_EXTENSIONS].filter((name) => !elsewhere.includes(name) || other.includes(name)).sort()).toEqual(other.sort());
});
