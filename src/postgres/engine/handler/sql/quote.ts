import { escapeIdentifier, escapeLiteral } from 'pg';
import { checkIdentifier } from './check-names';
import { BrokerError } from '../../../../broker/broker-error';

/** PostgreSQL keeps these as lists of quoted names; one literal would be one name with commas in it. */
const LIST_SETTINGS = ['search_path', 'temp_tablespaces', 'session_preload_libraries', 'local_preload_libraries'];

/** A name as SQL, whatever it holds. */
export function identifier(name: string): string {
  checkIdentifier('database object', name);
  return escapeIdentifier(name);
}

/** Several names as SQL. */
export function identifiers(names: string[]): string {
  return names.map(identifier).join(', ');
}

/** A text as SQL, whatever it holds. */
export function literal(text: string): string {
  if (text.includes('\0')) {
    throw new BrokerError('INVALID_VALUE', 'A value contains the character NUL, which PostgreSQL can\'t store. Remove the character.');
  }
  return escapeLiteral(text).trim();
}

/** Several texts as an SQL array. */
export function textArray(texts: string[]): string {
  return `ARRAY[${texts.map(literal).join(', ')}]::text[]`;
}

/** `name = value` of a setting as SQL; names of extensions' settings have two parts. */
export function assignment(name: string, value: string): string {
  return `${settingName(name)} TO ${listItems(name, value).map(literal).join(', ') || "''"}`;
}

/** Name of a setting as SQL. */
export function settingName(name: string): string {
  return name.split('.').map(identifier).join('.');
}

/** Whether the stored form of a setting (`name=value`) is what was declared. */
export function holdsSetting(stored: string[], name: string, value: string): boolean {
  return stored.some((entry) => {
    const [storedName, storedValue] = splitSetting(entry);
    return storedName.toLowerCase() === name.toLowerCase() && sameItems(listItems(name, storedValue), listItems(name, value));
  });
}

/** Name and value of the stored form of a setting. */
export function splitSetting(entry: string): [string, string] {
  const equals = entry.indexOf('=');
  return [entry.slice(0, equals), entry.slice(equals + 1)];
}

function listItems(name: string, value: string): string[] {
  if (!LIST_SETTINGS.includes(name.toLowerCase())) {
    return [value];
  }
  const items = value.match(/"(?:[^"]|"")*"|[^,]+/g) ?? [];
  return items.map((item) => item.trim()).filter((item) => item !== '').map(unquote);
}

function unquote(item: string): string {
  return item.startsWith('"') && item.endsWith('"') && item.length > 1 ? item.slice(1, -1).replaceAll('""', '"') : item;
}

function sameItems(some: string[], others: string[]): boolean {
  return some.length === others.length && some.every((item, index) => item === others[index]);
}
