import { readFileSync } from 'fs';
import { join } from 'path';
import { App, Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import * as fc from 'fast-check';
import { Egress, Posture, type PostureOverrides } from '../../src/posture';
import { POSTURE_DEVELOPMENT, POSTURE_PRODUCTION } from '../../src/posture/private/posture-values';

const FIELDS = Object.keys(POSTURE_PRODUCTION) as (keyof PostureOverrides)[];

/** For each field a valid value that neither posture has. */
const OVERRIDES: Required<PostureOverrides> = {
  maxAzs: 1,
  egress: Egress.vpcEndpoints(),
  flowLogs: true,
  restrictDefaultSecurityGroup: true,
  databaseInstanceType: ec2.InstanceType.of(ec2.InstanceClass.M7G, ec2.InstanceSize.XLARGE),
  cacheNodeType: ec2.InstanceType.of(ec2.InstanceClass.R7G, ec2.InstanceSize.XLARGE),
  auditRetention: Duration.days(90),
  multiAz: false,
  databaseAllocatedStorage: Size.gibibytes(50),
  backupRetention: Duration.days(1),
  fileBackups: true,
  restoreDrills: true,
  deletionProtection: false,
  terminationProtection: true,
  databaseRemovalPolicy: RemovalPolicy.RETAIN,
  removalPolicy: RemovalPolicy.RETAIN,
  databaseInsights: true,
  cloudwatchLogsExport: true,
  forceSsl: false,
  storageEncrypted: false,
  poolSize: 3,
  statementTimeout: Duration.minutes(2),
  idleInTransactionSessionTimeout: Duration.minutes(3),
  lockTimeout: Duration.seconds(1),
  minTasks: 3,
  rehearsal: true,
  maxTasks: 30,
  containerInsights: true,
  logRetention: logs.RetentionDays.TEN_YEARS,
  requireHttps: true,
  waf: true,
  accessLogs: true,
  loadBalancerDeletionProtection: true,
  bastionSubnetType: ec2.SubnetType.PRIVATE_ISOLATED,
  sessionLogging: true,
  alarms: true,
};

function value(posture: Posture, field: keyof PostureOverrides): unknown {
  return (posture as unknown as Record<string, unknown>)[field];
}

describe('the table', () => {
  const documentation = readFileSync(join(__dirname, '..', '..', 'docs', 'posture.md'), 'utf8');
  const classDocumentation = readFileSync(join(__dirname, '..', '..', 'src', 'posture', 'posture.ts'), 'utf8').replace(/^ \* ?/gm, '');

  function rows(text: string): string[][] {
    const [, table] = /\| field \| development \| production \| why \|\n\|---\|---\|---\|---\|\n((?:\|.*\n)+)/.exec(text)!;
    return table.trim().split('\n').map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
  }

  function written(field: keyof PostureOverrides, actual: unknown): string {
    if (actual instanceof Egress) {
      const name = actual.kind.replace(/-(.)/g, (_match, letter: string) => letter.toUpperCase());
      return actual.perAz ? `${name} per zone` : name;
    }
    if (actual instanceof Duration) {
      return actual.toHumanString().replace(/^1 minute$/, '60 seconds');
    }
    if (actual instanceof Size) {
      return `${actual.toGibibytes()} GiB`;
    }
    return field === 'logRetention' ? `${actual} days` : String(actual).toLowerCase();
  }

  test('in the guide has every field once, in the order of the code', () => {
    expect(rows(documentation).map(([field]) => field)).toEqual(FIELDS.map((field) => `\`${field}\``));
  });

  test.each(FIELDS.map((field, index) => [field, index] as const))('in the guide says what %s is', (field, index) => {
    const [, development, production, why] = rows(documentation)[index];
    expect(development).toBe(written(field, value(Posture.development(), field)));
    expect(production).toBe(written(field, value(Posture.production(), field)));
    expect(why.length).toBeGreaterThan(10);
  });

  test('in the class documentation is the same', () => {
    expect(rows(classDocumentation)).toEqual(rows(documentation));
  });
});

describe('an override', () => {
  test.each(FIELDS)('of %s holds in both postures', (field) => {
    // Where a field alone would contradict another, the other is set as well.
    const companions: PostureOverrides = { maxAzs: { multiAz: false }, minTasks: { maxTasks: 30 } }[field as string] ?? {};
    const override = { ...companions, [field]: OVERRIDES[field] };
    expect(value(Posture.development(override), field)).toBe(OVERRIDES[field]);
    expect(value(Posture.production(override), field)).toBe(OVERRIDES[field]);
  });

  test('of any set of fields changes these and no other', () => {
    const safe = FIELDS.filter((field) => !['maxAzs', 'minTasks'].includes(field));
    fc.assert(fc.property(fc.subarray(safe), fc.boolean(), (fields, production) => {
      // GIVEN
      const overrides = Object.fromEntries(fields.map((field) => [field, OVERRIDES[field]])) as PostureOverrides;

      // WHEN
      const posture = production ? Posture.production(overrides) : Posture.development(overrides);

      // THEN
      const base = production ? POSTURE_PRODUCTION : POSTURE_DEVELOPMENT;
      for (const field of FIELDS) {
        expect(value(posture, field)).toBe(fields.includes(field) ? OVERRIDES[field] : base[field]);
      }
    }));
  });

  test('that is undefined changes nothing, as languages without optional fields send it', () => {
    const overrides = Object.fromEntries(FIELDS.map((field) => [field, undefined])) as PostureOverrides;
    FIELDS.forEach((field) => expect(value(Posture.production(overrides), field)).toBe(POSTURE_PRODUCTION[field]));
  });

  test('of any storage, backup and task count is taken or refused, never half', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: -1, max: 6000 }), fc.integer({ min: -1, max: 6000 }), (days, minTasks, maxTasks) => {
      const make = () => Posture.development({ backupRetention: Duration.days(days), minTasks, maxTasks });
      const valid = days <= 35 && minTasks >= 1 && maxTasks >= minTasks && maxTasks <= 5000;
      if (valid) {
        expect(make()).toMatchObject({ minTasks, maxTasks });
      } else {
        expect(make).toThrow(/\(in Posture\.development\(\)\)/);
      }
    }));
  });
});

