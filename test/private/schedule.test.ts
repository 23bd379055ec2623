import { Duration, Stack, TimeZone, Token } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { validateSchedule } from '../../src/private/schedule';

const check = (expressionString: string, timeZone?: TimeZone) => () => validateSchedule(new Stack(), '`schedule`', { expressionString, timeZone });

describe('cron expressions', () => {
  // The examples of the user guides of EventBridge Scheduler and Application Auto Scaling, and what the wildcards allow.
  test.each([
    '0 10 * * ? *', '15 12 * * ? *', '0 18 ? * MON-FRI *', '0 8 1 * ? *', '0/10 * ? * MON-FRI *', '0/5 8-17 ? * MON-FRI *', '15 10 ? * 6L 2026-2030', '30 6 ? * MON *',
    '0 9 ? * 2#1 *', '0 9 ? * FRI#5 *', '0 0 L * ? *', '0 0 15W * ? *', '0 0 LW * ? *', '0 0 L-3 * ? *', '0 0 1,15,L * ? *', '0 0 ? * L *', '*/15 0-23/2 * JAN-MAR,DEC ? *', '59 23 31 12 ? 2199',
    '0 0 1/3 * ? 1970', '0 0 ? 1 1,3,SAT *', '0 22-2 * * ? *', '0 3 ? * fri-mon *', '/5 * * * ? *',
  ])('take %s', (fields) => {
    expect(check(`cron(${fields})`)).not.toThrow();
  });

  test.each<[string, string, string]>([
    ['five fields', '0 3 * * *', "must have six fields.*got 5 in 'cron\\(0 3 \\* \\* \\*\\)'. Use for example 'cron\\(0 3 \\* \\* \\? \\*\\)'"],
    ['five fields with days of the week, which Unix counts from 0', '0 3 * * 1-5', "Use for example 'cron\\(0 3 \\? \\* MON-FRI \\*\\)'"],
    ['five fields with a Sunday, which is 0 and 7 in Unix', '0 3 * * 0,7', "Use for example 'cron\\(0 3 \\? \\* SUN,SUN \\*\\)'"],
    ['five fields with a day of the month', '30 4 1 * *', "Use for example 'cron\\(30 4 1 \\* \\? \\*\\)'"],
    ['five fields with both days, which nobody can translate', '30 4 1 * 1', "Use for example 'cron\\(0 3 \\* \\* \\? \\*\\)'"],
    ['seconds', '0 0 3 * * ? *', 'got 7 in'],
    ['no fields', '', 'got 1 in'],
    ['both day fields', '0 3 1 * MON *', "must have '\\?' as its day of month or as its day of week"],
    ['two stars as days', '0 3 * * * *', "got 'cron\\(0 3 \\* \\* \\* \\*\\)'. Use for example 'cron\\(0 3 \\* \\* \\? \\*\\)'"],
    ['a star beside a weekday', '0 3 * * MON *', "Use for example 'cron\\(0 3 \\? \\* MON \\*\\)'"],
    ['neither day field', '0 3 ? * ? *', "and not as both.*Use for example 'cron\\(0 3 \\* \\* \\? \\*\\)'"],
    ['minutes above 59', '60 3 * * ? *', "The minutes in.*must be from 0 to 59, such as '0' or '\\*/15', got '60'"],
    ['hours above 23', '0 24 * * ? *', "The hours in.*got '24'"],
    ['a range that leaves the hours', '0 20-24 * * ? *', "The hours in.*got '20-24'"],
    ['a day of month 0', '0 3 0 * ? *', "The day of month in.*got '0'"],
    ['a day of month 32', '0 3 32W * ? *', "The day of month in.*got '32W'"],
    ['a month 13', '0 3 1 13 ? *', "The month in.*1 to 12 or JAN to DEC.*got '13'"],
    ['a month of another language', '0 3 1 MAI ? *', "The month in.*got 'MAI'"],
    ['a whole name of a month', '0 3 1 JANUARY ? *', "got 'JANUARY'"],
    ['a day of week 0', '0 3 ? * 0 *', "The day of week in.*1 to 7 or SUN to SAT.*got '0'"],
    ['a sixth Monday', '0 3 ? * MON#6 *', "got 'MON#6'"],
    ['a year before 1970', '0 3 * * ? 1969', "The year in.*got '1969'"],
    ['a question mark that is no day', '? 3 * * ? *', "The minutes in.*got '\\?'"],
    ['a question mark in a list', '0 3 1,? * ? *', "got '1,\\?'"],
    ['a step of nothing', '0/0 3 * * ? *', "got '0/0'"],
    ['a step that is no number', '*/x 3 * * ? *', "got '\\*/x'"],
    ['an empty item', '0,,5 3 * * ? *', "got '0,,5'"],
    ['a negative number', '-5 3 * * ? *', "got '-5'"],
    ['a fraction', '0.5 3 * * ? *', "got '0.5'"],
    ['two ranges in one', '1-2-3 3 * * ? *', "got '1-2-3'"],
  ])('fails for %s', (_what, fields, message) => {
    expect(check(`cron(${fields})`)).toThrow(new RegExp(message));
  });

  test('that are suggested are right', () => {
    const given = ['0 3 * * *', '0 3 * * 1-5', '61 3 * * *', '30 4 1 * 1', '0 3 * * MON *', '0 3 1 * MON *', '* * * * *', '*/5 * * * 0', '@daily', '0 0 3 * * ? *'];
    for (const fields of given) {
      const [, suggested] = /Use for example '(.*?)'\./.exec(messageOf(`cron(${fields})`)) ?? [];
      expect(check(suggested)).not.toThrow();
    }
  });
});

