import { Duration, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { createCluster, IMAGE, TestBinding } from './fixture';
import { FargateApi, FargateWorker, ScheduledJob, type CommonServiceProps } from '../../src/fargate';
import { PublicIngress } from '../../src/ingress';

type Backend = ReturnType<typeof createCluster>;
type Kind = (backend: Backend, props?: Partial<CommonServiceProps>) => FargateApi | FargateWorker | ScheduledJob;

const api: Kind = ({ stack, cluster }, props) => new FargateApi(stack, 'Service', { cluster, image: IMAGE, ...props });
const KINDS: [string, Kind][] = [
  ['an API', api],
  ['a worker', ({ stack, cluster }, props) => new FargateWorker(stack, 'Service', { cluster, image: IMAGE, ...props })],
  ['a job', ({ stack, cluster }, props) => new ScheduledJob(stack, 'Service', { cluster, image: IMAGE, schedule: ScheduleExpression.cron({ hour: '3' }), ...props })],
];

/** Two secrets as one user of CDK would have them, whatever is made of them. */
function secretsOf(stack: Stack): { token: ecs.Secret; key: ecs.Secret } {
  const secret = (id: string) => ecs.Secret.fromSecretsManager(secretsmanager.Secret.fromSecretNameV2(stack, id, id));
  return { token: secret('Token'), key: secret('Key') };
}

interface Variables {
  readonly Environment?: { Name: string; Value: unknown }[];
  readonly Secrets?: { Name: string }[];
}

function containerOf(stack: Stack): Variables {
  const [task] = Object.values(Template.fromStack(stack).findResources('AWS::ECS::TaskDefinition') as Record<string, { Properties: { ContainerDefinitions: Variables[] } }>);
  return task.Properties.ContainerDefinitions[0];
}

/** In any order: a secret that comes later is granted later. */
function statementsOf(template: Template): string[] {
  const policies = Object.values(template.findResources('AWS::IAM::Policy') as Record<string, { Properties: { PolicyDocument: { Statement: unknown[] } } }>);
  return policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement).map((statement) => JSON.stringify(statement)).sort();
}

describe.each(KINDS)('%s', (_name, create) => {
  test('has the template of one that was made with the variables', () => {
    // GIVEN
    const [early, late] = [createCluster(), createCluster()];
    const [given, later] = [secretsOf(early.stack), secretsOf(late.stack)];
    create(early, { environment: { ZONE: 'z', MODE: 'm', ALPHA: 'a' }, secrets: { TOKEN: given.token, KEY: given.key } });

    // WHEN
    const service = create(late, { environment: { MODE: 'm' }, secrets: { TOKEN: later.token } });
    service.addEnvironment('ZONE', 'z');
    service.addEnvironment('ALPHA', 'a');
    service.addSecret('KEY', later.key);

    // THEN
    expect(containerOf(late.stack)).toEqual(containerOf(early.stack));
    const [before, after] = [early, late].map(({ stack }) => Template.fromStack(stack));
    expect(statementsOf(after)).toEqual(statementsOf(before));
    expect(Object.keys(after.toJSON().Resources as object)).toEqual(Object.keys(before.toJSON().Resources as object));
  });

  test('takes a variable with the same value once more', () => {
    const backend = createCluster();
    const { token } = secretsOf(backend.stack);
    const service = create(backend, { environment: { MODE: 'm' }, secrets: { TOKEN: token } });
    service.addEnvironment('MODE', 'm');
    service.addSecret('TOKEN', token);
    expect(containerOf(backend.stack).Secrets).toHaveLength(1);
  });

  test.each<[string, (service: ReturnType<Kind>, secrets: ReturnType<typeof secretsOf>) => void, RegExp]>([
    ['another value of a variable', (service) => service.addEnvironment('MODE', 'other'), /'MODE'.*environment.*addEnvironment\(\)/],
    ['a variable that is a secret', (service) => service.addEnvironment('TOKEN', 't'), /'TOKEN'.*secrets.*addEnvironment\(\)/],
    ['another secret', (service, { key }) => service.addSecret('TOKEN', key), /'TOKEN'.*secrets.*addSecret\(\)/],
    ['a variable of a binding', (service) => service.addEnvironment('QUEUE_URL', 'u'), /'QUEUE_URL'.*connectTo\[0\].*addEnvironment\(\)/],
    ['two values that come late', (service) => [1, 2].forEach((value) => service.addEnvironment('LATE', `${value}`)), /'LATE'/],
    ['what is no name', (service) => service.addEnvironment('1A', 'a'), /`addEnvironment\(\)` has '1A'/],
    ['no value', (service) => service.addEnvironment('A', undefined as unknown as string), /'A' in `addEnvironment\(\)` is undefined or null/],
  ])('fails for %s', (_what, add, message) => {
    const backend = createCluster();
    const secrets = secretsOf(backend.stack);
    const service = create(backend, { environment: { MODE: 'm' }, secrets: { TOKEN: secrets.token }, connectTo: [new TestBinding(() => ({ environment: { QUEUE_URL: 'q' } }))] });
    expect(() => add(service, secrets)).toThrow(message);
  });
});

test.each<[string, Kind, string]>([['PORT', KINDS[0][1], 'port'], ['STOP_TIMEOUT_SECONDS', KINDS[1][1], 'stopTimeout'], ['STOP_TIMEOUT_SECONDS', KINDS[2][1], 'stopTimeout']])('fails for %s, which follows from a prop', (name, create, prop) => {
  expect(() => create(createCluster()).addEnvironment(name, '1')).toThrow(new RegExp(`'${name}'.*'?${prop}`));
});

describe('the time that an API keeps connections', () => {
  const NAME = 'KEEP_ALIVE_TIMEOUT_SECONDS';
  const route = (idleTimeout: Duration, add: (service: FargateApi, stack: Stack) => void) => {
    const backend = createCluster();
    const service = api(backend) as FargateApi;
    new PublicIngress(backend.stack, 'Ingress', { vpc: backend.vpc, idleTimeout }).addRoute('Api', { target: service });
    add(service, backend.stack);
    return containerOf(backend.stack);
  };

  test('may be set after an ingress was', () => {
    const { Environment } = route(Duration.seconds(120), (service) => service.addEnvironment(NAME, '300'));
    expect(Environment).toEqual([{ Name: NAME, Value: '300' }, { Name: 'PORT', Value: '8080' }]);
  });

  test('may be a secret, which takes the place of the computed one', () => {
    const { Environment, Secrets } = route(Duration.seconds(120), (service, stack) => service.addSecret(NAME, secretsOf(stack).key));
    expect(Environment).toEqual([{ Name: 'PORT', Value: '8080' }]);
    expect(Secrets).toEqual([expect.objectContaining({ Name: NAME })]);
  });

  test('fails where an ingress keeps them for longer', () => {
    expect(() => route(Duration.seconds(120), (service) => service.addEnvironment(NAME, '120'))).toThrow(/'KEEP_ALIVE_TIMEOUT_SECONDS' to '120'.*120 seconds/s);
  });
});
