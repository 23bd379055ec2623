import { TimeZone, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { closest } from './closest';
import { type Refuse, refuseOf } from './errors';

/** A schedule of EventBridge Scheduler or of Application Auto Scaling. Both read the same expressions. */
export interface CheckedSchedule {
  readonly expressionString: string;
  readonly timeZone?: TimeZone;
}

/** One field of a cron expression. */
interface CronField {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** What the field takes, in words. */
  readonly takes: string;
  /** Names of the numbers from `min` on. */
  readonly words?: readonly string[];
  /** Days that have no number of their own: the last one, the nearest working day, the second Friday. */
  readonly days?: RegExp;
}

const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

/**
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
 * @see https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
 */
const FIELDS: readonly CronField[] = [
  { name: 'minutes', min: 0, max: 59, takes: "0 to 59, such as '0' or '*/15'" },
  { name: 'hours', min: 0, max: 23, takes: "0 to 23, such as '3' or '8-18'" },
  { name: 'day of month', min: 1, max: 31, takes: "1 to 31, such as '1' or 'L', or '?'", days: /^(L(-\d+)?W?|\d+W)$/i },
  { name: 'month', min: 1, max: 12, takes: "1 to 12 or JAN to DEC, such as '*' or 'JAN-MAR'", words: MONTHS },
  { name: 'day of week', min: 1, max: 7, takes: "1 to 7 or SUN to SAT, such as 'MON-FRI' or '6#1', or '?'", words: WEEKDAYS, days: /^(L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5]))$/i },
  { name: 'year', min: 1970, max: 2199, takes: "1970 to 2199, such as '*' or '2030'" },
];

const NIGHTLY = 'cron(0 3 * * ? *)';

/**
 * Refuses a schedule that AWS would refuse in the deployment. What is known only then passes.
 *
 * @param name what the user wrote, as messages name it
 */
export function validateSchedule(scope: IConstruct, name: string, { expressionString, timeZone }: CheckedSchedule): void {
  const refuse = refuseOf(scope);
  if (!Token.isUnresolved(expressionString)) {
    validateExpression(refuse, name, expressionString);
  }
  if (timeZone !== undefined && !Token.isUnresolved(timeZone.timezoneName)) {
    validateTimeZone(refuse, name, timeZone.timezoneName);
  }
}

function validateExpression(refuse: Refuse, name: string, expression: string): void {
  const [, kind, inner] = /^(cron|rate|at)\((.*)\)$/.exec(expression) ?? [];
  switch (kind) {
    case 'cron': return validateCron(refuse, name, inner.trim().split(/\s+/));
    case 'rate': return validateRate(refuse, name, inner);
    case 'at': return validateMoment(refuse, name, inner);
    default: return refuse('Props.schedule', `${name} must be 'cron(…)', 'rate(…)' or 'at(…)', got '${expression}'. Use for example '${suggestCron(expression.trim().split(/\s+/))}'.`);
  }
}

function validateCron(refuse: Refuse, name: string, fields: readonly string[]): void {
  const given = `'cron(${fields.join(' ')})'`;
  if (fields.length !== FIELDS.length) {
    refuse('Props.cronFields', `The cron expression of ${name} must have six fields: minutes, hours, day of month, month, day of week and year; got ${fields.length} in ${given}. Use for example '${suggestCron(fields)}'.`);
  }
  for (const [index, field] of FIELDS.entries()) {
    if (!fitsField(field, fields[index])) {
      refuse('Props.cronField', `The ${field.name} in the cron expression of ${name} must be from ${field.takes}, got '${fields[index]}' in ${given}.`);
    }
  }
  if ((fields[2] === '?') === (fields[4] === '?')) {
    refuse('Props.cronDays', `The cron expression of ${name} must have '?' as its day of month or as its day of week, and not as both, got ${given}. Use for example '${suggestCron(fields)}'.`);
  }
}

/** A list of values and ranges, each with or without a step, or a '?' alone. */
function fitsField(field: CronField, text: string): boolean {
  return text === '?' ? field.days !== undefined : text.split(',').every((item) => fitsRange(field, item) || fitsDay(field, item));
}

