import { CfnResource, NestedStack, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { createVpc, developmentApp, IMAGE, TestBinding } from './fixture';
import { BackendCluster, DiscoveryNamespace, FargateApi, FargateWorker, ScheduledJob, ServiceBinding, type ServiceBindingConfig } from '../../src';

function backend(app = developmentApp()): { stack: Stack; cluster: BackendCluster; api: (id: string, scope?: Construct) => FargateApi } {
  const stack = new Stack(app, 'Backend');
  const cluster = new BackendCluster(stack, 'Cluster', { vpc: createVpc(stack), serviceDiscovery: DiscoveryNamespace.privateDns('backend.internal') });
  return { stack, cluster, api: (id, scope = stack) => new FargateApi(scope, id, { cluster, image: IMAGE }) };
}

/** Something whose resource needs a service first. */
class Needing extends Construct {
  public readonly resource: CfnResource;

  constructor(scope: Construct, id: string, properties: object) {
    super(scope, id);
    this.resource = new CfnResource(this, 'Resource', { type: 'Custom::Needing', properties: { ...properties } });
  }

  public bindToService(): ServiceBindingConfig {
    return { environment: { NEEDING: this.resource.ref }, sidecars: { Needing: { image: IMAGE } } };
  }
}

describe('services that wait for each other', () => {
  test('fail, with the paths of both and a way out', () => {
    const { stack, api } = backend();
    const [orders, users] = [api('Orders'), api('Users')];
    orders.connectTo(users);
    users.connectTo(orders);
    expect(() => Template.fromStack(stack)).toThrow(/'Backend\/Orders' waits for 'Backend\/Users', which waits for 'Backend\/Orders', and CloudFormation can't create either of them first. Remove a connection, or use `ServiceBinding\.withoutWaiting\(other\)`[^]*Service\.circularWait/);
  });

  test('fail once for each circle, also a long one', () => {
    const { stack, api } = backend();
    const services = ['A', 'B', 'C', 'D'].map((id) => api(id));
    services.forEach((service, index) => service.connectTo(services[(index + 1) % services.length]));
    const [pair, other] = [api('E'), api('F')];
    pair.connectTo(other);
    other.connectTo(pair);
    expect(stack.node.validate().map((message) => message.split(', and')[0])).toEqual([
      "'Backend/A' waits for 'Backend/B', which waits for 'Backend/C', which waits for 'Backend/D', which waits for 'Backend/A'",
      "'Backend/E' waits for 'Backend/F', which waits for 'Backend/E'",
    ]);
  });

  test('fail through a construct that needs the one and is needed by the other, whatever the reference', () => {
    for (const property of ['Ref', 'Fn::GetAtt', 'Fn::Sub']) {
      const { stack, api } = backend();
      const [orders, users] = [api('Orders'), api('Users')];
      const id = stack.resolve((users.service.node.defaultChild as CfnResource).logicalId) as string;
      const value = { 'Ref': { Ref: id }, 'Fn::GetAtt': { 'Fn::GetAtt': [id, 'Name'] }, 'Fn::Sub': { 'Fn::Sub': `x/\${${id}.Name}` } }[property];
      orders.connectTo(new Needing(stack, 'Needing', { value }));
      users.connectTo(orders);
      expect(stack.node.validate()).toEqual([expect.stringContaining("'Backend/Orders' waits for 'Backend/Needing', which waits for 'Backend/Users', which waits for 'Backend/Orders', and")]);
    }
  });

  test('fail with a job among them', () => {
    const { stack, cluster } = backend();
    const job = new ScheduledJob(stack, 'Job', { cluster, image: IMAGE, schedule: ScheduleExpression.cron({ hour: '3', minute: '0' }) });
    const after = new Needing(stack, 'After', {});
    after.node.addDependency(job);
    job.connectTo(after);
    expect(() => Template.fromStack(stack)).toThrow(/'Backend\/Job' waits for 'Backend\/After', which waits for 'Backend\/Job'/);
  });

  test('fail in two stacks at once, by the order of the stacks', () => {
    const app = developmentApp();
    const { api } = backend(app);
    const [orders, users] = [api('Orders', new Stack(app, 'One')), api('Users', new Stack(app, 'Two'))];
    orders.connectTo(users);
    expect(() => users.connectTo(orders)).toThrow(/its stack 'One' depends on this stack 'Two'[^]*Stack\.circularDependency/);
  });

  test('fail in two nested stacks', () => {
    const { stack, api } = backend();
    const [orders, users] = [api('Orders', new NestedStack(stack, 'One')), api('Users', new NestedStack(stack, 'Two'))];
    orders.connectTo(users);
    users.connectTo(orders);
    expect(() => Template.fromStack(stack)).toThrow(/'Backend\/One' waits for 'Backend\/Two', which waits for 'Backend\/One'[^]*Service\.circularWait/);
  });
});

describe('services that call each other', () => {
  test('are fine where one does not wait: both have the URL, and both ways are open', () => {
    // GIVEN
    const { stack, api } = backend();
    const [orders, users] = [api('Orders'), api('Users')];

    // WHEN
    orders.connectTo(users);
    users.connectTo(ServiceBinding.withoutWaiting(orders));

    // THEN
    const template = Template.fromStack(stack);
    const services = Object.entries(template.findResources('AWS::ECS::Service')) as [string, { DependsOn: string[] }][];
    const waits = services.flatMap(([id, { DependsOn }]) => services.filter(([other]) => DependsOn.includes(other)).map(([other]) => [id, other].map((each) => each.slice(0, 5))));
    expect(waits).toEqual([['Order', 'Users']]);
    const variables = JSON.stringify(template.findResources('AWS::ECS::TaskDefinition'));
    expect(variables).toContain('http://users.backend.internal:8080');
    expect(variables).toContain('http://orders.backend.internal:8080');
    template.resourcePropertiesCountIs('AWS::EC2::SecurityGroupIngress', { FromPort: 8080, ToPort: 8080 }, 2);
  });

  test('are fine in a row', () => {
    const { stack, api, cluster } = backend();
    const [orders, users] = [api('Orders'), api('Users')];
    orders.connectTo(users);
    new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, connectTo: [orders, users, new TestBinding(() => ({}))] });
    expect(stack.node.validate()).toEqual([]);
    expect(() => Template.fromStack(stack)).not.toThrow();
  });
});
