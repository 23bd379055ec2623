import { createHash, randomInt } from 'node:crypto';
import { parseObject } from './admin-secret';
import type { LoginContent, LoginValue } from './conductor-engine';
import { ConductorError } from './conductor-error';
import type { ConductorDependencies } from './dependencies';
import type { Redaction } from './redaction';
import type { SecretStore, StoredVersion, VersionSelector } from './secret-store';

const PASSWORD_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.~-';
const PASSWORD_LENGTH = 40;

/** A secret of another stack may be out of reach for ever: its permission or its key went with the stack. */
const OUT_OF_REACH = ['AccessDeniedException', 'DecryptionFailure'];

/** A version of a user's secret. */
interface UserVersion {
  readonly versionId: string;
  readonly value: LoginValue;
}

/** The credentials that the server gets: exactly what the secret holds. */
export interface UserCredentials {
  readonly secretArn: string;
  readonly versionId: string;
  readonly login: string;
  readonly password: string;
}

/** Which secret should hold what. */
export interface UserSecretRequest {
  readonly secretArn: string;
  readonly physicalId: string;
  /** Names that the user logs in with, of which the secret holds one. */
  readonly logins: readonly string[];
  readonly contentOf: (login: string) => LoginContent;
  readonly valueOf: (content: LoginContent, password: string) => LoginValue;
  /** Asks the server, before the secret names another user. Fails where it cannot become what is declared. Answers the secret whose password it has now, where another construct made it. */
  readonly inspect: () => Promise<string | undefined>;
  /** Set where the credentials stay but not what they are good for: the same text gives the same version again, so that a repeated request makes no second one. */
  readonly renewal?: string;
  readonly log: ConductorDependencies['log'];
}

/**
 * Makes the current version of a user's secret say what is declared, before the server is touched. It never names a user that the
 * server would refuse: tasks that start meanwhile would get it.
 *
 * Passwords are decided here and nowhere else. The same user keeps its password through every change; a user whose name
 * comes back in a rollback gets the password back that running tasks hold; and whoever comes second, a replay or a
 * duplicate at the same time, finds the version of the first.
 */
export async function settleUserSecret(store: SecretStore, redaction: Redaction, request: UserSecretRequest): Promise<UserCredentials> {
  const settled = await settle(store, request);
  redaction.remember(settled.value.password);
  return { secretArn: request.secretArn, versionId: settled.versionId, login: settled.value.username, password: settled.value.password };
}

/**
 * Makes the user before this one the current one again, where this one is deleted while the secret still names it: that is
 * how the rollback of a rename looks when CloudFormation just goes back to the old physical id.
 */
export async function restoreFormerUser(store: SecretStore, secretArn: string, deleted: readonly string[]): Promise<void> {
  const current = await readVersion(store, secretArn, { stage: 'AWSCURRENT' });
  const previous = current !== undefined && deleted.includes(current.value.username) ? await readVersion(store, secretArn, { stage: 'AWSPREVIOUS' }) : undefined;
  if (previous !== undefined && !deleted.includes(previous.value.username)) {
    await store.makeCurrent(secretArn, previous.versionId);
  }
}

async function settle(store: SecretStore, request: UserSecretRequest): Promise<UserVersion> {
  const { secretArn, logins, renewal } = request;
  const current = await readVersion(store, secretArn, { stage: 'AWSCURRENT' });
  if (current && saysAll(current, request) && (renewal === undefined || current.versionId === newVersionId(request, current))) {
    return current;
  }
  const previous = await readVersion(store, secretArn, { stage: 'AWSPREVIOUS' });
  // Of logins that take turns, whichever is in use stays, also when the user moves or its name comes back.
  const source = [current, previous].find((version) => version !== undefined && logins.includes(version.value.username));
  const predecessor = current !== undefined && source === current ? undefined : await request.inspect();
  if (renewal === undefined && previous && source && saysAll(previous, request) && isSameLogin(previous.value, source.value)) {
    await store.makeCurrent(secretArn, previous.versionId);
    return previous;
  }
  return writeVersion(store, request, source ?? await readPredecessor(store, request, predecessor));
}

