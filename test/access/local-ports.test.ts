import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { BastionTunnel, SsmBastion, type ISsmBastion } from '../../src/access';
import { BackendNetwork } from '../../src/network';
import { Posture } from '../../src/posture';
import { createEndpoint } from '../fargate/fixture';

function newBastion(): { stack: Stack; vpc: ec2.IVpc; bastion: SsmBastion } {
  const app = new App();
  Posture.development().applyTo(app);
  const stack = new Stack(app, 'Stack');
  const { vpc } = new BackendNetwork(stack, 'Network');
  return { stack, vpc, bastion: new SsmBastion(stack, 'Bastion', { vpc }) };
}

/** The local ports of tunnels to servers with these ports. */
function localPorts(...tunnels: { port: number; localPort?: number }[]): number[] {
  const { stack, vpc, bastion } = newBastion();
  return tunnels.map(({ port, localPort }, index) => bastion.addTunnel(`Tunnel${index}`, { target: createEndpoint(stack, `Server${index}`, vpc, port), localPort }).localPort);
}

describe('the local port of a tunnel', () => {
  test('is the port of its target, or the next that no tunnel before it has', () => {
    expect(localPorts({ port: 5432 }, { port: 6379 }, { port: 5432 }, { port: 5432 }, { port: 5433 })).toEqual([5432, 6379, 5433, 5434, 5435]);
  });

  test('leaves out what was asked for', () => {
    expect(localPorts({ port: 6379, localPort: 5432 }, { port: 5432 })).toEqual([5432, 5433]);
  });

  test('does not change where others are declared behind it', () => {
    expect(localPorts({ port: 5432 }, { port: 5432 }, { port: 5433 }).slice(0, 2)).toEqual(localPorts({ port: 5432 }, { port: 5432 }));
  });

  test('is of one bastion only', () => {
    const { stack, vpc, bastion } = newBastion();
    const target = createEndpoint(stack, 'Server', vpc);
    const other: ISsmBastion = new SsmBastion(stack, 'Other', { vpc });
    expect([bastion, other].map((each) => new BastionTunnel(stack, each.node.id.repeat(2), { bastion: each, target }).localPort)).toEqual([5432, 5432]);
  });

  test('fails where another tunnel has the port that was asked for', () => {
    expect(() => localPorts({ port: 5432 }, { port: 6379, localPort: 5432 })).toThrow(/`localPort` can't be 5432, because the tunnel 'Stack\/Bastion\/Tunnels\/Tunnel0'.*BastionTunnel\.localPort/);
    expect(() => localPorts({ port: 5432, localPort: 7000 }, { port: 6379, localPort: 7000 })).toThrow(/BastionTunnel\.localPort/);
  });

  test('fails where two targets have one port that is known at deployment', () => {
    const { stack, vpc, bastion } = newBastion();
    const port = new CfnParameter(stack, 'Port', { type: 'Number', default: 5432 }).valueAsNumber;
    bastion.addTunnel('First', { target: createEndpoint(stack, 'FirstServer', vpc, port) });
    expect(() => bastion.addTunnel('Second', { target: createEndpoint(stack, 'SecondServer', vpc, port) })).toThrow(/isn't known until deployment.*localPort: 15432/);
  });

  test('stays at the last port there is', () => {
    expect(() => localPorts({ port: 65_535 }, { port: 65_535 })).toThrow(/BastionTunnel\.localPort/);
  });
});