describe('a wrong combination', () => {
  const WRONG: [string, PostureOverrides, string][] = [
    ['no zone', { maxAzs: 0 }, '`maxAzs` must be 1, 2 or 3, got 0.'],
    ['four zones', { maxAzs: 4 }, '`maxAzs` must be 1, 2 or 3, got 4.'],
    ['half a zone', { maxAzs: 1.5 }, '`maxAzs` must be 1, 2 or 3, got 1.5.'],
    ['a standby in the only zone', { maxAzs: 1 }, '`multiAz` needs two availability zones, and `maxAzs` is 1.'],
    ['backups of 36 days', { backupRetention: Duration.days(36) }, '`backupRetention` must be a whole number of days from 0 to 35, got 36 days.'],
    ['backups of a day and a half', { backupRetention: Duration.hours(36) }, 'got 1.5 days.'],
    ['too little storage', { databaseAllocatedStorage: Size.gibibytes(19) }, '`databaseAllocatedStorage` must be from 20 to 65536 GiB, got 19 GiB.'],
    ['storage of half a gibibyte too much', { databaseAllocatedStorage: Size.mebibytes(20_992) }, 'got 20.5 GiB.'],
    ['too much storage', { databaseAllocatedStorage: Size.tebibytes(65) }, '`databaseAllocatedStorage` must be from 20 to 65536 GiB'],
    ['an instance that RDS has not', { databaseInstanceType: new ec2.InstanceType('t4g.nano') }, '`databaseInstanceType` must be a size that RDS has, from micro, got t4g.nano.'],
    ['an audit for half a day', { auditRetention: Duration.hours(12) }, '`auditRetention` must be a whole number of days, at least 1, got 0.5 days.'],
    ['a cache node that ElastiCache has not', { cacheNodeType: new ec2.InstanceType('t4g.nano') }, '`cacheNodeType` must be a size that ElastiCache has, from micro, got t4g.nano.'],
    ['snapshots of what has none', { removalPolicy: RemovalPolicy.SNAPSHOT }, '`removalPolicy` must be DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE, got SNAPSHOT, because'],
    ['protection of what is to be destroyed', { databaseRemovalPolicy: RemovalPolicy.DESTROY }, '`deletionProtection` is true and `databaseRemovalPolicy` is DESTROY, which contradict each other.'],
    ['no task', { minTasks: 0 }, '`minTasks` must be at least 1'],
    ['fewer tasks at most than at least', { minTasks: 4, maxTasks: 3 }, 'got `minTasks` 4 and `maxTasks` 3.'],
    ['more tasks than a service may have', { maxTasks: 5001 }, 'to 5000, got `minTasks` 2 and `maxTasks` 5001.'],
    ['half a task', { minTasks: 1.5 }, '`minTasks` must be at least 1'],
    ['no connection', { poolSize: 0 }, '`poolSize` must be a whole number of at least 1, got 0.'],
    ['no statement timeout', { statementTimeout: Duration.millis(0) }, '`statementTimeout` must be from 1 millisecond to 24 days, got 0 milliseconds.'],
    ['a timeout that overflows', { idleInTransactionSessionTimeout: Duration.days(25) }, '`idleInTransactionSessionTimeout` must be from 1 millisecond to 24 days'],
    ['no lock timeout', { lockTimeout: Duration.seconds(0) }, '`lockTimeout` must be from 1 millisecond'],
  ];

  test.each(WRONG)('fails: %s', (_name, overrides, message) => {
    expect(() => Posture.production(overrides)).toThrow(message);
    expect(() => Posture.production(overrides)).toThrow(/\(in Posture\.production\(\)\) \[cdk-private-backend:Posture\./);
  });
});

describe('applyTo', () => {
  test('holds for the scope and everything below it', () => {
    const app = new App();
    const posture = Posture.development();
    posture.applyTo(app);
    expect(Posture.of(new Construct(new Stack(app, 'Stack'), 'Api'))).toBe(posture);
    expect(Posture.of(app)).toBe(posture);
  });

  test('lets the nearest one win', () => {
    // GIVEN
    const app = new App();
    const [all, one, part] = [Posture.development(), Posture.production(), Posture.development({ poolSize: 7 })];
    all.applyTo(app);
    const stack = new Stack(app, 'Stack');
    one.applyTo(stack);
    const construct = new Construct(stack, 'Part');
    part.applyTo(construct);

    // THEN
    expect(Posture.of(new Construct(construct, 'Inside'))).toBe(part);
    expect(Posture.of(new Construct(stack, 'Beside'))).toBe(one);
    expect(Posture.of(new Stack(app, 'Other'))).toBe(all);
  });

  test('of a part works after a sibling has read its own', () => {
    const app = new App();
    Posture.production().applyTo(app);
    Posture.of(new Stack(app, 'First'));
    const second = new Stack(app, 'Second');
    expect(() => Posture.development().applyTo(second)).not.toThrow();
  });

  test('fails when something below has read a posture already', () => {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    Posture.of(new Construct(stack, 'Api'));
    expect(() => Posture.development().applyTo(app)).toThrow("'Stack/Api' was created before this posture was applied");
    expect(() => Posture.development().applyTo(stack)).toThrow("'Stack/Api' was created before this posture was applied");
  });

  test('fails when something below has read the posture of an ancestor already', () => {
    const app = new App();
    Posture.production().applyTo(app);
    const stack = new Stack(app, 'Stack');
    Posture.of(new Construct(stack, 'Api'));
    expect(() => Posture.development().applyTo(stack)).toThrow("'Stack/Api' was created before this posture was applied, and uses another one. Call `applyTo()` before you create constructs. (at 'Stack')");
  });

  test('fails the second time on the same scope, also with the same posture', () => {
    const app = new App();
    const posture = Posture.development();
    posture.applyTo(app);
    expect(() => posture.applyTo(app)).toThrow('A posture was already applied here.');
    expect(() => Posture.production().applyTo(app)).toThrow('A posture was already applied here.');
  });

  test('can be used for several scopes', () => {
    const app = new App();
    const posture = Posture.development();
    const stacks = [new Stack(app, 'One'), new Stack(app, 'Two')];
    stacks.forEach((stack) => posture.applyTo(stack));
    stacks.forEach((stack) => expect(Posture.of(stack)).toBe(posture));
  });

  test('is seen by another copy of the library in the same process', () => {
    // GIVEN
    const app = new App();
    Posture.development({ poolSize: 9 }).applyTo(app);

    // WHEN
    let copy: typeof Posture | undefined;
    jest.isolateModules(() => {
      copy = jest.requireActual<{ Posture: typeof Posture }>('../../src/posture').Posture;
    });

    // THEN
    expect(copy).not.toBe(Posture);
    expect(copy!.of(app).poolSize).toBe(9);
  });
});

describe('appliedTo', () => {
  test('is the nearest', () => {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    const [development, production] = [Posture.development(), Posture.production()];
    development.applyTo(app);
    production.applyTo(stack);
    expect([app, stack, new Construct(stack, 'Part')].map((scope) => Posture.appliedTo(scope))).toEqual([development, production, production]);
  });

  test('is none where none was applied, warns nobody, and one may be applied afterwards', () => {
    const stack = new Stack(new App(), 'Stack');
    expect(Posture.appliedTo(stack)).toBeUndefined();
    const development = Posture.development();
    development.applyTo(stack);
    expect(Posture.appliedTo(stack)).toBe(development);
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });
});

describe('where no posture was applied', () => {
  test('production holds, with one warning for each stack', () => {
    // GIVEN
    const app = new App();
    const stacks = [new Stack(app, 'One'), new Stack(app, 'Two')];

    // WHEN
    const postures = stacks.flatMap((stack) => [Posture.of(new Construct(stack, 'A')), Posture.of(new Construct(stack, 'B'))]);

    // THEN
    expect(postures.map(({ name }) => name)).toEqual(['production', 'production', 'production', 'production']);
    for (const stack of stacks) {
      expect(Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('No posture was applied, so this stack uses production defaults'))).toHaveLength(1);
    }
  });

  test('the warning can be acknowledged', () => {
    const stack = new Stack(new App(), 'Stack');
    Posture.of(stack);
    expect(stack.node.metadata.map(({ data }) => String(data)).join()).toContain('[ack: cdk-private-backend:Posture.notApplied]');
  });

  test('there is no warning where one was', () => {
    const app = new App();
    Posture.production().applyTo(app);
    const stack = new Stack(app, 'Stack');
    Posture.of(stack);
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  });
});
