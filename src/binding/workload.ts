import type { IConstruct } from 'constructs';
import type { IServiceBinding } from './service-binding';

/**
 * A service or a job: a `FargateApi`, a `FargateWorker`, a `ScheduledJob`. Bindings can be connected to it until the app is synthesised, so a
 * construct that comes later can connect itself.
 *
 * @example
 * import type { Stack } from 'aws-cdk-lib';
 * import { Secret } from 'aws-cdk-lib/aws-ecs';
 * import { Secret as LicenseSecret } from 'aws-cdk-lib/aws-secretsmanager';
 * import { Construct } from 'constructs';
 * import type { FargateApi, IServiceBinding, IWorkload, ServiceBindingConfig } from 'cdk-private-backend';
 *
 * class License extends Construct implements IServiceBinding {
 *   private readonly secret = new LicenseSecret(this, 'Secret');
 *
 *   constructor(scope: Construct, id: string, props: { readonly workload: IWorkload }) {
 *     super(scope, id);
 *     props.workload.connectTo(this);
 *   }
 *
 *   public bindToService(): ServiceBindingConfig {
 *     return { secrets: { LICENSE: Secret.fromSecretsManager(this.secret) } };
 *   }
 * }
 *
 * declare const stack: Stack;
 * declare const api: FargateApi;
 * new License(stack, 'License', { workload: api });
 */
export interface IWorkload extends IConstruct {
  /**
   * Connects the tasks to something, as `connectTo` among the properties does. The same binding once more changes nothing.
   *
   * @param binding what the tasks use
   */
  connectTo(binding: IServiceBinding): void;
}
