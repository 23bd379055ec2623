import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import { addingCode, isOwnVpc, missingEndpoints, TASK_SERVICES, warnAboutImported } from './endpoint-services';
import { isEndpointsOnly } from './endpoints-only';
import { identifyVpc, isSameVpc, vpcOfSubnet } from './same-vpc';
import { zonesOf } from './subnet-lists';
import { type EndpointService } from '../../binding/shared/endpoint-service';
import { InvalidBackendError, problem } from '../../private/errors';
import { elsewhere } from '../../private/same-environment';
import { dependOnStackOf } from '../../private/stack-order';
import { pathOf } from '../../private/stage-path';

const CHECKED = Symbol.for('cdk-private-backend.Placement.checkedEndpoints');

/** Where tasks run, and whether they need a public address to reach AWS. */
export interface TaskPlacement {
  readonly vpcSubnets: ec2.SubnetSelection;
  readonly assignPublicIp: boolean;
}

/** What holds data: isolated subnets, else private, never public. An explicit selection wins. */
export function placeStore(scope: IConstruct, vpc: ec2.IVpc, explicit?: ec2.SubnetSelection): ec2.SubnetSelection {
  const selection = explicit ?? firstOf(scope, vpc, [ec2.SubnetType.PRIVATE_ISOLATED, ec2.SubnetType.PRIVATE_WITH_EGRESS]);
  const selected = select(scope, vpc, selection);
  if (selected.hasPublic) {
    throw new InvalidBackendError(scope, 'Placement.publicSubnets', '`vpcSubnets` selects public subnets, where this library does not place data. Use isolated subnets, `vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED }`, or private ones.');
  }
  return selection;
}

/**
 * Refuses a placement of an RDS server in one availability zone, which RDS does too, but only at deployment.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html
 */
export function requireTwoZones(scope: IConstruct, vpc: ec2.IVpc, selection: ec2.SubnetSelection): void {
  const selected = select(scope, vpc, selection);
  if (!selected.isPendingLookup && zonesOf(selected.subnets).length === 1) {
    throw new InvalidBackendError(scope, 'Placement.oneZone', 'The subnets of this server are in one availability zone, but RDS needs two, even without a standby. Set `maxAzs: 2` on the network, or `vpcSubnets` to subnets in two zones.');
  }
}

/**
 * Tasks: private subnets with egress, else public with a public address, else isolated; in a network with
 * `Egress.vpcEndpoints()` always isolated. An explicit selection wins.
 *
 * Isolated tasks need endpoints: what is missing by synth is an error on `scope`, so callers have nothing else to do.
 */
export function placeTask(scope: IConstruct, vpc: ec2.IVpc, explicit?: ec2.SubnetSelection): TaskPlacement {
  const { PRIVATE_WITH_EGRESS, PUBLIC, PRIVATE_ISOLATED } = ec2.SubnetType;
  const order = isEndpointsOnly(vpc) ? [PRIVATE_ISOLATED] : [PRIVATE_WITH_EGRESS, PUBLIC, PRIVATE_ISOLATED];
  const placement = place(scope, vpc, explicit ?? firstOf(scope, vpc, order));
  requireTaskEndpoints(scope, vpc, placement, TASK_SERVICES);
  return placement;
}

/**
 * Requires, where a placement is in isolated subnets, that the VPC has endpoints for these services. For a VPC made in
 * this app what is missing at synth is an error, whoever adds the endpoints and whenever; for another VPC it is one
 * warning. Calling it again for the same scope and service does nothing.
 */
export function requireTaskEndpoints(scope: IConstruct, vpc: ec2.IVpc, placement: TaskPlacement, services: EndpointService[]): void {
  const fresh = services.filter((service) => !checkedBy(scope).has(service.name));
  if (fresh.length === 0 || !isIsolated(vpc, vpc.selectSubnets(placement.vpcSubnets))) {
    return;
  }
  fresh.forEach((service) => checkedBy(scope).add(service.name));
  if (!isOwnVpc(vpc)) {
    warnAboutImported(scope, fresh);
    return;
  }
  scope.node.addValidation({ validate: () => missingEndpoints(vpc, fresh).map((service) => explainMissing(vpc, service)) });
}

function explainMissing(vpc: ec2.IVpc, service: EndpointService): string {
  return problem('Placement.missingEndpoint', `The isolated subnets of the VPC '${pathOf(vpc)}' can't reach '${service.name}' ${service.why}. `
    + `Add \`${addingCode(service)}\`, set \`egress: Egress.vpcEndpoints()\` on the \`BackendNetwork\`, or set \`vpcSubnets\` to subnets with egress.`);
}

