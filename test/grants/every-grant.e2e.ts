import { readFileSync } from 'fs';
import { allTables } from './all-tables';
import { PAGE, withTables } from './permission-page';
import { ROOT } from '../deploy/paths';
import { expectPage } from '../support/generated-docs';

interface Assembly {
  readonly types: Record<string, { readonly name: string; readonly kind: string; readonly methods?: { readonly name: string }[] }>;
}

test('every public grant has a table', () => {
  const { types } = JSON.parse(readFileSync(`${ROOT}/.jsii`, 'utf8')) as Assembly;
  const grants = Object.values(types).filter(({ kind }) => kind === 'class').flatMap(({ name, methods = [] }) => methods.flatMap((method) => /^grant[A-Z]/.test(method.name) ? [`${name}.${method.name}`] : []));

  expect([...new Set(allTables().flatMap(({ covers }) => covers))].sort()).toEqual(grants.sort());
});

test.each(allTables().filter(({ covers }) => covers.length > 0))('$title: the table has what is allowed and what is denied', ({ rows }) => {
  expect(new Set(rows.map(({ decision }) => decision))).toEqual(new Set(['allowed', 'denied']));
});

test('the page about permissions has the table of each grant (UPDATE_DOCS=1 writes them)', () => {
  expectPage(PAGE, withTables(readFileSync(`${ROOT}/${PAGE}`, 'utf8'), allTables()));
});

test('fails for a grant without a section', () => {
  expect(() => withTables('# Permissions\n', allTables())).toThrow('has no section');
});
