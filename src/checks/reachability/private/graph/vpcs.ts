import { elsewhere, identify, made, type Identity } from './identity';
import { parseCidr, type Cidr } from '../../../../private/cidr';
import { Reference, type ModelResource, type ModelValue, type TemplateModel } from '../../../private/model';

/** A VPC, with what decides whether its names and its internet gateway work. */
export interface Vpc extends Identity {
  readonly cidrs: readonly (Cidr | undefined)[];
  readonly hasInternetGateway: boolean;
  /** Whether names of private DNS, as those of interface endpoints, resolve in it. */
  readonly privateDns: boolean;
}

const VPC = 'AWS::EC2::VPC';

/** The VPCs of a model. */
export class Vpcs {
  private readonly vpcs = new Map<string, Vpc>();

  public constructor(model: TemplateModel) {
    const idOf = (resource: ModelResource) => identify(resource.value('VpcId') ?? '', [VPC]).key;
    const attached = new Set(model.ofType('AWS::EC2::VPCGatewayAttachment').filter((resource) => resource.value('InternetGatewayId') !== undefined).map(idOf));
    const blocks = model.ofType('AWS::EC2::VPCCidrBlock').map((resource) => [idOf(resource), blockOf(resource)] as const);
    for (const resource of model.ofType(VPC)) {
      const identity = made(resource);
      this.vpcs.set(identity.key, {
        ...identity,
        cidrs: [parseCidr(resource.text('CidrBlock') ?? ''), ...blocks.filter(([key]) => key === identity.key).map(([, cidr]) => cidr)],
        hasInternetGateway: attached.has(identity.key),
        privateDns: resource.flag('EnableDnsSupport') !== false && resource.flag('EnableDnsHostnames') === true,
      });
    }
  }

  /** The VPC that a value names. */
  public of(value: ModelValue): Vpc {
    const identity = identify(value instanceof Reference && value.resource.type === VPC ? new Reference(value.resource, 'Ref') : value, [VPC]);
    const known = this.vpcs.get(identity.key);
    if (known !== undefined) {
      return known;
    }
    const vpc: Vpc = { ...elsewhere(identity), cidrs: [undefined], hasInternetGateway: true, privateDns: true };
    this.vpcs.set(vpc.key, vpc);
    return vpc;
  }
}

/** A block that Amazon chooses is not known before deployment. */
function blockOf(resource: ModelResource): Cidr | undefined {
  return parseCidr(resource.text('CidrBlock') ?? resource.text('Ipv6CidrBlock') ?? '');
}
