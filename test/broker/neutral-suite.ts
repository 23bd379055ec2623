import { testDeclarations, testDeletions, testRenames, testTakenNames } from './neutral/declarations';
import type { EngineUnderTest } from './neutral/engine-under-test';
import { testForeignDatabases, testForeignUsers, testOwners } from './neutral/owners';
import { testAdmin, testMessages, testUnreachable } from './neutral/servers';
import { Stage } from './neutral/stage';

/**
 * All that the broker promises, with any engine and without a word of its dialect: asked through the engine's conductor and its SQL function, and
 * seen by what clients of a server can see.
 */
export function describeBroker(start: () => Promise<EngineUnderTest>): void {
  const stage = new Stage();

  beforeAll(async () => stage.begin(await start()));
  beforeEach(() => stage.beginCase());
  afterAll(() => stage.server.remove());

  describe('a declaration', () => testDeclarations(stage));
  describe('a rename', () => testRenames(stage));
  describe('a rename to a name that is taken', () => testTakenNames(stage));
  describe('a deletion', () => testDeletions(stage));
  describe('a user that somebody else made', () => testForeignUsers(stage));
  describe('a database that somebody else made', () => testForeignDatabases(stage));
  describe('another resource', () => testOwners(stage));
  describe('the password of the admin', () => testAdmin(stage));
  describe('a server that does not answer', () => testUnreachable(stage));
  describe('a message', () => testMessages(stage));
}
