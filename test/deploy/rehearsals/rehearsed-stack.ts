import { writeFileSync } from 'fs';
import { join } from 'path';
import { Duration, Stack, type App } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { BackendCluster, BackendNetwork, FargateApi, PublicIngress, ServiceImage, ServiceRehearsal } from 'cdk-private-backend';

/** An image that nobody has pushed. */
const MISSING = '000000000000.dkr.ecr.us-east-1.amazonaws.com/api:7';

/** The start of a program for IBM's mainframes, which no machine that runs this is. */
function foreignProgram(): Buffer {
  const header = Buffer.alloc(120);
  header.write('\x7fELF\x02\x02\x01', 'latin1');
  header.writeUInt16BE(2, 16);
  header.writeUInt16BE(22, 18);
  header.writeUInt32BE(1, 20);
  return header;
}

/** One service that is rehearsed, and starts, or fails to start, as the mode says. */
export class RehearsedStack extends Stack {
  constructor(app: App, id: string) {
    super(app, id);
    const mode = String(app.node.tryGetContext('mode') ?? 'ready');
    const { vpc } = new BackendNetwork(this, 'Network');
    const cluster = new BackendCluster(this, 'Cluster', { vpc });
    const directory = join(__dirname, 'service');
    writeFileSync(join(directory, 'foreign'), foreignProgram(), { mode: 0o755 });
    const token = new secretsmanager.Secret(this, 'Token', { generateSecretString: { secretStringTemplate: '{}', generateStringKey: 'token' } });
    const api = new FargateApi(this, 'Api', {
      cluster,
      image: mode === 'missing' ? ecs.ContainerImage.fromRegistry(MISSING) : ServiceImage.fromDirectory(directory),
      entryPoint: mode === 'foreign' ? ['/foreign'] : mode === 'no-program' ? ['/serve'] : undefined,
      environment: { MODE: mode },
      secrets: { TOKEN: ecs.Secret.fromSecretsManager(token, mode === 'no-field' ? 'tokens' : 'token') },
      containerHealthCheck: mode === 'unhealthy' ? { command: ['CMD-SHELL', 'exit 1'], interval: Duration.seconds(5), retries: 1 } : undefined,
      startTimeout: mode === 'unhealthy' ? Duration.seconds(15) : undefined,
      rehearsal: ServiceRehearsal.enabled({ timeout: Duration.seconds(15), stableTime: Duration.seconds(2) }),
    });
    if (mode === 'sidecar') {
      api.addSidecar('Proxy', { image: ServiceImage.fromDirectory(directory), entryPoint: ['node', '-e', 'console.log("bad configuration"); process.exit(2)'] });
    }
    new PublicIngress(this, 'Ingress', { vpc }).addRoute('Api', { paths: ['/*'], target: api });
  }
}
