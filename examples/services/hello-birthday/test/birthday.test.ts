import * as fc from 'fast-check';
import { birthdayIn, daysUntilBirthday, isBefore, parseDate, utcDate, type CalendarDate } from '../src/birthday';

const DAY = 86_400_000;
const iso = (instant: number) => new Date(instant).toISOString().slice(0, 10);
const pad = (value: number, length: number) => String(value).padStart(length, '0');
const text = ({ year, month, day }: CalendarDate) => `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;

/** Every month and day that a person can be born on, from the calendar of a leap year. */
const BIRTHDAYS = Array.from({ length: 366 }, (_, index) => iso(Date.UTC(2000, 0, 1 + index)).slice(5));

/** Counts backwards from the future, knowing only which days are celebrated. Nothing here is taken from the service. */
function countdowns(birthday: string, first: string, last: string): Map<string, number> {
  const answers = new Map<string, number>();
  let remaining = Number.NaN;
  for (let instant = Date.parse(last) + 366 * DAY; instant >= Date.parse(first); instant -= DAY) {
    const lastOfFebruary = iso(instant).endsWith('02-28') && iso(instant + DAY).endsWith('03-01');
    const celebrated = iso(instant).endsWith(birthday) || (birthday === '02-29' && lastOfFebruary);
    remaining = celebrated ? 0 : remaining + 1;
    answers.set(iso(instant), remaining);
  }
  return answers;
}

function expectRule(birthday: string, first: string, last: string) {
  const born = parseDate(`1996-${birthday}`)!;
  const expected = countdowns(birthday, first, last);
  const wrong: string[] = [];
  for (let instant = Date.parse(first); instant <= Date.parse(last); instant += DAY) {
    const days = daysUntilBirthday(born, utcDate(new Date(instant)));
    if (days !== expected.get(iso(instant))) {
      wrong.push(`born ${birthday}, on ${iso(instant)}: ${days} instead of ${expected.get(iso(instant))}`);
    }
  }
  expect(wrong).toEqual([]);
}

describe('the date rule', () => {
  test('holds for every birthday on every day of a leap cycle', () => {
    BIRTHDAYS.forEach((birthday) => expectRule(birthday, '2024-01-01', '2027-12-31'));
  });

  test('holds for every birthday around a century that is no leap year', () => {
    BIRTHDAYS.forEach((birthday) => expectRule(birthday, '2099-06-01', '2101-06-30'));
  });

  test.each(['02-28', '02-29', '03-01', '12-31', '01-01'])('holds for %s on every day of a whole Gregorian cycle of 400 years', (birthday) => {
    expectRule(birthday, '2000-01-01', '2399-12-31');
  });

  test('celebrates 29 February on the last day of February', () => {
    const born = parseDate('1996-02-29')!;
    expect(text(birthdayIn(2028, born))).toBe('2028-02-29');
    expect(text(birthdayIn(2027, born))).toBe('2027-02-28');
    expect(text(birthdayIn(2100, born))).toBe('2100-02-28');
    expect(daysUntilBirthday(born, parseDate('2028-02-28')!)).toBe(1);
  });

  test('never says less than 0 or more than 365 days', () => {
    const dates = fc.date({ min: new Date('1970-01-01'), max: new Date('2399-12-31'), noInvalidDate: true }).map(utcDate);
    fc.assert(fc.property(dates, dates, (born, today) => {
      const days = daysUntilBirthday(born, today);
      return Number.isInteger(days) && days >= 0 && days <= 365;
    }));
  });
});

describe('reading a date', () => {
  test('knows exactly the days that the calendar has', () => {
    const numbers = fc.tuple(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 0, max: 13 }), fc.integer({ min: 0, max: 32 }));
    fc.assert(fc.property(numbers, ([year, month, day]) => {
      const written = text({ year, month, day });
      const instant = Date.parse(`${written}T00:00:00Z`);
      const exists = !Number.isNaN(instant) && iso(instant) === written;
      expect(parseDate(written)).toEqual(exists ? { year, month, day } : undefined);
    }), { numRuns: 5_000, examples: [[[1, 1, 1]], [[99, 12, 31]], [[1900, 2, 29]], [[2000, 2, 29]], [[2023, 2, 29]]] });
  });

  test.each(['', '0000-01-01', '1990-6-1', '90-06-01', '1990-06-01 ', ' 1990-06-01', '1990-06-01T00:00:00Z', '1990/06/01', '+001990-06-01', '١٩٩٠-٠٦-٠١', '1990-06-01\n'])(
    'fails on %j', (written) => {
      expect(parseDate(written)).toBeUndefined();
    });

  test('orders days as time does', () => {
    const dates = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(fc.property(dates, dates, (first, second) => isBefore(utcDate(first), utcDate(second)) === (iso(+first) < iso(+second))));
  });
});
