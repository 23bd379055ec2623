import { App, Stack, type Environment } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { HostedZone, type IHostedZone } from 'aws-cdk-lib/aws-route53';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import {
  BackendCluster, BackendMonitoring, BackendNetwork, CustomDomain, DiscoveryNamespace, FargateApi, FargateWorker, Posture, PrivateFileSystem, PrivatePostgres, PublicIngress, RedisCache, SsmBastion,
} from '../../src';

/** What the cases use. Each thing is made when it is first asked for, so that a case holds nothing that it does not name. */
export class World {
  public readonly app: App;
  public readonly stack: Stack;
  private readonly made = new Map<string, unknown>();

  constructor(posture?: Posture, env?: Environment) {
    this.app = new App({ analyticsReporting: false });
    posture?.applyTo(this.app);
    this.stack = new Stack(this.app, 'Backend', { env });
  }

  /** A second stack of the app. */
  public get otherStack(): Stack {
    return this.once('otherStack', () => new Stack(this.app, 'Other'));
  }

  public get vpc(): ec2.IVpc {
    return this.once('vpc', () => new BackendNetwork(this.stack, 'Network').vpc);
  }

  /** A cluster whose services find each other by private DNS. */
  public get cluster(): BackendCluster {
    return this.once('cluster', () => new BackendCluster(this.stack, 'Cluster', { vpc: this.vpc, serviceDiscovery: DiscoveryNamespace.privateDns('backend.internal') }));
  }

  public get image(): ecs.ContainerImage {
    return this.once('image', () => ecs.ContainerImage.fromRegistry('registry.example.com/service@sha256:1'));
  }

  public get postgres(): PrivatePostgres {
    return this.once('postgres', () => new PrivatePostgres(this.stack, 'Postgres', { vpc: this.vpc }));
  }

  public get cache(): RedisCache {
    return this.once('cache', () => new RedisCache(this.stack, 'Cache', { vpc: this.vpc }));
  }

  public get files(): PrivateFileSystem {
    return this.once('files', () => new PrivateFileSystem(this.stack, 'Files', { vpc: this.vpc }));
  }

  public get api(): FargateApi {
    return this.once('api', () => new FargateApi(this.stack, 'Api', { cluster: this.cluster, image: this.image }));
  }

  public get worker(): FargateWorker {
    return this.once('worker', () => new FargateWorker(this.stack, 'Worker', { cluster: this.cluster, image: this.image }));
  }

  public get zone(): IHostedZone {
    return this.once('zone', () => HostedZone.fromHostedZoneAttributes(this.stack, 'Zone', { hostedZoneId: 'Z0000000000000000000', zoneName: 'example.com' }));
  }

  public get domain(): CustomDomain {
    return this.once('domain', () => CustomDomain.fromHostedZone(this.zone, { domainNames: ['api.example.com'] }));
  }

  /** An ingress with HTTPS. */
  public get ingress(): PublicIngress {
    return this.once('ingress', () => new PublicIngress(this.stack, 'Ingress', { vpc: this.vpc, domain: this.domain }));
  }

  public get secret(): secretsmanager.ISecret {
    return this.once('secret', () => secretsmanager.Secret.fromSecretNameV2(this.stack, 'Secret', 'secret'));
  }

  public get bastion(): SsmBastion {
    return this.once('bastion', () => new SsmBastion(this.stack, 'Bastion', { vpc: this.vpc }));
  }

  public get monitoring(): BackendMonitoring {
    return this.once('monitoring', () => new BackendMonitoring(this.stack, 'Monitoring'));
  }

  public get bucket(): s3.Bucket {
    return this.once('bucket', () => new s3.Bucket(this.stack, 'Bucket'));
  }

  public get queue(): sqs.Queue {
    return this.once('queue', () => new sqs.Queue(this.stack, 'Queue'));
  }

  private once<T>(name: string, make: () => T): T {
    if (!this.made.has(name)) {
      this.made.set(name, make());
    }
    return this.made.get(name) as T;
  }
}