/** The subnets that were selected, with public addresses where one of them is public. */
export function place(scope: IConstruct, vpc: ec2.IVpc, vpcSubnets: ec2.SubnetSelection): TaskPlacement {
  return { vpcSubnets, assignPublicIp: select(scope, vpc, vpcSubnets).hasPublic };
}

/** The first of these tiers that the VPC has. */
export function firstOf(scope: IConstruct, vpc: ec2.IVpc, types: ec2.SubnetType[]): ec2.SubnetSelection {
  const subnetType = types.find((type) => subnetsOf(vpc, type).length > 0);
  if (subnetType === undefined) {
    const names = [...new Set(types)].map((type) => type.toLowerCase());
    throw new InvalidBackendError(scope, 'Placement.noSubnets', `The VPC '${pathOf(vpc)}' does not have subnets for this construct, which can be in ${alternatives(names)} subnets. Add such subnets, import the VPC with them, or set \`vpcSubnets\`.`);
  }
  return { subnetType };
}

function alternatives(names: string[]): string {
  return names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')} or ${names[names.length - 1]}`;
}

function subnetsOf(vpc: ec2.IVpc, type: ec2.SubnetType): ec2.ISubnet[] {
  switch (type) {
    case ec2.SubnetType.PUBLIC: return vpc.publicSubnets;
    case ec2.SubnetType.PRIVATE_ISOLATED: return vpc.isolatedSubnets;
    default: return vpc.privateSubnets;
  }
}

/** What a selection selects, refused where it selects nothing, or what is not of this VPC and environment. */
export function select(scope: IConstruct, vpc: ec2.IVpc, selection: ec2.SubnetSelection): ec2.SelectedSubnets {
  requireVpcHere(scope, vpc);
  dependOnStackOf(scope, vpc, 'Constructs depend on the network that they are in, never the reverse.');
  const selected = trySelect(scope, vpc, selection);
  requireOwnSubnets(scope, vpc, selected.subnets);
  if (selected.subnets.length === 0 && !selected.isPendingLookup) {
    throw new InvalidBackendError(scope, 'Placement.noSubnetSelected', `\`vpcSubnets\` selects no subnet of the VPC '${pathOf(vpc)}'. Use a subnet type, group name or availability zone that the VPC has.`);
  }
  return selected;
}

/** Refuses a VPC of another region, and one of another account that this app makes: subnets that were shared with an account are imported there. */
export function requireVpcHere(scope: IConstruct, vpc: ec2.IVpc): void {
  const other = elsewhere(scope, vpc, isOwnVpc(vpc) ? ['region', 'account'] : ['region']);
  if (other !== undefined) {
    throw new InvalidBackendError(scope, 'Placement.otherEnvironment', `The VPC ${other}. Use a VPC of this region and account, or import a VPC that is shared with this account.`);
  }
}

function requireOwnSubnets(scope: IConstruct, vpc: ec2.IVpc, subnets: ec2.ISubnet[]): void {
  const own = identifyVpc(vpc);
  for (const subnet of own === undefined ? [] : subnets) {
    const found = vpcOfSubnet(subnet);
    if (own !== undefined && found !== undefined && isSameVpc(own, found) === false) {
      throw new InvalidBackendError(scope, 'Placement.otherVpcSubnet', `\`vpcSubnets\` has the subnet '${pathOf(subnet)}' of the VPC '${found.name}', but this construct is in the VPC '${own.name}'. Use subnets of '${own.name}'.`);
    }
  }
}

function trySelect(scope: IConstruct, vpc: ec2.IVpc, selection: ec2.SubnetSelection): ec2.SelectedSubnets {
  try {
    return vpc.selectSubnets(selection);
  } catch (error) {
    throw new InvalidBackendError(scope, 'Placement.invalidSelection', `CDK can't select subnets of the VPC '${pathOf(vpc)}' with \`vpcSubnets\`: "${(error as Error).message}". Use a subnet type, group name or availability zone that the VPC has.`);
  }
}

function isIsolated(vpc: ec2.IVpc, selected: ec2.SelectedSubnets): boolean {
  const isolated = new Set(vpc.isolatedSubnets);
  return selected.subnets.some((subnet) => isolated.has(subnet));
}

function checkedBy(scope: IConstruct): Set<string> {
  const holder = scope as unknown as Record<symbol, Set<string> | undefined>;
  if (holder[CHECKED] === undefined) {
    Object.defineProperty(scope, CHECKED, { value: new Set<string>() });
  }
  return holder[CHECKED] as Set<string>;
}
