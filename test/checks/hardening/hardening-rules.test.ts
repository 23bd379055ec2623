import { DATABASE_CASES } from './cases/databases';
import { INGRESS_CASES } from './cases/ingress';
import { INSTANCE_CASES } from './cases/instances';
import { NETWORK_CASES } from './cases/network';
import { PERMISSION_CASES } from './cases/permissions';
import { SECRET_CASES } from './cases/secrets';
import { STORAGE_CASES } from './cases/storage';
import { TRUST_CASES } from './cases/trust';
import { judgeStack, outcomeOf, type Case } from './judge';
import { HARDENING_RULES } from '../../../src/checks/hardening/private/rules';

const CASES: readonly Case[] = [
  ...NETWORK_CASES, ...INSTANCE_CASES, ...PERMISSION_CASES, ...TRUST_CASES, ...DATABASE_CASES, ...INGRESS_CASES, ...STORAGE_CASES, ...SECRET_CASES,
];

describe.each(HARDENING_RULES)('$id', ({ id, severity }) => {
  const cases = CASES.filter(({ rule }) => rule === id);

  test.each(cases)('$name: $expected', ({ build, expected, message, level }) => {
    const { outcomes, messages } = outcomeOf(judgeStack(build, level), id);
    expect(outcomes).toEqual([expected]);
    expect(messages).toMatch(message ?? /^/);
  });

  test('has an app that keeps it and one that breaks it', () => {
    const outcomes = cases.map(({ expected }) => expected);
    expect(outcomes).toContain('holds');
    expect(outcomes).toContain(severity === 'error' ? 'violation' : 'advice');
  });
});

test('each case is of a rule that exists', () => {
  const ids = HARDENING_RULES.map(({ id }) => id);
  expect(CASES.filter(({ rule }) => !ids.includes(rule))).toEqual([]);
});
