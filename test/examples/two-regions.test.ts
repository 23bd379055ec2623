import { App, type Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { addHelloBirthday, type HelloBirthdayProps } from '../../examples/02-hello-birthday/hello-birthday';
import { Posture } from '../../src';
import { HardeningLevel } from '../../src/checks';
import { judge } from '../checks/hardening/judge';
import { findingsOf } from '../checks/reachability/support';

const ZONE = { hostedZoneId: 'Z00000000000EXAMPLE', zoneName: 'example.com' };

function build(props: HelloBirthdayProps = {}, posture = Posture.production()): { readonly app: App; readonly stacks: Record<string, Stack> } {
  const app = new App({ analyticsReporting: false });
  posture.applyTo(app);
  const stacks = addHelloBirthday(app, { account: '111122223333', hostedZone: ZONE, ...props });
  return { app, stacks: Object.fromEntries(stacks.map((stack) => [stack.node.id, stack])) };
}

const templates = new Map<string, Template>();

function template(id: string, props?: HelloBirthdayProps): Template {
  const key = JSON.stringify([id, props]);
  const found = templates.get(key) ?? Template.fromStack(build(props).stacks[id]);
  templates.set(key, found);
  return found;
}

const typesIn = (found: Template) => new Set(Object.values(found.toJSON().Resources as Record<string, { Type: string }>).map(({ Type }) => Type));

describe('the stacks of example 02', () => {
  test.each([
    ['development', {}, Posture.development(), ['HelloBirthday']],
    ['development with a managed database', { database: 'managed' }, Posture.development(), ['HelloBirthday']],
    ['production with a managed database', { database: 'managed' }, Posture.production(), ['HelloBirthday']],
  ])('are one in %s, which needs no account and no region', (_, props, posture, expected) => {
    const { stacks } = build({ ...props, account: undefined, hostedZone: posture.name === 'production' ? ZONE : undefined }, posture);
    expect(Object.entries(stacks).map(([id, { environment }]) => [id, environment])).toEqual(expected.map((id) => [id, 'aws://unknown-account/unknown-region']));
  });

  test('are one for each region in production', () => {
    const { stacks } = build();
    expect(Object.entries(stacks).map(([id, { environment }]) => [id, environment])).toEqual([
      ['HelloBirthday', 'aws://111122223333/eu-west-1'], ['HelloBirthdayRecovery', 'aws://111122223333/eu-central-1'],
    ]);
  });

  test('have another first region where the context names one', () => {
    expect(build({ region: 'eu-west-2' }).stacks.HelloBirthday.environment).toBe('aws://111122223333/eu-west-2');
  });

  test('are deployed in one order: the second region before the first one', () => {
    const { app } = build();
    const stack = (id: string) => app.synth().getStackByName(id);
    expect(stack('HelloBirthday').dependencies.map(({ id }) => id)).toContain('HelloBirthdayRecovery');
    expect(stack('HelloBirthdayRecovery').dependencies.map(({ id }) => id)).toEqual(['HelloBirthdayRecovery.assets']);
  });
});

describe('the second region', () => {
  test('is prepared, and runs nothing', () => {
    const prepared = template('HelloBirthdayRecovery');
    const types = typesIn(prepared);
    ['AWS::AutoScaling::AutoScalingGroup', 'AWS::EC2::Instance', 'AWS::ECS::Service', 'AWS::Route53::RecordSet', 'Custom::PostgresUser', 'Custom::Migration'].forEach((type) => expect(types).not.toContain(type));
    prepared.resourceCountIs('AWS::EC2::Volume', 3);
    prepared.resourceCountIs('AWS::EC2::NatGateway', 1);
    // What takes minutes or needs somebody's answer is there before.
    prepared.hasResourceProperties('AWS::CertificateManager::Certificate', { DomainName: 'api.example.com' });
  });

  test('has everything when it is active, and the database is made of the copy', () => {
    const active = template('HelloBirthdayRecovery', { active: 'true' });
    active.resourcePropertiesCountIs('AWS::AutoScaling::AutoScalingGroup', { MinSize: '1', MaxSize: '1' }, 3);
    active.hasResourceProperties('AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('^PostgresNode1Role') }],
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 's3:GetObject', Resource: { 'Fn::Join': ['', [{ 'Fn::GetAtt': [Match.stringLikeRegexp('^Replica'), 'Arn'] }, '/*']] } })]) },
    });
    active.resourceCountIs('AWS::ECS::Service', 1);
    active.resourceCountIs('Custom::Migration', 1);
    active.resourceCountIs('AWS::EC2::NatGateway', 3);
    active.hasOutput('ConnectCommand', Match.anyValue());
    const [first] = [template('HelloBirthday')].map((each) => Object.keys(each.toJSON().Outputs).sort());
    expect(Object.keys(active.toJSON().Outputs).sort()).toEqual(first);
  });

  test('loses nothing that was prepared when it becomes active', () => {
    const [before, after] = [undefined, 'true'].map((active) => template('HelloBirthdayRecovery', { active }).toJSON().Resources as Record<string, { Type: string }>);
    expect(Object.keys(before).filter((id) => after[id]?.Type !== before[id].Type)).toEqual([]);
  });

  test.each([['prepared', 'false'], ['active', 'true']])('refers to nothing of the first one while it is %s, which may be dead', (_, active) => {
    const { app } = build({ active });
    const { template: found, dependencies } = app.synth().getStackByName('HelloBirthdayRecovery');
    expect(JSON.stringify(found)).not.toMatch(/Fn::ImportValue|Fn::GetStackOutput|ExportsReader|ExportsWriter/);
    expect(dependencies.map(({ id }) => id)).toEqual(['HelloBirthdayRecovery.assets']);
  });

  test('changes nothing in the first one when it becomes active, nor takes anything back', () => {
    expect(template('HelloBirthday', { active: 'true' }).toJSON()).toEqual(template('HelloBirthday').toJSON());
  });

  test('is right for the checks when it is active', () => {
    expect(findingsOf(build({ active: 'true' }).app)).toEqual([]);
    expect(judge(build({ active: 'true' }).app, HardeningLevel.PRODUCTION).findings).toEqual([]);
  });

  test('has the network load balancer where the first one has it', () => {
    const name = (id: string) => template(id, { active: 'true', ingress: 'network' });
    ['HelloBirthday', 'HelloBirthdayRecovery'].forEach((id) => name(id).hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', { Scheme: 'internet-facing', Type: 'network' }));
  });
});

