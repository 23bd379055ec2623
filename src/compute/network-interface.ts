import { Tags } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { referWeakly } from '../private/cross-stack';
import { nameTag } from '../private/path-text';

/** Where a network interface is. */
export interface NetworkInterfaceProps {
  readonly subnet: ec2.ISubnet;
  readonly securityGroups: ec2.ISecurityGroup[];
  readonly description: string;
  /** Whether its way out is a public address: in a public subnet. EC2 gives one by itself only to interfaces that it makes at a launch. */
  readonly publicAddress: boolean;
}

/** A network interface whose address the stack knows, and which stays when the instance that has it is replaced. */
export class NetworkInterface extends Construct {
  public readonly interfaceId: string;
  /** Its private IPv4 address. */
  public readonly address: string;

  constructor(scope: Construct, id: string, props: NetworkInterfaceProps) {
    super(scope, id);
    const resource = new ec2.CfnNetworkInterface(this, 'Resource', {
      subnetId: props.subnet.subnetId,
      groupSet: props.securityGroups.map(({ securityGroupId }) => securityGroupId),
      description: props.description,
    });
    Tags.of(resource).add('Name', nameTag(this));
    referWeakly(resource);
    this.interfaceId = resource.attrId;
    this.address = resource.attrPrimaryPrivateIpAddress;
    if (props.publicAddress) {
      this.createPublicAddress(props.subnet);
    }
  }

  /** As a launch template takes it: the first interface of the instance. It stays when the instance goes. */
  public get asFirst(): ec2.CfnLaunchTemplate.NetworkInterfaceProperty {
    return { deviceIndex: 0, networkInterfaceId: this.interfaceId, deleteOnTermination: false };
  }

  private createPublicAddress(subnet: ec2.ISubnet): void {
    const address = new ec2.CfnEIP(this, 'PublicAddress', { domain: 'vpc' });
    address.node.addDependency(subnet.internetConnectivityEstablished);
    new ec2.CfnEIPAssociation(this, 'PublicAddressAssociation', { allocationId: address.attrAllocationId, networkInterfaceId: this.interfaceId });
  }
}
