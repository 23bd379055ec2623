/** Services all of whose types cost nothing by themselves. */
const FREE_SERVICES = new Set(['IAM', 'ApplicationAutoScaling', 'CDK', 'CertificateManager', 'RAM', 'ResourceGroups', 'SSO', 'Budgets', 'CodeDeploy', 'ServiceCatalogAppRegistry', 'ServiceCatalog']);

/** Types that cost nothing by themselves. */
const FREE = new Set(types({
  Amplify: 'Branch Domain',
  EC2: `CarrierGateway CustomerGateway DHCPOptions EIPAssociation EgressOnlyInternetGateway GatewayRouteTableAssociation
    InstanceConnectEndpoint InternetGateway KeyPair LaunchTemplate NetworkAcl NetworkAclEntry NetworkInterface NetworkInterfaceAttachment PlacementGroup PrefixList
    Route RouteTable SecurityGroup SecurityGroupEgress SecurityGroupIngress SecurityGroupVpcAssociation SnapshotBlockPublicAccess Subnet SubnetCidrBlock
    SubnetNetworkAclAssociation SubnetRouteTableAssociation VPC VPCCidrBlock VPCDHCPOptionsAssociation VPCEndpointConnectionNotification VPCEndpointService
    VPCEndpointServicePermissions VPCGatewayAttachment VPCPeeringConnection VolumeAttachment`,
  ECS: 'CapacityProvider ClusterCapacityProviderAssociations',
  EFS: 'AccessPoint MountTarget',
  ElasticLoadBalancingV2: 'Listener ListenerCertificate ListenerRule TargetGroup TrustStoreRevocation',
  AutoScaling: 'LaunchConfiguration LifecycleHook ScalingPolicy ScheduledAction',
  RDS: 'DBClusterParameterGroup DBParameterGroup DBProxyTargetGroup DBSecurityGroup DBSecurityGroupIngress DBSubnetGroup EventSubscription OptionGroup',
  ElastiCache: 'ParameterGroup SecurityGroup SecurityGroupIngress SubnetGroup User UserGroup',
  MSK: 'BatchScramSecret ClusterPolicy Configuration',
  Lambda: 'CodeSigningConfig EventInvokeConfig EventSourceMapping LayerVersion LayerVersionPermission Permission',
  Logs: 'Destination LogStream MetricFilter QueryDefinition ResourcePolicy SubscriptionFilter TransactionSearchConfig AccountPolicy',
  KMS: 'Alias',
  SecretsManager: 'ResourcePolicy RotationSchedule SecretTargetAttachment',
  S3: 'BucketPolicy AccessPoint AccessGrantsInstance',
  SNS: 'Subscription TopicPolicy TopicInlinePolicy',
  SQS: 'QueuePolicy QueueInlinePolicy',
  SSM: 'Association Document MaintenanceWindow MaintenanceWindowTarget MaintenanceWindowTask PatchBaseline ResourceDataSync ResourcePolicy',
  Events: 'ApiDestination Archive Connection EventBusPolicy Rule',
  Scheduler: 'ScheduleGroup',
  ECR: 'RegistryPolicy RegistryScanningConfiguration ReplicationConfiguration RepositoryCreationTemplate',
  Route53: 'CidrCollection DNSSEC KeySigningKey RecordSet RecordSetGroup',
  ServiceDiscovery: 'HttpNamespace Instance Service',
  WAFv2: 'IPSet LoggingConfiguration RegexPatternSet WebACLAssociation',
  CloudFormation: 'ModuleVersion Stack StackSet WaitCondition WaitConditionHandle ResourceVersion TypeActivation',
  CloudFront: 'CachePolicy CloudFrontOriginAccessIdentity OriginAccessControl OriginRequestPolicy ResponseHeadersPolicy PublicKey KeyGroup',
  CloudWatch: 'AnomalyDetector',
  ApiGateway: `Account ApiKey Authorizer BasePathMapping ClientCertificate Deployment DocumentationPart DocumentationVersion DomainName GatewayResponse Method Model
    RequestValidator Resource UsagePlan UsagePlanKey VpcLink`,
  ApiGatewayV2: 'ApiMapping Authorizer Deployment DomainName Integration IntegrationResponse Model Route RouteResponse Stage VpcLink',
  Cognito: `IdentityPool IdentityPoolPrincipalTag IdentityPoolRoleAttachment UserPoolClient UserPoolDomain UserPoolGroup UserPoolIdentityProvider UserPoolResourceServer
    UserPoolUser UserPoolUserToGroupAttachment`,
}));

/** Types that cost only what is used, stored or transferred, so nothing while nobody uses them. */
const USAGE_BASED = new Set([...types({
  Lambda: 'Function Url',
  S3: 'Bucket',
  SNS: 'Topic',
  SQS: 'Queue',
  ECR: 'PublicRepository PullThroughCacheRule Repository',
  ECS: 'TaskDefinition',
  EC2: 'FlowLog',
  Events: 'EventBus',
  Pipes: 'Pipe',
  Scheduler: 'Schedule',
  StepFunctions: 'Activity StateMachine StateMachineAlias StateMachineVersion',
  ApiGateway: 'RestApi Stage',
  ApiGatewayV2: 'Api',
  AppSync: 'GraphQLApi GraphQLSchema DataSource Resolver FunctionConfiguration ApiKey',
  CloudFront: 'Distribution Function',
  CloudTrail: 'Trail',
  Amplify: 'App',
  CodeBuild: 'Project',
  Cognito: 'UserPool',
  DynamoDB: 'GlobalTable',
  KinesisFirehose: 'DeliveryStream',
  XRay: 'Group SamplingRule',
}), 'AWS::CloudFormation::CustomResource', 'AWS::CloudFormation::Macro']);

export type Billing = 'free' | 'usage' | 'unknown';

/** How AWS bills a type that has no fixed price here. */
export function billingOf(type: string): Billing {
  const [vendor, service] = type.split('::');
  if (FREE.has(type) || (vendor === 'AWS' && FREE_SERVICES.has(service))) {
    return 'free';
  }
  return USAGE_BASED.has(type) || vendor === 'Custom' ? 'usage' : 'unknown';
}

function types(services: Record<string, string>): string[] {
  return Object.entries(services).flatMap(([service, names]) => names.split(/\s+/).filter(Boolean).map((name) => `AWS::${service}::${name}`));
}
