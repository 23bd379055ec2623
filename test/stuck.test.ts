import { spawnSync } from 'node:child_process';
import { catalogue } from './errors/catalogue';
import { anchorOf, stuckSection, stuckSections } from './support/stuck-page';

const SECTIONS = stuckSections();
const TEXT = SECTIONS.map(({ text }) => text).join('\n');
const SCRIPTS = SECTIONS.flatMap(({ title, scripts }) => scripts.map((script): [string, string] => [title, script]));

/** Rows of the table of codes: the codes, and the anchor of the section. */
function codeRows(): [string[], string][] {
  return [...stuckSection('Codes of this library').text.matchAll(/^\| (`.*?) \| \[[^\]]+\]\(#([^)]+)\)/gm)].map(([, codes, anchor]) => {
    const own = codes.split(' such as ')[0];
    return [[...own.matchAll(/`([^`]+)`/g)].map(([, code]) => code), anchor];
  });
}

/** Codes with which a function of this library fails a resource. Whatever runs inside a migration task runs in no rollback, a starter is called by people, and the signer by nodes. */
function codesOfFunctions(): string[] {
  return [...new Set(catalogue().filter(({ level, id }) => level === 'deployment' && !/^(exit code|STARTER_|SIGNER_)/.test(id)).map(({ id }) => id))];
}

describe('docs/stuck.md', () => {
  test('has each code that can fail a resource, once, and no other', () => {
    const listed = codeRows().flatMap(([codes]) => codes);
    expect(new Set(listed).size).toBe(listed.length);
    // Of the codes that Node.js gives and the catalogue does not have, one has a section of its own. The class of another error is not the one that the catalogue reads.
    expect([...listed].sort()).toEqual([...codesOfFunctions(), 'ENOTFOUND', 'NO_ADMIN_SECRET'].sort());
  });

  test('leads each code, and each of its own links, to a section that exists', () => {
    const anchors = SECTIONS.map(({ title }) => anchorOf(title));
    expect(new Set(anchors).size).toBe(anchors.length);
    const links = [...TEXT.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
    expect(links.filter((anchor) => !anchors.includes(anchor))).toEqual([]);
    expect(codeRows().length).toBeGreaterThan(8);
  });

  test('leads to each section from another, and to one for each state that CloudFormation calls failed', () => {
    const links = [...TEXT.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
    const [start, ...sections] = SECTIONS;
    expect(sections.map(({ title }) => title).filter((title) => !links.includes(anchorOf(title)))).toEqual([]);
    const states = ['ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'CREATE_FAILED', 'UPDATE_FAILED', 'UPDATE_ROLLBACK_FAILED', 'DELETE_FAILED'];
    expect(states.filter((status) => !start.text.includes(`\`${status}\``))).toEqual([]);
  });
});

describe('the commands of docs/stuck.md', () => {
  test('are more than a few', () => {
    expect(SCRIPTS.length).toBeGreaterThan(9);
  });

  test.each(SCRIPTS)('are understood by bash: %s', (_title, script) => {
    const { status, stderr } = spawnSync('bash', ['--norc', '-n'], { input: script, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  test.each(SCRIPTS)('set each variable before they use it: %s', (_title, script) => {
    const { status, stderr } = spawnSync('bash', ['--norc', '-euc', `aws() { :; }\n${script}`], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  test('fail where a variable is not set', () => {
    expect(spawnSync('bash', ['--norc', '-euc', 'aws() { :; }\naws s3 rm "$bucket"']).status).not.toBe(0);
  });
});
