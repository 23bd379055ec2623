import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { provoke } from './case';
import { CASES } from './cases';
import { bareErrors, catalogue } from './catalogue';
import { renderPage } from './page';
import { codeOf, findFaults, sentencesOf } from './rules';
import { compileSamples, isCode } from './samples';
import { LINT_RULES } from '../../src/migrations/shared/lint/lint-rules';
import type { Assembly } from '../support/api-gate';

const ROOT = resolve(__dirname, '../..');
const UTTERANCES = catalogue();
const SYNTH = UTTERANCES.filter(({ level }) => level !== 'deployment');
const IDS = [...new Set(SYNTH.map(({ id }) => id))];

describe('each problem that is found at synth', () => {
  test('is thrown with an id', () => {
    expect(bareErrors()).toEqual([]);
  });

  test('has an id of its own: a class and a reason', () => {
    expect(IDS.filter((id) => !/^[A-Z][A-Za-z0-9]*\.[a-z][A-Za-z0-9]*$/.test(id))).toEqual([]);
    expect(SYNTH.map(({ id }) => id).filter((id, index, all) => all.indexOf(id) !== index)).toEqual([]);
  });

  test('has one case, and each case a problem', () => {
    expect(Object.keys(CASES).sort()).toEqual([...IDS].sort());
  });

  test.each(Object.entries(CASES))('%s is provoked by its case', (id, mistake) => {
    expect(provoke(mistake).map((message) => message.id)).toContain(id);
  });

  test.each(Object.entries(CASES))('%s is said in three short sentences', (id, mistake) => {
    const { text } = provoke(mistake).find((message) => message.id === id)!;
    expect({ text, faults: findFaults(text) }).toEqual({ text, faults: [] });
  });
});

describe('each failure of a deployment', () => {
  test.each(UTTERANCES.filter(({ level }) => level === 'deployment').map(({ id, text, file }) => [`${id} in ${file}`, text]))('%s is said in three short sentences', (_, text) => {
    expect({ text, faults: findFaults(text.replace(/<[^<>]*>/g, 'x')) }).toEqual({ text, faults: [] });
  });
});

describe('each rule for migration files', () => {
  test.each(Object.entries(LINT_RULES))('%s is said in three short sentences', (_, { wrong, why, remedy }) => {
    const text = `${wrong} ${why} ${remedy}`;
    expect({ text, faults: findFaults(text) }).toEqual({ text, faults: [] });
  });
});

describe('what messages ask their readers to write', () => {
  const { types = {} } = JSON.parse(readFileSync(resolve(ROOT, '.jsii'), 'utf8')) as Assembly;
  const samples = [...new Set(Object.entries(CASES).flatMap(([id, mistake]) => provoke(mistake).filter((message) => message.id === id).flatMap(({ text }) => codeOf(text))))];

  test('compiles', () => {
    expect(compileSamples(samples.filter(isCode), Object.values(types).map(({ name }) => name))).toEqual([]);
  });

  test('are names that exist', () => {
    const members = Object.values(types).flatMap((type) => [type.name, ...(type.properties ?? []).map(({ name }) => name), ...(type.methods ?? []).map(({ name }) => name)]);
    const known = new Set([...members, ...OF_OTHERS]);
    expect(samples.filter((sample) => !isCode(sample) && /^[A-Za-z]+$/.test(sample) && /[A-Z]/.test(sample.slice(1)) && !known.has(sample))).toEqual([]);
  });
});

/** Names of AWS CDK, CloudFormation and drivers. */
const OF_OTHERS = ['crossRegionReferences', 'desiredCount', 'enableFargateCapacityProviders'];

test('the rules find what they forbid', () => {
  expect(findFaults('`port` must be from 1 to 65535, got 0.')).toEqual([]);
  expect(findFaults('\'x\' is no path')).toHaveLength(2);
  expect(findFaults('Route \'A\' is one. Give it a path. It fails. So there.')).toHaveLength(3);
  expect(findFaults('minTasks must be set.')).toEqual(['write minTasks in backquotes']);
  expect(sentencesOf('`a. B` is wrong. Use `C`. \'D. E\' too.')).toEqual(['`a. B` is wrong.', 'Use `C`.', '\'D. E\' too.']);
});

test('docs/errors.md is what the source says now; where it differs on purpose, run npm run docs:errors', () => {
  const page = resolve(ROOT, 'docs/errors.md');
  expect(existsSync(page)).toBe(true);
  const text = readFileSync(page, 'utf8');
  expect(renderPage(text)).toBe(text);
});
