import type { InterfaceVpcEndpointAwsService } from 'aws-cdk-lib/aws-ec2';

/** An AWS service that something without a way to the internet can only reach by a VPC endpoint. */
export interface EndpointService {
  /** How service names end: `com.amazonaws.<region>.<name>`. */
  readonly name: string;
  /** Beginning of the construct id in networks made here. */
  readonly id: string;
  /** Field of CDK's class of endpoint services, for messages. */
  readonly constant: string;
  readonly service?: InterfaceVpcEndpointAwsService;
  readonly why: string;
}
