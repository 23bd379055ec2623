import { CfnResource, Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { Construct } from 'constructs';
import { PRIVATE_BUCKET, UNFINISHED_UPLOADS_GO } from '../../private/private-bucket';

/** Properties of the bucket for access logs. */
export interface AccessLogBucketProps {
  readonly retention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
}

/** A bucket that takes the access logs of a load balancer, in any region, also where the region is known only at deployment. */
export class AccessLogBucket extends Construct {
  private readonly bucket: s3.Bucket;

  constructor(scope: Construct, id: string, props: AccessLogBucketProps) {
    super(scope, id);
    this.bucket = this.createBucket(props);
  }

  /** Makes a load balancer write its access logs here. `logAccessLogs` of the load balancer would need a known region. */
  public receiveFrom(loadBalancer: elbv2.ApplicationLoadBalancer): void {
    this.allowDelivery();
    this.enable(loadBalancer);
  }

  /** Makes a network load balancer write its access logs here. CDK's own method would let it write logs of any account. */
  public receiveFromNetwork(loadBalancer: elbv2.NetworkLoadBalancer): void {
    this.allowNetworkDelivery();
    this.enable(loadBalancer);
  }

  private enable(loadBalancer: elbv2.BaseLoadBalancer): void {
    loadBalancer.setAttribute('access_logs.s3.enabled', 'true');
    loadBalancer.setAttribute('access_logs.s3.bucket', this.bucket.bucketName);
    (loadBalancer.node.defaultChild as CfnResource).node.addDependency(this.bucket);
  }

  private createBucket(props: AccessLogBucketProps): s3.Bucket {
    const expires = props.retention !== RetentionDays.INFINITE;
    return new s3.Bucket(this, 'Resource', {
      ...PRIVATE_BUCKET,
      removalPolicy: props.removalPolicy,
      lifecycleRules: [{
        ...UNFINISHED_UPLOADS_GO,
        expiration: expires ? Duration.days(props.retention) : undefined,
      }],
    });
  }

  /** @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html */
  private allowDelivery(): void {
    const { account } = Stack.of(this);
    this.bucket.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'LoadBalancerLogs',
      actions: ['s3:PutObject'],
      principals: this.deliveryPrincipals(),
      resources: [this.bucket.arnForObjects(`AWSLogs/${account}/*`)],
    }));
  }

  /** @see https://docs.aws.amazon.com/elasticloadbalancing/latest/network/enable-access-logs.html */
  private allowNetworkDelivery(): void {
    const { account, region, partition } = Stack.of(this);
    const principals = [new iam.ServicePrincipal('delivery.logs.amazonaws.com')];
    const source = { 'aws:SourceAccount': account };
    const ArnLike = { 'aws:SourceArn': `arn:${partition}:logs:${region}:${account}:*` };
    this.bucket.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'LoadBalancerLogsAcl', principals, actions: ['s3:GetBucketAcl'], resources: [this.bucket.bucketArn], conditions: { StringEquals: source, ArnLike },
    }));
    this.bucket.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'LoadBalancerLogs',
      principals,
      actions: ['s3:PutObject'],
      resources: [this.bucket.arnForObjects(`AWSLogs/${account}/*`)],
      conditions: { StringEquals: { ...source, 's3:x-amz-acl': 'bucket-owner-full-control' }, ArnLike },
    }));
  }

  /** The service, and in older regions also the account that delivered logs there before the service did. */
  private deliveryPrincipals(): iam.IPrincipal[] {
    const { region } = Stack.of(this);
    const account = Token.isUnresolved(region) ? undefined : RegionInfo.get(region).elbv2Account;
    return [
      new iam.ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com'),
      ...(account === undefined ? [] : [new iam.AccountPrincipal(account)]),
    ];
  }
}