function fitsRange(field: CronField, item: string): boolean {
  const [, all, from, to, step] = /^(?:(\*)|([^-/]+)(?:-([^-/]+))?)?(?:\/(\d+))?$/.exec(item) ?? [];
  const isSomething = all !== undefined || from !== undefined || step !== undefined;
  return isSomething && [from, to].every((value) => value === undefined || fitsValue(field, value)) && Number(step ?? 1) >= 1;
}

function fitsDay({ min, max, days }: CronField, item: string): boolean {
  const [number] = /^\d+/.exec(item) ?? [];
  return days?.test(item) === true && (number === undefined || (Number(number) >= min && Number(number) <= max));
}

function fitsValue({ min, max, words = [] }: CronField, value: string): boolean {
  return /^\d+$/.test(value) ? Number(value) >= min && Number(value) <= max : words.includes(value.toUpperCase());
}

/** The cron expression that was probably meant: the five fields of Unix have no year and no '?', and number the days of the week from 0. */
function suggestCron(fields: readonly string[]): string {
  const [minutes, hours, day, month, weekday, year = '*'] = fields;
  if (fields.length < 5 || fields.length > 6) {
    return NIGHTLY;
  }
  const named = fields.length === 5 ? weekday.replace(/\d+/g, (number) => WEEKDAYS[Number(number) % WEEKDAYS.length]) : weekday;
  const days = isAny(weekday) ? [isAny(day) ? '*' : day, '?'] : isAny(day) ? ['?', named] : undefined;
  const meant = days === undefined ? [] : [minutes, hours, days[0], month, days[1], year];
  return meant.length > 0 && FIELDS.every((field, index) => fitsField(field, meant[index])) ? `cron(${meant.join(' ')})` : NIGHTLY;
}

function isAny(day: string): boolean {
  return day === '*' || day === '?';
}

function validateRate(refuse: Refuse, name: string, inner: string): void {
  const [, value, unit, plural] = /^\s*(\d+)\s+(minute|hour|day)(s?)\s*$/.exec(inner) ?? [];
  if (value === undefined || Number(value) < 1 || (Number(value) === 1) !== (plural === '')) {
    const amount = Math.max(1, Number(value ?? 5));
    const meant = `rate(${amount} ${unit ?? 'minute'}${amount === 1 ? '' : 's'})`;
    refuse('Props.rate', `The rate of ${name} must be '1 minute', '1 hour' or '1 day', or a whole number above 1 of 'minutes', 'hours' or 'days', got 'rate(${inner})'. Use for example '${meant}'.`);
  }
}

function validateMoment(refuse: Refuse, name: string, inner: string): void {
  const [, ...parts] = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(inner) ?? [];
  const [year, month, day, hour, minute, second] = parts.map(Number);
  const isMoment = parts.length > 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month) && hour <= 23 && minute <= 59 && second <= 59;
  if (!isMoment) {
    refuse('Props.moment', `The moment of ${name} must be a date and a time without a time zone, such as 'at(2030-01-31T03:00:00)', got 'at(${inner})'.`);
  }
}

function daysOf(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** AWS tells upper from lower case, and knows no offsets such as '+01:00'. */
function validateTimeZone(refuse: Refuse, name: string, given: string): void {
  const known = new Set([...Object.values(TimeZone).map(({ timezoneName }) => timezoneName), ...Intl.supportedValuesOf('timeZone')]);
  const meant = [...known].find((zone) => zone.toLowerCase() === given.toLowerCase()) ?? closest(given, known) ?? 'Europe/Berlin';
  if (!known.has(given) && (meant.toLowerCase() === given.toLowerCase() || !isAlias(given))) {
    refuse('Props.timeZone', `The time zone of ${name} must be a name of the IANA database, such as '${meant}', got '${given}'.`);
  }
}

/** Whether the database has the name for a zone that it now calls otherwise. */
function isAlias(zone: string): boolean {
  try {
    return /^[A-Z]/.test(zone) && new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
