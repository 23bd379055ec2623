import type { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as events from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { type INetworkEndpoint, type IRestartableService, type IRotationSource, type IServiceBinding, type IWorkload, type ServiceBindingConfig, ServiceVolume } from '../../src';

const { SUCCESS, HEALTHY } = ecs.ContainerDependencyCondition;

/** Kinds of bindings as other rooms, and users, may make them: with what is public, and unknown to services. */
export interface Kind extends Construct, IServiceBinding {}

/** What a kind can be connected to as it is made. */
export interface KindProps {
  readonly workload?: IWorkload;
}

/** A certificate of its own for each task: signed before the service starts, renewed while it runs, in files that both see. */
export class WorkloadCertificate extends Construct implements Kind {
  private readonly authority: secretsmanager.ISecret;

  constructor(scope: Construct, id: string, { workload }: KindProps = {}) {
    super(scope, id);
    this.authority = new secretsmanager.Secret(this, 'Authority');
    workload?.connectTo(this);
  }

  public bindToService(): ServiceBindingConfig {
    const image = ecs.ContainerImage.fromRegistry('example/certificates@sha256:1');
    const files = (readOnly: boolean) => [ServiceVolume.ephemeral('Certificates', { mountPath: '/run/certificates', readOnly })];
    return {
      environment: { TLS_CERTIFICATE: '/run/certificates/tls.pem', TLS_KEY: '/run/certificates/tls.key' },
      certificateAuthority: ecs.Secret.fromSecretsManager(this.authority, 'ca'),
      volumes: files(true),
      sidecars: {
        // Its id comes first, and it starts second.
        Renew: { image, command: ['renew'], essential: true, startsAfter: { Sign: SUCCESS }, volumes: files(false) },
        Sign: { image, command: ['sign'], essential: false, serviceStartsAfter: SUCCESS, volumes: files(false) },
      },
      permissions: { grantTo: (grantee) => iam.Grant.addToPrincipal({ grantee, actions: ['acm-pca:IssueCertificate'], resourceArns: ['arn:aws:acm-pca:eu-central-1:111111111111:certificate-authority/1'] }) },
    };
  }
}

/** Files that a container writes before the service starts. */
export class ConfigurationFiles extends Construct implements Kind {
  public bindToService(): ServiceBindingConfig {
    const files = [ServiceVolume.ephemeral('Configuration', { mountPath: '/etc/service' })];
    return {
      volumes: files,
      sidecars: {
        Files: { image: ecs.ContainerImage.fromRegistry('example/files@sha256:1'), essential: false, serviceStartsAfter: SUCCESS, environment: { '/etc/service/app.yaml': 'level: info' }, volumes: files },
      },
    };
  }
}

/** A collector beside the service, to which it sends what happens. */
export class Telemetry extends Construct implements Kind {
  public bindToService(): ServiceBindingConfig {
    return {
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4317' },
      sidecars: {
        Collector: { image: ecs.ContainerImage.fromRegistry('example/collector@sha256:1'), ports: [4317, 4318], healthCheck: { command: ['CMD', '/health'] }, serviceStartsAfter: HEALTHY, memoryLimitMiB: 128 },
      },
      permissions: { grantTo: (grantee) => iam.Grant.addToPrincipal({ grantee, actions: ['xray:PutTraceSegments'], resourceArns: ['*'] }) },
    };
  }
}

/** Brokers with two ports, and no secret. */
export class Kafka extends Construct implements Kind {
  private readonly connections: ec2.Connections;

  constructor(scope: Construct, id: string, vpc: ec2.IVpc) {
    super(scope, id);
    this.connections = new ec2.Connections({ securityGroups: [new ec2.SecurityGroup(this, 'SecurityGroup', { vpc, allowAllOutbound: false })] });
  }

  public bindToService(): ServiceBindingConfig {
    return {
      environment: { KAFKA_BROKERS: 'b-1.example:9098', SCHEMA_REGISTRY: 'registry.example:8081' },
      targets: [this.endpoint('b-1.example', 9098), this.endpoint('registry.example', 8081)],
      permissions: { grantTo: (grantee) => iam.Grant.addToPrincipal({ grantee, actions: ['kafka-cluster:Connect'], resourceArns: ['arn:aws:kafka:eu-central-1:111111111111:cluster/orders/1'] }) },
    };
  }

  private endpoint(endpoint: string, port: number): INetworkEndpoint {
    return { endpoint, port, connections: this.connections };
  }
}

/** A user of a database that has no password. */
export class IamUser extends Construct implements Kind {
  constructor(scope: Construct, id: string, private readonly server: INetworkEndpoint) {
    super(scope, id);
  }

  public bindToService(): ServiceBindingConfig {
    return {
      environment: { PGHOST: this.server.endpoint, PGUSER: 'api' },
      targets: [this.server],
      permissions: { grantTo: (grantee) => iam.Grant.addToPrincipal({ grantee, actions: ['rds-db:connect'], resourceArns: ['arn:aws:rds-db:eu-central-1:111111111111:dbuser:cluster-1/api'] }) },
    };
  }
}

/** A secret that is rotated: the function that restarts a service has no input, and its permission is for that service. */
export class RotatedSecret extends Construct implements Kind, IRotationSource {
  public readonly restarted: IRestartableService[] = [];
  private readonly secret: secretsmanager.ISecret;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.secret = new secretsmanager.Secret(this, 'Secret');
  }

  public bindToService(): ServiceBindingConfig {
    return { secrets: { TOKEN: ecs.Secret.fromSecretsManager(this.secret) }, rotation: this };
  }

  public restartAfterRotation(service: IRestartableService): void {
    this.restarted.push(service);
    const restarter = new lambda.Function(service, 'Restarter', {
      runtime: lambda.Runtime.NODEJS_22_X,
      handler: 'index.handler',
      code: lambda.Code.fromInline('exports.handler = async () => {};'),
      environment: { CLUSTER: service.cluster.clusterArn, SERVICE: service.service.serviceArn },
    });
    service.grantRestart(restarter);
    new events.Rule(service, 'Rotated', {
      eventPattern: { source: ['aws.secretsmanager'], detail: { eventName: ['RotationSucceeded'], additionalEventData: { SecretId: [this.secret.secretArn] } } },
      targets: [new LambdaFunction(restarter, { event: events.RuleTargetInput.fromObject({}) })],
    });
  }
}

/** One of each kind, in one stack. */
export function kindsOf(stack: Stack, vpc: ec2.IVpc, server: INetworkEndpoint): Kind[] {
  return [
    new WorkloadCertificate(stack, 'Certificate'),
    new ConfigurationFiles(stack, 'Configuration'),
    new Telemetry(stack, 'Telemetry'),
    new Kafka(stack, 'Kafka', vpc),
    new IamUser(stack, 'User', server),
    new RotatedSecret(stack, 'Rotated'),
  ];
}
