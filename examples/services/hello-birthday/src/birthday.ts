/** A day of the proleptic Gregorian calendar. Months and days count from 1. */
export interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const MILLISECONDS_PER_DAY = 86_400_000;

/** Reads `YYYY-MM-DD`; undefined where no calendar has such a day. Year 0000 is none: PostgreSQL refuses it too. */
export function parseDate(text: string): CalendarDate | undefined {
  const match = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text);
  if (match === null) {
    return undefined;
  }
  const date = { year: Number(match[1]), month: Number(match[2]), day: Number(match[3]) };
  const exists = date.year >= 1 && date.month >= 1 && date.month <= 12 && date.day >= 1 && date.day <= daysInMonth(date.year, date.month);
  return exists ? date : undefined;
}

/** The calendar day in UTC at an instant. */
export function utcDate(instant: Date): CalendarDate {
  return { year: instant.getUTCFullYear(), month: instant.getUTCMonth() + 1, day: instant.getUTCDate() };
}

/** Whether the first day lies before the second. */
export function isBefore(first: CalendarDate, second: CalendarDate): boolean {
  return ordinal(first) < ordinal(second);
}

/**
 * The day on which someone celebrates in a year. Who was born on 29 February celebrates on the last day of February:
 * on the 29th in leap years, on the 28th in all others.
 */
export function birthdayIn(year: number, born: CalendarDate): CalendarDate {
  return { year, month: born.month, day: Math.min(born.day, daysInMonth(year, born.month)) };
}

/** Days from today to the next birthday, from 0 (today) to 365. */
export function daysUntilBirthday(born: CalendarDate, today: CalendarDate): number {
  const thisYear = birthdayIn(today.year, born);
  const next = isBefore(thisYear, today) ? birthdayIn(today.year + 1, born) : thisYear;
  return Math.round((utcMidnight(next) - utcMidnight(today)) / MILLISECONDS_PER_DAY);
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) {
    return isLeapYear(year) ? 29 : 28;
  }
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function ordinal(date: CalendarDate): number {
  return date.year * 10_000 + date.month * 100 + date.day;
}

function utcMidnight(date: CalendarDate): number {
  return Date.UTC(date.year, date.month - 1, date.day);
}
