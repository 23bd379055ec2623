import { CfnParameter, Fn, Lazy, Stack, Stage, type App, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { ApplicationListener, ApplicationLoadBalancer, ListenerAction } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { BackendCluster, FargateApi } from '../../src/fargate';
import { IngressJwt, PublicIngress, type IPublicIngress } from '../../src/ingress';
import { createVpc, developmentApp, IMAGE } from '../fargate/fixture';

const LISTENER = 'arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener/app/shared/50dc6c495c0c9188/f2f7dc8efc522ab2';
const BALANCER = 'arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/app/shared/50dc6c495c0c9188';
const JWT = IngressJwt.fromIssuer({ issuer: 'https://login.example.com', jwksEndpoint: 'https://login.example.com/keys' });

interface ImportOptions {
  readonly id?: string;
  readonly listenerArn?: string;
  readonly group?: string;
}

function importIngress(scope: Construct, vpc: ec2.IVpc, { id = 'Ingress', listenerArn = LISTENER, group = 'sg-1' }: ImportOptions = {}): IPublicIngress {
  return PublicIngress.fromPublicIngressAttributes(scope, id, {
    vpc,
    https: true,
    loadBalancer: ApplicationLoadBalancer.fromApplicationLoadBalancerAttributes(scope, `${id}Balancer`, { loadBalancerArn: BALANCER, securityGroupId: group }),
    listener: ApplicationListener.fromApplicationListenerAttributes(scope, `${id}Listener`, { listenerArn, securityGroup: ec2.SecurityGroup.fromSecurityGroupId(scope, `${id}Group`, group) }),
  });
}

function addApi(scope: Construct, vpc: ec2.IVpc, id = 'Api'): FargateApi {
  return new FargateApi(scope, id, { cluster: new BackendCluster(scope, `${id}Cluster`, { vpc }), image: IMAGE });
}

/** Every kind of route to an imported ingress. */
function addRoutes(ingress: IPublicIngress, stack: Stack, vpc: ec2.IVpc): void {
  const [api, next] = ['Api', 'Next'].map((id) => addApi(stack, vpc, id));
  ingress.addRoute('Api', { paths: ['/api/*'], target: api, jwt: JWT });
  ingress.addWeightedRoute('Both', { paths: ['/both/*'], targets: [{ target: api, weight: 9 }, { target: next, weight: 1 }], targetVerifiesTokens: true });
  ingress.addFixedResponse('Gone', { paths: ['/gone'], statusCode: 410 });
  ingress.addRedirect('Old', { paths: ['/old'], path: '/new', priority: 77 });
}

/** What EC2 and load balancers take once, and what follows from it. */
const TYPES = ['AWS::ElasticLoadBalancingV2::ListenerRule', 'AWS::ElasticLoadBalancingV2::TargetGroup', 'AWS::EC2::SecurityGroupIngress', 'AWS::EC2::SecurityGroupEgress'];

function namesOf(stack: Stack): Record<string, unknown> {
  const template = Template.fromStack(stack);
  return Object.fromEntries(TYPES.flatMap((type) => Object.entries(template.findResources(type)))
    .map(([id, { Type, Properties }]) => [id, Type === TYPES[0] ? (Properties as { Priority: number }).Priority : Type]));
}

function build(change: { app?: App; stage?: string; stackId?: string; stackProps?: StackProps; importId?: string; into?: string; listener?: (stack: Stack) => string } = {}): Record<string, unknown> {
  const { app = developmentApp(), stage, stackId = 'Backend', stackProps, importId, into, listener } = change;
  const stack = new Stack(stage === undefined ? app : new Stage(app, stage), stackId, stackProps);
  const vpc = createVpc(stack);
  addRoutes(importIngress(into === undefined ? stack : new Construct(stack, into), vpc, { id: importId, listenerArn: listener?.(stack) }), stack, vpc);
  return namesOf(stack);
}

describe('resources of an imported ingress', () => {
  test.each<[string, Parameters<typeof build>[0]]>([
    ['the import is renamed', { importId: 'Shared' }],
    ['the import moves below another construct', { into: 'Group' }],
  ])('keep their ids and priorities when %s', (_name, change) => {
    expect(build(change)).toEqual(build());
  });

  test.each<[string, (id: string) => (stack: Stack) => string]>([
    ['an export', () => () => Fn.importValue('Listener')],
    ['a value of Systems Manager', (id) => (stack) => StringParameter.fromStringParameterName(stack, `${id}Arn`, '/shared/listener').stringValue],
    ['a lazy value', () => () => Lazy.string({ produce: () => LISTENER })],
    ['an ARN for the stack', () => (stack) => stack.formatArn({ service: 'elasticloadbalancing', resource: 'listener/app/shared/50dc6c495c0c9188/f2f7dc8efc522ab2' })],
    ['a parameter', () => (stack) => new CfnParameter(stack, 'ListenerArn').valueAsString],
  ])('keep them where the listener is %s', (_name, listener) => {
    const [first, second] = ['Ingress', 'Shared'].map((importId) => build({ importId, listener: listener(importId) }));
    expect(second).toEqual(first);
  });

  test('keep their ids when the id of the stack changes and its name stays', () => {
    expect(Object.keys(build({ stackId: 'Renamed', stackProps: { stackName: 'Backend' } }))).toEqual(Object.keys(build()));
    expect(build({ stackId: 'Renamed', stackProps: { stackName: 'Backend' } })).toEqual(build());
  });

  test('keep their ids when the stack moves into a stage with its name', () => {
    expect(Object.keys(build({ stage: 'Prod', stackProps: { stackName: 'Backend' } })).sort()).toEqual(Object.keys(build()).sort());
  });

  test('get new ids with another listener', () => {
    const rulesOf = (names: Record<string, unknown>) => Object.keys(names).filter((id) => typeof names[id] === 'number');
    const [one, other] = [rulesOf(build()), rulesOf(build({ listener: () => LISTENER.replace('f2f7', 'aaaa') }))];
    expect(one.filter((id) => other.includes(id))).toEqual([]);
  });

  test('have other priorities in each stage and each copy, and the same ones at each synth', () => {
    const prioritiesOf = (change?: Parameters<typeof build>[0]) => Object.values(build(change)).filter((value): value is number => typeof value === 'number' && value !== 77).sort();
    const all = [{ stage: 'Dev' }, { stage: 'Prod' }, {}, { stackId: 'Copy' }].map(prioritiesOf);
    expect(new Set(all.flat()).size).toBe(12);
    expect(prioritiesOf()).toEqual(all[2]);
  });

  test('are of each listener alone, but for the rules of their one group', () => {
    const stack = new Stack(developmentApp(), 'Backend');
    const vpc = createVpc(stack);
    const target = addApi(stack, vpc);
    importIngress(stack, vpc).addRoute('Api', { paths: ['/api/*'], target, jwt: JWT });
    importIngress(stack, vpc, { id: 'Second', listenerArn: LISTENER.replace('f2f7', 'aaaa') }).addRoute('Api', { paths: ['/api/*'], target, jwt: JWT });
    const template = Template.fromStack(stack);
    template.resourceCountIs(TYPES[0], 2);
    template.resourceCountIs(TYPES[2], 1);
    template.resourceCountIs(TYPES[3], 2);
  });

  test('read keys by one rule, whichever stack has the first route', () => {
    const app = developmentApp();
    const [one, two] = ['One', 'Two'].map((id) => new Stack(app, id));
    const vpc = ec2.Vpc.fromVpcAttributes(one, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a', 'b'], publicSubnetIds: ['s-1', 's-2'], privateSubnetIds: ['s-3', 's-4'] });
    [one, two].forEach((stack) => importIngress(stack, vpc).addRoute('Api', { paths: [`/${stack.node.id}/*`], target: addApi(stack, vpc), jwt: JWT }));
    const keys = [one, two].map((stack) => Object.keys(Template.fromStack(stack).findResources(TYPES[3], { Properties: { CidrIp: '0.0.0.0/0', FromPort: 443, GroupId: 'sg-1' } })).length);
    expect(keys).toEqual([1, 0]);
    expect(two.dependencies).toContain(one);
  });
});

test('services that share a security group share the rule that lets an ingress out to it', () => {
  const stack = new Stack(developmentApp(), 'Backend');
  const vpc = createVpc(stack);
  const securityGroups = [new ec2.SecurityGroup(stack, 'Shared', { vpc })];
  const cluster = new BackendCluster(stack, 'Cluster', { vpc });
  const ingress = new PublicIngress(stack, 'Ingress', { vpc });
  ['A', 'B'].forEach((id) => ingress.addRoute(id, { paths: [`/${id}/*`], target: new FargateApi(stack, id, { cluster, image: IMAGE, securityGroups }) }));
  Template.fromStack(stack).resourcePropertiesCountIs(TYPES[3], { FromPort: 8080 }, 1);
});

describe('an ingress of another stack', () => {
  function buildTwo(ingressStack: string, stackProps?: StackProps, stage?: string): Record<string, unknown> {
    const app = developmentApp();
    const scope = stage === undefined ? app : new Stage(app, stage);
    const home = new Stack(scope, ingressStack, stackProps);
    const services = new Stack(scope, 'Services', stage === undefined ? {} : { stackName: 'Services' });
    const vpc = createVpc(home);
    new PublicIngress(home, 'Ingress', { vpc }).addRoute('Api', { target: addApi(services, vpc) });
    return namesOf(services);
  }

  test.each<[string, Parameters<typeof buildTwo>]>([
    ['gets another construct id and keeps its name', ['Renamed', { stackName: 'Home' }]],
    ['moves into a stage with its name', ['Home', { stackName: 'Home' }, 'Prod']],
  ])('leaves the rules of services as they are when its stack %s', (_name, change) => {
    expect(buildTwo(...change)).toEqual(buildTwo('Home'));
  });
});

describe('imports of one listener', () => {
  function importTwice(first: Stack, second: Stack, add: (ingress: IPublicIngress, stack: Stack, vpc: ec2.IVpc, index: number) => void, listenerArn?: string): string[] {
    [first, second].forEach((stack, index) => {
      const vpc = stack.node.tryFindChild('Vpc') as ec2.Vpc | undefined ?? createVpc(stack);
      add(importIngress(stack, vpc, { id: `Import${index}`, listenerArn }), stack, vpc, index);
    });
    const { root } = first.node;
    return root.node.findAll().filter((construct) => !(construct instanceof Stage)).flatMap(({ node }) => node.validate()).filter((message) => message.includes('IngressRoute.'));
  }

  const inStages = (): [Stack, Stack] => {
    const app = developmentApp();
    return [new Stack(new Stage(app, 'Dev'), 'Backend'), new Stack(new Stage(app, 'Prod'), 'Backend')];
  };
  const inOne = (): [Stack, Stack] => {
    const stack = new Stack(developmentApp(), 'Backend');
    return [stack, stack];
  };

  test('fail with one id of two routes in one stack', () => {
    expect(() => importTwice(...inOne(), (ingress, _stack, _vpc, index) => ingress.addFixedResponse('Gone', { paths: [`/${index}`], statusCode: 410 })))
      .toThrow(/'Backend\/Import0' imports the same listener in this stack and already has a route 'Gone'\./);
  });

  test('take routes with different ids in one stack', () => {
    expect(importTwice(...inOne(), (ingress, _stack, _vpc, index) => ingress.addFixedResponse(`Gone${index}`, { paths: [`/${index}`], statusCode: 410 }))).toEqual([]);
  });

  test('fail with one chosen priority in two stages', () => {
    expect(importTwice(...inStages(), (ingress, stack, vpc, index) => ingress.addRoute('Api', { hosts: [`s${index}.example.com`], target: addApi(stack, vpc), priority: 500 })))
      .toEqual([expect.stringMatching(/^Routes 'Api of Dev\/Backend\/Import0' and 'Api of Prod\/Backend\/Import1' both have priority 500.*Set `priority: 499`/)]);
  });

  test('take the same routes in two stages, whose hosts differ', () => {
    expect(importTwice(...inStages(), (ingress, stack, vpc, index) => ingress.addRoute('Api', { hosts: [`s${index}.example.com`], target: addApi(stack, vpc) }))).toEqual([]);
  });

  test('fail with routes of two stages that want the same requests', () => {
    expect(importTwice(...inStages(), (ingress, stack, vpc) => ingress.addRoute('Api', { target: addApi(stack, vpc) }))).toEqual([expect.stringContaining('IngressRoute.orderUndecided')]);
  });

  test('are not compared where an export may be another one in each stage', () => {
    expect(importTwice(...inStages(), (ingress, stack, vpc) => ingress.addRoute('Api', { target: addApi(stack, vpc), priority: 500 }), Fn.importValue('Listener'))).toEqual([]);
  });

  test('are compared where an export is one in both stacks', () => {
    const app = developmentApp();
    const env = { account: '111111111111', region: 'eu-west-1' };
    const stacks = ['One', 'Two'].map((id) => new Stack(app, id, { env })) as [Stack, Stack];
    expect(importTwice(...stacks, (ingress, _stack, _vpc) => ingress.addFixedResponse('Gone', { statusCode: 410, priority: 500 }), Fn.importValue('Listener'))).toHaveLength(1);
  });

  test('are compared with the ingress of the app that has the listener', () => {
    const stack = new Stack(developmentApp(), 'Backend');
    const vpc = createVpc(stack);
    const own = new PublicIngress(stack, 'Ingress', { vpc });
    own.addFixedResponse('Gone', { paths: ['/gone'], statusCode: 410, priority: 500 });
    PublicIngress.fromPublicIngressAttributes(stack, 'Import', { loadBalancer: own.loadBalancer, listener: own.listener }).addFixedResponse('Gone', { paths: ['/away'], statusCode: 410, priority: 500 });
    expect(stack.node.findAll().flatMap(({ node }) => node.validate())).toEqual([expect.stringMatching(/'Gone of Backend\/Ingress' and 'Gone of Backend\/Import' both have priority 500/)]);
  });

  test('are not compared before they were looked up', () => {
    const stack = new Stack(developmentApp(), 'Backend', { env: { account: '111111111111', region: 'eu-west-1' } });
    ['One', 'Two'].forEach((id) => {
      const loadBalancer = ApplicationLoadBalancer.fromLookup(stack, `${id}Balancer`, { loadBalancerTags: { name: id } });
      const listener = ApplicationListener.fromLookup(stack, `${id}Listener`, { loadBalancerTags: { name: id }, listenerPort: 443 });
      PublicIngress.fromPublicIngressAttributes(stack, id, { loadBalancer, listener }).addFixedResponse('Gone', { statusCode: 410, priority: id === 'One' ? 1000 : 1001 });
    });
    expect(stack.node.findAll().flatMap(({ node }) => node.validate()).filter((message) => message.includes('IngressRoute'))).toEqual([]);
  });
});

test('a listener that the app makes keeps the ids of its routes when the import is renamed', () => {
  const rulesOf = (id: string) => {
    const stack = new Stack(developmentApp(), 'Backend');
    const vpc = createVpc(stack);
    const loadBalancer = new ApplicationLoadBalancer(stack, 'Balancer', { vpc, internetFacing: true });
    const listener = loadBalancer.addListener('Http', { port: 80, open: true, defaultAction: ListenerAction.fixedResponse(404) });
    PublicIngress.fromPublicIngressAttributes(stack, id, { loadBalancer, listener }).addRoute('Api', { target: addApi(stack, vpc) });
    return namesOf(stack);
  };
  expect(rulesOf('Shared')).toEqual(rulesOf('Ingress'));
});
