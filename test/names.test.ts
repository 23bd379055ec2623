import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as ts from 'typescript';
import * as library from '../src';
import { World } from './errors/world';
import { diagnosticsOf } from './support/compile';

const ROOT = resolve(__dirname, '..');

test('no public name is one of the aws-cdk-lib that is installed, the floor', () => {
  const output = execFileSync('node', ['.ci/check-names.mjs', 'node_modules/aws-cdk-lib'], { cwd: ROOT, encoding: 'utf8' });
  expect(output).toMatch(/^\d{3} names compared with \d{5} of aws-cdk-lib/);
});

/** The code of a guess, and what it gets: nothing, the compiler's word, or the word at synth that JavaScript and spread objects get. */
interface Guess {
  readonly code: string;
  readonly compiler?: RegExp;
  readonly synth?: RegExp;
}

const GUESSES: readonly Guess[] = [
  { code: "postgres.addUser('Api')" },
  { code: "new FargateApi(stack, 'Guess', { cluster, image, connectTo: [postgres] })", compiler: /IServiceBinding/, synth: /`connectTo: \[postgres\.addUser\('Guess'\)\]`/ },
  { code: "new FargateApi(stack, 'Guess', { cluster, image, connectTo: [cache] })", compiler: /IServiceBinding/, synth: /`connectTo: \[cache\.addUser\('Guess'\)\]`/ },
  { code: "new FargateApi(stack, 'Guess', { cluster, image, desiredCount: 2 })", compiler: /desiredCount/, synth: /`minTasks: 2` and `maxTasks: 2`/ },
  { code: "new PrivatePostgres(stack, 'Guess', { vpc, instanceType: new ec2.InstanceType('t4g.small') })", compiler: /instanceType/, synth: /`capacity: PostgresCapacity\.instance\(/ },
  { code: "new PrivatePostgres(stack, 'Guess', { vpc, engineVersion: rds.PostgresEngineVersion.VER_17 })", compiler: /'PostgresVersion'/ },
  { code: "new PublicIngress(stack, 'Guess', { vpc, domainNames: ['api.example.com'] })", compiler: /domainNames/, synth: /`domain: CustomDomain\.fromHostedZone\(/ },
  { code: "new PublicIngress(stack, 'Guess', { vpc, certificate: ingress })", compiler: /certificate/, synth: /`domain: CustomDomain\.fromCertificate\(/ },
  { code: "new NetworkIngress(stack, 'Guess', { vpc }).addRoute('Guess', { paths: ['/*'], target: api })", compiler: /paths/, synth: /routes by port only/ },
  { code: "ingress.addRoute('Guess', { path: '/*', target: api })", compiler: /Did you mean to write 'paths'/, synth: /`paths: \['\/\*'\]`/ },
  { code: 'monitoring.monitorService(api)' },
  { code: "new BackendMonitoring(stack, 'Guess', { email: 'ops@example.com' })", compiler: /email/, synth: /`monitoring\.alarmTopic\.addSubscription\(/ },
  { code: "bastion.addTunnel('Guess', { target: postgres }).connectCommand" },
  { code: "bastion.addTunnel('Guess', { target: postgres, port: 5432 })", compiler: /port/, synth: /`localPort: 5432`/ },
  { code: '(ingress.addRoute(\'Guess\', { paths: [\'/*\'], target: api }), api.url)' },
  { code: 'ingress.domainName' },
  { code: 'api.taskRole' },
  { code: "api.addEnvironment('LOG_LEVEL', 'debug')" },
];

const SCOPE = ['api', 'bastion', 'cache', 'cluster', 'image', 'ingress', 'monitoring', 'postgres', 'stack', 'vpc'] as const;

describe('what users of CDK try first', () => {
  const header = [
    'import { BackendMonitoring, FargateApi, NetworkIngress, PrivatePostgres, PublicIngress } from \'../src\';',
    'import * as ec2 from \'aws-cdk-lib/aws-ec2\';',
    'import * as rds from \'aws-cdk-lib/aws-rds\';',
    'import type { World } from \'./errors/world\';',
    `declare const { ${SCOPE.join(', ')} }: World;`.replace(/declare const \{ (.*) \}: World;/, (_, names: string) => names.split(', ').map((name) => `declare const ${name}: World['${name}'];`).join(' ')),
  ];
  let said: string[][] = [];

  beforeAll(() => {
    const found = diagnosticsOf([...header, ...GUESSES.map(({ code }, index) => `export const guess${index} = ${code};`)].join('\n'));
    expect(found.filter(({ line }) => line < header.length)).toEqual([]);
    said = GUESSES.map((_, index) => found.filter(({ line }) => line === header.length + index).map(({ message }) => message));
  });

  test.each(GUESSES.map((guess, index) => ({ ...guess, index })))('$code', ({ code, compiler, synth, index }) => {
    expect(said[index].join(' ')).toMatch(compiler ?? /^$/);
    if (synth !== undefined) {
      expect(() => run(code)).toThrow(synth);
    } else if (compiler === undefined) {
      expect(run(code)).not.toBe(null);
    }
  });
});

/** Runs a guess as JavaScript does, which no compiler has seen. */
function run(code: string): unknown {
  const world = new World(library.Posture.development());
  const names = [...SCOPE, 'ec2', 'ecs', 'rds', ...Object.keys(library)];
  const values = [...SCOPE.map((name) => (code.includes(name) ? world[name] : undefined)), ec2, ecs, rds, ...Object.values(library)];
  const javascript = ts.transpileModule(`(${code})`, { compilerOptions: { target: ts.ScriptTarget.ES2022 } }).outputText;
  return new Function(...names, `return ${javascript}`)(...values);
}
