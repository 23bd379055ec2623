import * as path from 'path';
import { CfnOutput, Stack, type App } from 'aws-cdk-lib';
import {
  BackendCluster, BackendNetwork, FargateApi, MigrationSource, MigrationTask, Posture, PrivatePostgres, PublicEdge, ServiceImage, SsmBastion, type PostgresUser,
} from 'cdk-private-backend';
import { APIS_PER_USER, apiName, apiPath, type Inputs } from './shape';

/** Example 01 in development, with any number of APIs. */
export class LibraryStack extends Stack {
  constructor(app: App, id: string, { root }: Inputs, apis: number) {
    Posture.development().applyTo(app);
    super(app, id);
    const { vpc } = new BackendNetwork(this, 'Network');
    const cluster = new BackendCluster(this, 'Cluster', { vpc });
    const postgres = new PrivatePostgres(this, 'Postgres', { vpc, databaseName: 'app', extensions: ['pgcrypto'] });
    const migrations = new MigrationTask(this, 'Migrations', {
      cluster, database: postgres.database, source: MigrationSource.goose(path.join(root, 'examples/01-private-backend/migrations')),
    });
    const edge = new PublicEdge(this, 'Edge', { vpc });
    let user: PostgresUser | undefined;
    for (let index = 0; index < apis; index++) {
      const name = apiName(index);
      user = index % APIS_PER_USER === 0 ? postgres.database.addUser(name, { connectionLimit: 1, poolSize: 1 }) : user;
      const api = new FargateApi(this, name, {
        cluster,
        image: ServiceImage.fromDirectory(path.join(root, 'examples/services/go-api')),
        connectTo: user && [user],
        migrations: [migrations],
      });
      edge.addRoute(name, { paths: [apiPath(index)], target: api });
    }
    const tunnel = new SsmBastion(this, 'Bastion', { vpc }).addTunnel('Postgres', { target: postgres });
    ['Url', 'ConnectCommand', 'MigrateCommand', 'UserSecret'].forEach((output) => new CfnOutput(this, output, { value: tunnel.documentName }));
  }
}