describe('rates', () => {
  test.each(['1 minute', '5 minutes', '1 hour', '12 hours', '1 day', '365 days'])('take %s', (rate) => {
    expect(check(`rate(${rate})`)).not.toThrow();
  });

  test.each([
    ['5 minute', 'rate(5 minutes)'], ['1 minutes', 'rate(1 minute)'], ['1 hours', 'rate(1 hour)'], ['2 day', 'rate(2 days)'], ['0 minutes', 'rate(1 minute)'], ['30 seconds', 'rate(5 minutes)'],
    ['1.5 hours', 'rate(5 minutes)'], ['5', 'rate(5 minutes)'], ['', 'rate(5 minutes)'], ['1 week', 'rate(5 minutes)'], ['-1 days', 'rate(5 minutes)'], ['5minutes', 'rate(5 minutes)'],
  ])('fail for %s', (rate, meant) => {
    expect(messageOf(`rate(${rate})`)).toContain(`got 'rate(${rate})'. Use for example '${meant}'.`);
    expect(check(meant)).not.toThrow();
  });
});

describe('moments', () => {
  test.each(['2030-01-31T03:00:00', '2028-02-29T23:59:59'])('take %s', (moment) => {
    expect(check(`at(${moment})`)).not.toThrow();
  });

  test.each(['2030-01-31', '2030-01-31T03:00', '2030-01-31T03:00:00Z', '2030-02-30T03:00:00', '2027-02-29T00:00:00', '2030-13-01T00:00:00', '2030-01-31T24:00:00', '2030-01-31 03:00:00', 'tomorrow'])('fail for %s', (moment) => {
    expect(check(`at(${moment})`)).toThrow(/must be a date and a time without a time zone, such as 'at\(2030-01-31T03:00:00\)', got 'at\(/);
  });
});

test.each(['0 3 * * ? *', '@daily', 'every day', 'CRON(0 3 * * ? *)', 'cron(0 3 * * ? *', '', 'at 3'])('fails for %j, which is none of the three', (expression) => {
  expect(check(expression)).toThrow(/must be 'cron\(…\)', 'rate\(…\)' or 'at\(…\)'.*Use for example 'cron\(/);
});

describe('time zones', () => {
  test.each(['Etc/UTC', 'UTC', 'Europe/Berlin', 'Etc/GMT+9', 'US/Eastern', 'Asia/Kolkata', 'Asia/Calcutta', 'Europe/Kyiv', 'Pacific/Tahiti'])('take %s', (zone) => {
    expect(check('rate(1 hour)', TimeZone.of(zone))).not.toThrow();
  });

  test('take each that CDK names', () => {
    const zones = Object.values(TimeZone);
    expect(zones.length).toBeGreaterThan(300);
    zones.forEach((zone) => expect(check('rate(1 hour)', zone)).not.toThrow());
  });

  test.each([['Europe/Berln', 'Europe/Berlin'], ['europe/berlin', 'Europe/Berlin'], ['etc/utc', 'Etc/UTC'], ['+01:00', 'Europe/Berlin'], ['CEST', undefined], ['', undefined], ['Mars/Base', undefined]])('fail for %j', (zone, meant) => {
    expect(check('rate(1 hour)', TimeZone.of(zone))).toThrow(`such as '${meant ?? ''}`);
    expect(check('rate(1 hour)', TimeZone.of(zone))).toThrow(`got '${zone}'`);
  });
});

test('whatever CDK writes is taken, and so is what is known only in the deployment', () => {
  const token = Token.asString({ Ref: 'Hour' });
  const all = [
    ScheduleExpression.cron({ hour: '3', minute: '0', timeZone: TimeZone.EUROPE_BERLIN }), ScheduleExpression.cron({}), ScheduleExpression.cron({ weekDay: 'MON-FRI' }), ScheduleExpression.cron({ day: '1' }),
    ScheduleExpression.rate(Duration.minutes(1)), ScheduleExpression.rate(Duration.hours(36)), ScheduleExpression.at(new Date('2030-01-31T03:00:00.123Z')), ScheduleExpression.cron({ hour: token }),
    Schedule.cron({ weekDay: 'SUN', hour: '8' }), Schedule.rate(Duration.days(1)), Schedule.at(new Date('2030-01-31T03:00:00Z')), Schedule.expression(token), Schedule.cron({ minute: token }),
    ScheduleExpression.expression(`rate(${token} minutes)`, TimeZone.of(token)),
  ];
  all.forEach(({ expressionString, ...schedule }) => expect(check(expressionString, 'timeZone' in schedule ? schedule.timeZone : undefined)).not.toThrow());
});

function messageOf(expression: string): string {
  try {
    check(expression)();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}