describe('the one name of both regions', () => {
  const recordIn = (id: string) => Object.values(template(id, { active: 'true' }).findResources('AWS::Route53::RecordSet'));

  test('has a record of each region, and that of the second one takes all requests from the first one', () => {
    const [first, second] = [recordIn('HelloBirthday'), recordIn('HelloBirthdayRecovery')];
    expect([first, second].map((records) => records.length)).toEqual([1, 1]);
    const identified = [...first, ...second].map(({ Properties: { Name, Type, HostedZoneId, SetIdentifier, Weight } }) => [Name, Type, HostedZoneId, SetIdentifier, Weight]);
    expect(identified).toEqual([
      ['api.example.com.', 'A', ZONE.hostedZoneId, 'eu-west-1', 0],
      ['api.example.com.', 'A', ZONE.hostedZoneId, 'eu-central-1', 1],
    ]);
  });

  test('follows no health check, so that a first region that comes back gets nothing', () => {
    [...recordIn('HelloBirthday'), ...recordIn('HelloBirthdayRecovery')].forEach(({ Properties }) => {
      expect(Properties).not.toHaveProperty('HealthCheckId');
      expect(Properties).not.toHaveProperty('Failover');
      expect(Properties.AliasTarget).not.toHaveProperty('EvaluateTargetHealth');
    });
  });

  test('moves when the service runs, not before', () => {
    const active = template('HelloBirthdayRecovery', { active: 'true' });
    const [service] = Object.keys(active.findResources('AWS::ECS::Service'));
    expect(recordIn('HelloBirthdayRecovery')[0].DependsOn).toEqual([service]);
  });

  test('is in no other record, which Route 53 would refuse beside one with an identifier', () => {
    const names = ['HelloBirthday', 'HelloBirthdayRecovery'].flatMap((id) => Object.values(template(id, { active: 'true' }).findResources('AWS::Route53::RecordSet')));
    expect(names.filter(({ Properties }) => Properties.SetIdentifier === undefined)).toEqual([]);
  });
});

describe('what is wrong in the context', () => {
  test.each<[string, HelloBirthdayProps, RegExp]>([
    ['an account that is missing', { account: undefined }, /Set '-c account=111122223333' with your own/],
    ['an active second region with a managed database', { active: 'true', database: 'managed' }, /'active' lets the second region take over, and only production with a self-hosted database has one/],
    ['a word that is neither true nor false', { active: 'yes' }, /'active' is 'false' or 'true', got 'yes'/],
    ['a zone that is missing', { hostedZone: undefined }, /the zone is missing\. Set '-c hostedZoneId=/],
    ['a zone without an id', { hostedZone: { ...ZONE, hostedZoneId: undefined as unknown as string } }, /the zone is missing/],
    ['a zone without a name', { hostedZone: { ...ZONE, zoneName: '' } }, /the zone is missing/],
    ['a first region that is the second one', { region: 'eu-central-1' }, /The copy of the backups is in the region of the cluster, 'eu-central-1'/],
    ['a database that there is not', { database: 'postgres' }, /'database' is 'self-hosted' or 'managed', got 'postgres'/],
    ['a load balancer that there is not', { ingress: 'gateway' }, /'ingress' is 'application' or 'network', got 'gateway'/],
    ['a repository without an owner', { repository: 'hello-birthday' }, /'repository' is .*got 'hello-birthday'/],
    ['a repository with the address before it', { repository: 'https://github.com/example/hello-birthday' }, /'repository' is/],
    ['a repository with a star', { repository: 'example/*' }, /'repository' is/],
  ])('fails for %s', (_, props, message) => {
    expect(() => build(props)).toThrow(message);
  });

  test('fails for an active second region in development', () => {
    expect(() => build({ active: 'true', hostedZone: undefined }, Posture.development())).toThrow(/only production with a self-hosted database has one/);
  });
});
