import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from './errors';

const DAY = 24 * 60;
const WEEK = 7 * DAY;
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const DAILY = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/;
const WEEKLY = /^(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):([0-5]\d)-(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):([0-5]\d)$/i;

/** Two windows of one store, as its props have them. */
export interface StoreWindows {
  readonly preferredBackupWindow?: string;
  readonly preferredMaintenanceWindow?: string;
}

/** Minutes of a day or of a week, which begins on Monday; a window may go beyond its end. */
export interface Span {
  readonly start: number;
  readonly length: number;
}

/**
 * Refuses windows that the service would refuse in the deployment. Windows that are tokens pass.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html
 * @param leastMinutes length of the shortest window that the service takes
 */
export function validateWindows(scope: IConstruct, { preferredBackupWindow, preferredMaintenanceWindow }: StoreWindows, leastMinutes: number): void {
  const backup = readWindow(preferredBackupWindow, parseDaily, (given) => {
    throw new InvalidBackendError(scope, 'Props.dailyWindow', `\`preferredBackupWindow\` must be a time of day in UTC like '03:00-04:00', got '${given}'.`);
  });
  requireLength(scope, 'preferredBackupWindow', backup, leastMinutes);
  const maintenance = weeklyWindow(scope, 'preferredMaintenanceWindow', preferredMaintenanceWindow, leastMinutes);
  if (backup !== undefined && maintenance !== undefined && overlap(backup, maintenance)) {
    throw new InvalidBackendError(scope, 'Props.windowsOverlap', `\`preferredBackupWindow\` '${preferredBackupWindow}' and \`preferredMaintenanceWindow\` '${preferredMaintenanceWindow}' overlap. `
      + 'Backups are made every day, so use a maintenance window that ends before them or begins after them.');
  }
}

/** A time of week; nothing where it is a token. */
export function weeklyWindow(scope: IConstruct, name: string, window: string | undefined, leastMinutes: number): Span | undefined {
  const span = readWindow(window, parseWeekly, (given) => {
    throw new InvalidBackendError(scope, 'Props.weeklyWindow', `\`${name}\` must be a time of week in UTC like 'sun:04:00-sun:05:00', got '${given}'.`);
  });
  requireLength(scope, name, span, leastMinutes);
  return span;
}

/** Minute of a week as a cron expression, whose weeks begin on Sunday. */
export function cronOf(minute: number): string {
  const day = Math.floor((minute % WEEK) / DAY);
  return `${minute % 60} ${Math.floor((minute % DAY) / 60)} * * ${(day + 1) % DAYS.length}`;
}

function readWindow(window: string | undefined, parse: (text: string) => Span | undefined, refuse: (given: string) => never): Span | undefined {
  return window === undefined || Token.isUnresolved(window) ? undefined : parse(window) ?? refuse(window);
}

function parseDaily(text: string): Span | undefined {
  const match = DAILY.exec(text);
  return match === null ? undefined : spanOf(minutesOf(match[1], match[2]), minutesOf(match[3], match[4]), DAY);
}

function parseWeekly(text: string): Span | undefined {
  const match = WEEKLY.exec(text);
  return match === null ? undefined : spanOf(minutesOf(match[2], match[3], match[1]), minutesOf(match[5], match[6], match[4]), WEEK);
}

function minutesOf(hours: string, minutes: string, day = DAYS[0]): number {
  return DAYS.indexOf(day.toLowerCase()) * DAY + Number(hours) * 60 + Number(minutes);
}

function spanOf(start: number, end: number, circle: number): Span {
  return { start, length: (end - start + circle) % circle };
}

function requireLength(scope: IConstruct, name: string, span: Span | undefined, least: number): void {
  if (span !== undefined && span.length < least) {
    throw new InvalidBackendError(scope, 'Props.windowLength', `\`${name}\` must be at least ${least} minutes long, got ${span.length} minutes.`);
  }
}

/** On which day maintenance is does not matter, because every day has a backup. */
function overlap(daily: Span, weekly: Span): boolean {
  const after = (from: number, to: number) => (((to - from) % DAY) + DAY) % DAY;
  return after(weekly.start, daily.start) < weekly.length || after(daily.start, weekly.start) < daily.length;
}
