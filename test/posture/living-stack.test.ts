import { App, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import { SsmBastion } from '../../src/access';
import { BackendNetwork } from '../../src/network';
import { Egress, Posture } from '../../src/posture';
import { losses, replacements, resourcesOf, synthesizeWith } from '../support/living-stack';

function build(app: App) {
  const stack = new Stack(app, 'Backend');
  const { vpc } = new BackendNetwork(stack, 'Network');
  new SsmBastion(stack, 'Bastion', { vpc });
}

const EGRESSES = [Egress.publicIp(), Egress.natInstance(), Egress.natGateway(), Egress.natGateway({ perAz: true }), Egress.vpcEndpoints()];

describe('a living stack', () => {
  const development = synthesizeWith(Posture.development(), build);
  const production = synthesizeWith(Posture.production(), build);

  test('loses nothing with data and no subnet when it becomes production', () => {
    expect(losses(development, production)).toEqual([]);
  });

  test('loses nothing with data and no subnet when it becomes development', () => {
    expect(losses(production, development)).toEqual([]);
  });

  test('replaces the bastion and nothing else', () => {
    const instance = Object.keys(production).find((key) => key.startsWith('Backend/Bastion') && production[key].Type === 'AWS::EC2::Instance')!;
    for (const line of [...replacements(development, production), ...replacements(production, development)]) {
      expect(line).toContain(instance);
    }
  });

  test.each(EGRESSES.flatMap((from) => EGRESSES.map((to) => [from.kind, from.perAz, to.kind, to.perAz, from, to] as const)))(
    'keeps its subnets from egress %s (%p) to %s (%p)', (_from, _fromPerAz, _to, _toPerAz, from, to) => {
      const before = synthesizeWith(Posture.production({ egress: from }), build);
      const after = synthesizeWith(Posture.production({ egress: to }), build);
      expect(losses(before, after)).toEqual([]);
    });
});

describe('the comparison', () => {
  function server(props: { databaseName?: string; policy?: 'Delete' | 'Retain'; groupName?: string }, withServer = true) {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    new ec2.CfnSubnet(stack, 'Subnet', { vpcId: 'vpc-1', cidrBlock: '10.0.0.0/24' });
    new logs.CfnLogGroup(stack, 'Logs', { logGroupName: props.groupName });
    if (withServer) {
      const instance = new rds.CfnDBInstance(stack, 'Db', { dbName: props.databaseName, engine: 'postgres' });
      instance.addOverride('DeletionPolicy', props.policy);
    }
    return resourcesOf(app);
  }

  test('finds a create-only property that changed', () => {
    expect(losses(server({}), server({ databaseName: 'app' }))).toEqual(['Stack/Db (AWS::RDS::DBInstance) is replaced because of DBName']);
    expect(losses(server({}), server({ groupName: 'mine' }))).toEqual(['Stack/Logs (AWS::Logs::LogGroup) is replaced because of LogGroupName']);
  });

  test('finds data that goes without being kept', () => {
    expect(losses(server({ policy: 'Delete' }), server({}, false))).toEqual(['Stack/Db (AWS::RDS::DBInstance) is deleted']);
    expect(losses(server({ policy: 'Retain' }), server({}, false))).toEqual([]);
  });

  test('finds nothing between an app and itself', () => {
    expect(losses(server({}), server({}))).toEqual([]);
    expect(replacements(server({}), server({}))).toEqual([]);
  });
});
