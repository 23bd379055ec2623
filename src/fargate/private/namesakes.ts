import { type ITokenResolver, Stack, Token, Tokenization } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { CfnHostedZone } from 'aws-cdk-lib/aws-route53';
import { CfnHttpNamespace, CfnPrivateDnsNamespace } from 'aws-cdk-lib/aws-servicediscovery';
import type { IConstruct } from 'constructs';
import { identifyVpc, isSameVpc, vpcNamed } from '../../network/shared/same-vpc';
import { problem } from '../../private/errors';
import { pathOf } from '../../private/stage-path';
import type { DiscoveryNamespace } from '../discovery-namespace';

/** The namespace of a cluster, as it is made. */
export interface OwnNamespace {
  readonly resource: IConstruct;
  readonly discovery: DiscoveryNamespace;
  readonly vpc: ec2.IVpc;
}

/**
 * What else in the app has the name of a cluster's namespace where that may be only once. A VPC has one private hosted zone of a name, and a
 * private DNS namespace is one; an account has one HTTP namespace of a name in a region.
 *
 * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_AssociateVPCWithHostedZone.html#API_AssociateVPCWithHostedZone_Errors
 * @see https://docs.aws.amazon.com/cloud-map/latest/api/API_CreateHttpNamespace.html#API_CreateHttpNamespace_Errors
 */
export function findNamesakes({ resource, discovery, vpc }: OwnNamespace): string[] {
  const { _kind: kind, _namespace: name } = discovery;
  const others = resource.node.root.node.findAll().filter((child) => child !== resource);
  const found = others.filter((other) => (kind === 'dns' ? isZoneOf(other, name, vpc) : isHttpNamespace(other, name, resource)));
  const place = kind === 'dns' ? 'in the same VPC, which can have one private zone of a name' : 'in the same account and region, where the name of an HTTP namespace is unique';
  return found.map((other) => problem('BackendCluster.duplicateNamespace', `The namespace '${name}' of this cluster has the same name as '${ownerOf(other)}' ${place}. `
    + `Use another name for one of them, for example \`DiscoveryNamespace.${kind === 'dns' ? 'privateDns' : 'serviceConnect'}('orders.${name}')\`, or one cluster for both.`));
}

function isZoneOf(construct: IConstruct, name: string, vpc: ec2.IVpc): boolean {
  return vpcIdsOf(construct, name).some((id) => {
    const own = identifyVpc(vpc);
    return own !== undefined && isSameVpc(own, vpcNamed(construct, id)) === true;
  });
}

function vpcIdsOf(construct: IConstruct, name: string): string[] {
  if (construct instanceof CfnPrivateDnsNamespace) {
    return sameName(construct.name, name) ? [construct.vpc] : [];
  }
  if (!(construct instanceof CfnHostedZone) || !sameName(construct.name, name)) {
    return [];
  }
  // CDK's zones list their VPCs when they are resolved, since more may be added.
  const zones = Tokenization.resolve(construct.vpcs, { scope: construct, preparing: false, resolver: KEEP_REFERENCES }) as { readonly vpcId: string }[] | undefined;
  return (zones ?? []).map(({ vpcId }) => vpcId);
}

/** Resolves lists, and leaves the references in them, which name resources of other stacks too. */
const KEEP_REFERENCES: ITokenResolver = {
  resolveToken: (token, context, postProcessor) => postProcessor.postProcess(context.resolve(token.resolve(context)), context),
  resolveString: (fragments) => (fragments.firstToken === undefined ? fragments.firstValue : Token.asString(fragments.firstToken)),
  resolveList: (list) => list,
};

/** Of stacks whose account and region are known at deployment only, each counts for itself. */
function isHttpNamespace(construct: IConstruct, name: string, own: IConstruct): boolean {
  if (!(construct instanceof CfnHttpNamespace) || !sameName(construct.name, name)) {
    return false;
  }
  const [here, there] = [own, construct].map((each) => Stack.of(each));
  const known = [here, there].every(({ account, region }) => !Token.isUnresolved(account) && !Token.isUnresolved(region));
  return here === there || (known && here.environment === there.environment);
}

function sameName(one: string | undefined, other: string): boolean {
  const plain = (name: string) => name.toLowerCase().replace(/\.$/, '');
  return one !== undefined && plain(one) === plain(other);
}

/** CDK makes the namespace of a cluster below it. */
function ownerOf(resource: IConstruct): string {
  return pathOf(resource).replace(/\/DefaultServiceDiscoveryNamespace$/, '');
}
