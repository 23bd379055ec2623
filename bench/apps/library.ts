import * as path from 'path';
import { CfnOutput, Stack, type App } from 'aws-cdk-lib';
import {
  BackendCluster, BackendNetwork, FargateApi, FargateWorker, MigrationSource, MigrationTask, Posture, PrivatePostgres, PublicIngress, ServiceImage, SsmBastion, type PostgresUser,
} from 'cdk-private-backend';
import { SERVICES_PER_USER, ServiceStacks, apiPath, isWorker, serviceName, type Inputs, type Size } from './shape';

/** Example 01 in development, with any number of services. */
export class LibraryStack extends Stack {
  constructor(app: App, id: string, { root }: Inputs, { services, perStack }: Size) {
    Posture.development().applyTo(app);
    super(app, id);
    const { vpc } = new BackendNetwork(this, 'Network');
    const cluster = new BackendCluster(this, 'Cluster', { vpc });
    const postgres = new PrivatePostgres(this, 'Postgres', { vpc, databaseName: 'app', extensions: ['pgcrypto'] });
    const migrations = new MigrationTask(this, 'Migrations', {
      cluster, database: postgres.database, source: MigrationSource.goose(path.join(root, 'examples/01-private-backend/migrations')),
    });
    const ingress = new PublicIngress(this, 'Ingress', { vpc });
    let user: PostgresUser | undefined;
    const stacks = new ServiceStacks(this, perStack);
    for (let index = 0; index < services; index++) {
      const name = serviceName(index);
      user = index % SERVICES_PER_USER === 0 ? postgres.database.addUser(name, { connectionLimit: -1, poolSize: 1 }) : user;
      const props = { cluster, image: ServiceImage.fromDirectory(path.join(root, 'examples/services/go-api')), connectTo: user && [user], migrations: [migrations] };
      if (isWorker(index)) {
        new FargateWorker(stacks.stackOf(index), name, props);
      } else {
        ingress.addRoute(name, { paths: [apiPath(index)], target: new FargateApi(stacks.stackOf(index), name, props) });
      }
    }
    const tunnel = new SsmBastion(this, 'Bastion', { vpc }).addTunnel('Postgres', { target: postgres });
    ['Url', 'ConnectCommand', 'MigrateCommand', 'UserSecret'].forEach((output) => new CfnOutput(this, output, { value: tunnel.documentName }));
  }
}
