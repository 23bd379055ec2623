import { made } from './identity';
import type { Subnet, Subnets } from './subnets';
import type { ModelResource, TemplateModel } from '../../../private/model';

/** A NAT gateway and the subnet that it stands in. */
export interface NatGateway {
  readonly owner: ModelResource;
  readonly subnet: Subnet;
  readonly isPublic: boolean;
}

/** The NAT gateways of a model. */
export class NatGateways {
  private readonly gateways: Map<string, NatGateway>;

  public constructor(model: TemplateModel, subnets: Subnets) {
    this.gateways = new Map(model.ofType('AWS::EC2::NatGateway').filter((owner) => owner.value('SubnetId') !== undefined)
      .map((owner) => [made(owner).key, { owner, subnet: subnets.of(owner.value('SubnetId')!), isPublic: owner.text('ConnectivityType') !== 'private' }]));
  }

  public get(key: string): NatGateway | undefined {
    return this.gateways.get(key);
  }
}
