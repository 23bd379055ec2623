import type { FastifyRequest } from 'fastify';
import { destination as toFile, pino, type Logger, type LoggerOptions } from 'pino';
import { loggedError } from './logged-error';

/** Where lines go. */
export interface LogDestination {
  write(line: string): void;
  /** Writes what is held back. */
  flushSync?(): void;
}

/** Lines are written many at once, those of so many milliseconds: to write each by itself costs as much as the rest of a small request. */
const TOGETHER = 100;
const MOST_BYTES_TOGETHER = 4_096;
const WARN = 40;

/**
 * JSON lines; warnings and errors are written at once. Requests are logged by their route, without headers, and errors without
 * what people wrote: neither tokens nor texts are in the log. The address of the other end is the load balancer's: its own log has the caller's, under
 * the same trace id.
 */
export function createLog(service: string, level: string, destination: LogDestination = standardOutput()): Logger {
  const options: LoggerOptions = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: {
      req: (request: FastifyRequest) => ({ method: request.method, route: request.routeOptions?.url ?? 'none' }),
      err: (error: unknown) => loggedError(error),
    },
    hooks: {
      logMethod(args, method, severity) {
        method.apply(this, args);
        if (severity >= WARN) {
          destination.flushSync?.();
        }
      },
    },
  };
  return pino(options, destination);
}

function standardOutput(): LogDestination {
  const stream = toFile({ minLength: MOST_BYTES_TOGETHER, periodicFlush: TOGETHER });
  process.once('exit', () => stream.flushSync());
  return stream;
}
