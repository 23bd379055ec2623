import type { InterfaceFactory, NetworkInterface } from './interfaces';
import { tableIdentity } from './routes';
import { isMap, rendered, type ModelResource, type ModelValue, type TemplateModel } from '../../../private/model';

/** A VPC endpoint of an AWS service. */
export interface Endpoint {
  readonly owner: ModelResource;
  /** The end of the service name, such as `ecr.api`. */
  readonly service: string;
  readonly vpcKey: string;
  readonly policy: ModelValue | undefined;
  /** Of an interface endpoint. */
  readonly network?: NetworkInterface;
  readonly privateDns: boolean;
  /** Keys of the route tables that a gateway endpoint is in. */
  readonly tables: ReadonlySet<string>;
}

/** The endpoints of a model by VPC and service. */
export class Endpoints {
  public readonly all: readonly Endpoint[];
  private readonly index = new Map<string, Endpoint[]>();

  public constructor(model: TemplateModel, factory: InterfaceFactory, vpcKey: (value: ModelValue) => string) {
    this.all = model.ofType('AWS::EC2::VPCEndpoint').map((resource) => endpointOf(resource, factory, vpcKey));
    for (const endpoint of this.all) {
      const key = `${endpoint.vpcKey} ${endpoint.service}`;
      this.index.set(key, [...this.index.get(key) ?? [], endpoint]);
    }
  }

  public of(vpcKey: string, service: string): readonly Endpoint[] {
    return this.index.get(`${vpcKey} ${service}`) ?? [];
  }
}

function endpointOf(owner: ModelResource, factory: InterfaceFactory, vpcKey: (value: ModelValue) => string): Endpoint {
  const isInterface = owner.text('VpcEndpointType') === 'Interface';
  return {
    owner,
    service: serviceOf(rendered(owner.value('ServiceName') ?? '')),
    vpcKey: vpcKey(owner.value('VpcId') ?? ''),
    policy: owner.value('PolicyDocument'),
    // The names of a service lead to its endpoint unless that is turned off.
    privateDns: isInterface && owner.flag('PrivateDnsEnabled') !== false && !forResolversOnly(owner.value('DnsOptions')),
    tables: new Set(isInterface ? [] : owner.list('RouteTableIds').map((table) => tableIdentity(table).key)),
    network: isInterface && owner.list('SubnetIds').length > 0
      ? factory.make({ kind: 'endpoint', owner, subnets: owner.value('SubnetIds'), groups: owner.value('SecurityGroupIds'), publicIp: false, ports: [443] })
      : undefined,
  };
}

/** `com.amazonaws.eu-west-1.ecr.api` and `com.amazonaws.${AWS::Region}.ecr.api` are `ecr.api`. */
function serviceOf(name: string): string {
  return name.replace(/^(cn\.)?com\.amazonaws\.(\$\{[^}]*\}|[a-z]{2}(-[a-z]+)+-\d)\./, '').replace(/^aws\.api\.(\$\{[^}]*\}|[a-z]{2}(-[a-z]+)+-\d)\./, '').replace(/-fips$/, '');
}

function forResolversOnly(options: ModelValue | undefined): boolean {
  return isMap(options) && (options.PrivateDnsOnlyForInboundResolverEndpoint === true || options.PrivateDnsOnlyForInboundResolverEndpoint === 'true'
    || options.PrivateDnsOnlyForInboundResolverEndpoint === 'OnlyInboundResolver');
}