/** @param carried the version whose login and password go on */
async function writeVersion(store: SecretStore, request: UserSecretRequest, carried: UserVersion | undefined): Promise<UserVersion> {
  const { secretArn, logins, contentOf, valueOf } = request;
  const content = contentOf(carried?.value.username ?? logins[0]);
  const versionId = newVersionId(request, carried);
  const password = carried?.value.password ?? newPassword();
  const stored = await store.tryRead(secretArn, { versionId })
    ?? await store.writeOnce(secretArn, versionId, JSON.stringify(valueOf(content, password)));
  await store.makeCurrent(secretArn, versionId);
  return parseVersion(stored) ?? raise(new ConductorError('INVALID_SECRET', `Version '${versionId}' of secret '${secretArn}' was changed by something else. Use another construct id for the user, which makes a new secret.`));
}

function saysAll({ value }: UserVersion, { logins, contentOf, valueOf }: UserSecretRequest): boolean {
  return logins.includes(value.username) && saysTheSame(value, valueOf(contentOf(value.username), value.password));
}

/** Whether a stored value has all that is wanted. */
export function saysTheSame(stored: LoginValue, wanted: LoginValue): boolean {
  return Object.keys(wanted).every((key) => stored[key] === wanted[key]);
}

function isSameLogin(one: LoginValue, other: LoginValue): boolean {
  return one.username === other.username && one.password === other.password;
}

/** A permission for it is older than this deployment, or will never be. Where the password of before cannot be read any more, a new one is better than a user that nobody can ever log in as. */
async function readPredecessor(store: SecretStore, { secretArn, logins, log }: UserSecretRequest, predecessor: string | undefined): Promise<UserVersion | undefined> {
  if (predecessor === undefined || predecessor === secretArn) {
    return undefined;
  }
  try {
    const stored = await store.tryRead(predecessor, { stage: 'AWSCURRENT' }, 0);
    const version = stored && parseVersion(stored);
    return version !== undefined && logins.includes(version.value.username) ? version : undefined;
  } catch (error) {
    if (!(error instanceof ConductorError) || !OUT_OF_REACH.includes(error.code)) {
      throw error;
    }
    log({ level: 'warn', message: 'former password not readable, so the user gets a new one', secretArn: predecessor, error: error.message });
    return undefined;
  }
}

async function readVersion(store: SecretStore, secretArn: string, selector: VersionSelector): Promise<UserVersion | undefined> {
  const stored = await store.tryRead(secretArn, selector);
  return stored && parseVersion(stored);
}

function parseVersion({ versionId, text }: StoredVersion): UserVersion | undefined {
  const value = parseObject(text);
  return typeof value.password === 'string' && typeof value.username === 'string'
    ? { versionId, value: value as LoginValue }
    : undefined;
}

/** The same declaration gives the same id, so a duplicate cannot make a second password; a renewal gives one of its own, which it finds again. */
function newVersionId({ physicalId, logins, contentOf, renewal }: UserSecretRequest, carried: UserVersion | undefined): string {
  const content = contentOf(carried?.value.username ?? logins[0]);
  return versionIdFor(physicalId, content, renewal === undefined ? carried?.versionId : `renewal:${renewal}`);
}

/** Shaped like a UUID, as Secrets Manager recommends. */
function versionIdFor(physicalId: string, content: LoginContent, origin: string | undefined): string {
  const identity = JSON.stringify([physicalId, Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1)), origin ?? null]);
  const hex = createHash('sha256').update(identity).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** 40 of 66 characters: 241 bits, none of which needs escaping anywhere. */
function newPassword(): string {
  return Array.from({ length: PASSWORD_LENGTH }, () => PASSWORD_ALPHABET[randomInt(PASSWORD_ALPHABET.length)]).join('');
}

function raise(error: Error): never {
  throw error;
}
