import { LRUCache } from 'lru-cache';
import type { ApiConfig } from './config';
import { UnavailableError } from './unavailable';

/** Who is at the other end. */
export interface Session {
  readonly userId: string;
}

export interface Sessions {
  /** The session of an access token; undefined where it has none, or none any more. */
  verify(accessToken: string): Promise<Session | undefined>;
}

interface Verified {
  readonly status: string;
  readonly session?: { readonly userId: string; readonly expiryTime?: number };
}

const TIMEOUT = 3_000;
const MOST_SESSIONS = 10_000;

/**
 * Sessions as the core of SuperTokens verifies them, in its database, so that a revoked one is refused. The answer is used for a few seconds.
 *
 * @see https://supertokens.com/docs/cdi
 */
export function supertokensSessions(config: Pick<ApiConfig, 'supertokensUrl' | 'supertokensApiKey' | 'sessionCache'>): Sessions {
  const ask = async (accessToken: string): Promise<Verified> => {
    const response = await fetch(`${config.supertokensUrl}/recipe/session/verify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'api-key': config.supertokensApiKey, 'cdi-version': '5.1' },
      body: JSON.stringify({ accessToken, enableAntiCsrf: false, doAntiCsrfCheck: false, checkDatabase: true }),
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (!response.ok) {
      throw new Error(`SuperTokens answered ${response.status}`);
    }
    return await response.json() as Verified;
  };
  const verify = async (accessToken: string): Promise<Verified> => ask(accessToken).catch((error) => { throw new UnavailableError('The session check', error); });
  // A ttl of 0 would mean for ever.
  const cache = new LRUCache<string, Session>({
    max: MOST_SESSIONS,
    ttl: Math.max(1, config.sessionCache),
    fetchMethod: async (accessToken, _stale, { options }) => {
      const { status, session } = await verify(accessToken);
      if (status !== 'OK' || session === undefined) {
        return undefined;
      }
      options.ttl = Math.max(1, Math.min(config.sessionCache, (session.expiryTime ?? Infinity) - Date.now()));
      return { userId: session.userId };
    },
  });
  return { verify: async (accessToken) => cache.get(accessToken) ?? cache.fetch(accessToken) };
}
