import { Duration, type CustomResource } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, type IConstruct } from 'constructs';
import { createGroup, createLogGroup, createTaskDefinition, hardened, openPath, secretsOf, USER_FIELDS } from './by-hand-parts';

const CA_DIRECTORY = '/run/certificates';
const CA_FILE = `${CA_DIRECTORY}/ca.pem`;

export interface ByHandRoute {
  readonly listener: elbv2.ApplicationListener;
  readonly path: string;
  readonly healthCheckPath: string;
  readonly priority: number;
}

export interface ByHandServiceProps {
  readonly vpc: ec2.IVpc;
  readonly cluster: ecs.Cluster;
  /** Group of the server, and a user of it. */
  readonly database: ec2.ISecurityGroup;
  readonly user: CustomResource;
  readonly trustImage: string;
  readonly image: ecs.ContainerImage;
  /** What tasks need to start: routes and endpoints. */
  readonly network: IConstruct[];
  readonly after?: IConstruct[];
  readonly port?: number;
  readonly route?: ByHandRoute;
  /** Name in the namespace of the cluster. */
  readonly name?: string;
  readonly environment?: Record<string, string>;
  readonly secrets?: Record<string, ecs.Secret>;
  readonly connections?: { readonly group: ec2.ISecurityGroup; readonly port: number }[];
  readonly writablePath?: string;
  readonly assignPublicIp?: boolean;
  readonly size?: { readonly cpu: number; readonly memoryLimitMiB: number };
}

/** A service that talks to the database, with a container that writes the certificates before. */
export class ByHandService extends Construct {
  public readonly group: ec2.SecurityGroup;
  public readonly service: ecs.FargateService;
  public readonly logGroup = createLogGroup(this, 'Logs');

  constructor(scope: Construct, id: string, private readonly props: ByHandServiceProps) {
    super(scope, id);
    const { vpc, cluster, database, name, network, after = [], assignPublicIp = false, connections = [] } = props;
    this.group = createGroup(this, 'Group', vpc, `Tasks of ${id}`, 'AWS and other HTTPS services');
    const rules = [{ group: database, port: 5432 }, ...connections].flatMap(({ group, port }) => openPath(this.group, group, port, `${id} to port ${port}`));
    const task = this.createTask();
    this.service = new ecs.FargateService(this, 'Service', {
      cluster,
      taskDefinition: task,
      assignPublicIp,
      securityGroups: [this.group],
      desiredCount: 1,
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { rollback: true },
      deploymentController: { type: ecs.DeploymentControllerType.ECS },
      platformVersion: ecs.FargatePlatformVersion.LATEST,
      availabilityZoneRebalancing: ecs.AvailabilityZoneRebalancing.ENABLED,
      enableECSManagedTags: true,
      propagateTags: ecs.PropagatedTagSource.SERVICE,
      cloudMapOptions: name === undefined ? undefined : { name, dnsTtl: Duration.seconds(10) },
    });
    this.service.node.defaultChild!.node.addDependency(...after, task.obtainExecutionRole(), ...rules, ...network);
    if (props.route !== undefined) {
      this.createRoute(props.route);
    }
  }

  private createRoute({ listener, path, healthCheckPath, priority }: ByHandRoute): void {
    const targets = new elbv2.ApplicationTargetGroup(this, 'Targets', {
      vpc: this.props.vpc,
      port: 80,
      protocol: elbv2.ApplicationProtocol.HTTP,
      protocolVersion: elbv2.ApplicationProtocolVersion.HTTP1,
      targetType: elbv2.TargetType.IP,
      deregistrationDelay: Duration.seconds(30),
      healthCheck: {
        path: healthCheckPath,
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 3,
        healthyHttpCodes: '200-299',
      },
    });
    this.service.attachToApplicationTargetGroup(targets);
    new elbv2.ApplicationListenerRule(this, 'Rule', {
      listener, priority, conditions: [elbv2.ListenerCondition.pathPatterns([path])], action: elbv2.ListenerAction.forward([targets]),
    });
  }

  private createTask(): ecs.FargateTaskDefinition {
    const { image, user, port, environment, secrets, writablePath, size } = this.props;
    const task = createTaskDefinition(this, 'Task', size);
    const secret = secretsmanager.Secret.fromSecretCompleteArn(this, 'Secret', user.getAttString('SecretArn'));
    task.addVolume({ name: 'certificates' });
    const service = task.addContainer('Service', {
      ...hardened(task, 'ServiceLinux', this.logGroup, 'Service'),
      image,
      portMappings: port === undefined ? [] : [{ containerPort: port, protocol: ecs.Protocol.TCP }],
      environment: {
        ...port === undefined ? {} : { PORT: String(port) },
        DATABASE_POOL_SIZE: '5',
        DATABASE_SECRET_VERSION: user.getAttString('SecretVersionId'),
        NODE_EXTRA_CA_CERTS: CA_FILE,
        PGSSLMODE: 'verify-full',
        PGSSLROOTCERT: CA_FILE,
        ...environment,
      },
      secrets: { ...secretsOf(secret, { DATABASE_URL: 'url', JDBC_DATABASE_URL: 'jdbcUrl', ...USER_FIELDS }), ...secrets },
      stopTimeout: Duration.minutes(1),
    });
    service.addContainerDependencies({ container: this.addCertificates(task, service, secret), condition: ecs.ContainerDependencyCondition.SUCCESS });
    if (writablePath !== undefined) {
      task.addVolume({ name: 'writable' });
      service.addMountPoints({ containerPath: writablePath, sourceVolume: 'writable', readOnly: false });
    }
    return task;
  }

  private addCertificates(task: ecs.FargateTaskDefinition, service: ecs.ContainerDefinition, secret: secretsmanager.ISecret): ecs.ContainerDefinition {
    const certificates = task.addContainer('Certificates', {
      ...hardened(task, 'CertificatesLinux', this.logGroup, 'Certificates'),
      image: ecs.ContainerImage.fromAsset(this.props.trustImage, { platform: Platform.LINUX_ARM64 }),
      essential: false,
      user: '65532:65532',
      secrets: secretsOf(secret, { CA_0: 'ca' }),
      entryPoint: ['sh', '-c'],
      command: [`set -eu; umask 022; printf '%s\\n' "$CA_0" > ${CA_FILE}.new; mv ${CA_FILE}.new ${CA_FILE}`],
    });
    certificates.addMountPoints({ containerPath: CA_DIRECTORY, sourceVolume: 'certificates', readOnly: false });
    service.addMountPoints({ containerPath: CA_DIRECTORY, sourceVolume: 'certificates', readOnly: true });
    return certificates;
  }
}
