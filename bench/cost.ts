import * as fs from 'fs';
import * as path from 'path';
import { App, Stack, Validations, type IPolicyValidationContext } from 'aws-cdk-lib';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { BackendCluster, BackendNetwork, FargateApi, MigrationSource, MigrationTask, Posture, PrivatePostgres, PublicEdge, SsmBastion } from '../src';
import { ROOT, WORK } from './support/paths';
import { printTable, type Verdict } from './support/report';
import { fastest, median } from './support/statistics';
import { CostReport } from '../src/checks/cost';

const SERVICES = 100;
const ROUNDS = 7;

/** Keeps the time that the check takes, reading and resolving the templates included. */
class TimedCostReport extends CostReport {
  public millis = 0;

  public override validate(context: IPolicyValidationContext) {
    const start = performance.now();
    const report = super.validate(context);
    this.millis += performance.now() - start;
    return report;
  }
}

/** What the cost report of an app with 100 services adds to its synthesis. */
export async function benchCost(): Promise<Verdict[]> {
  synthesise();
  const rounds = Array.from({ length: ROUNDS }, synthesise);
  const [check, synth] = [rounds.map((round) => round.check), rounds.map((round) => round.synth)];
  const share = median(rounds.map((round) => round.check / round.synth));
  printTable(`### Cost report of ${SERVICES} services (${rounds[0].resources} resources), of ${ROUNDS} rounds`, ['', 'check, ms', 'synth without it, ms', 'share'], [
    ['fastest round', fastest(check), fastest(synth), fastest(check) / fastest(synth)],
    ['median', median(check), median(synth), share],
  ]);
  return [{ what: `cost report of ${SERVICES} services over synth time`, value: share, target: 0.1 }];
}

interface Round {
  /** Milliseconds in the check. */
  readonly check: number;
  /** Milliseconds from before `new App()` to after `app.synth()`, without the check. */
  readonly synth: number;
  readonly resources: number;
}

function synthesise(): Round {
  const outdir = path.join(WORK, 'out', 'cost');
  fs.rmSync(outdir, { recursive: true, force: true });
  const start = performance.now();
  const app = new App({ outdir, context: { '@aws-cdk/core:stackResourceLimit': 0 } });
  const stack = build(app);
  const check = new TimedCostReport({ region: 'us-east-1' });
  Validations.of(app).addPlugins(check);
  const assembly = app.synth();
  const all = performance.now() - start;
  const { Resources: resources } = assembly.getStackByName(stack.stackName).template as { Resources: object };
  return { check: check.millis, synth: all - check.millis, resources: Object.keys(resources).length };
}

/** Example 01 with many services behind one edge. */
function build(app: App): Stack {
  Posture.production({ requireHttps: false }).applyTo(app);
  const stack = new Stack(app, 'Backend');
  const { vpc } = new BackendNetwork(stack, 'Network');
  const cluster = new BackendCluster(stack, 'Cluster', { vpc });
  const postgres = new PrivatePostgres(stack, 'Postgres', { vpc, databaseName: 'app' });
  const migrations = new MigrationTask(stack, 'Migrations', {
    cluster, database: postgres.database, source: MigrationSource.goose(path.join(ROOT, 'examples/01-private-backend/migrations')),
  });
  const user = postgres.database.addUser('Api', { connectionLimit: 1, poolSize: 1 });
  const edge = new PublicEdge(stack, 'Edge', { vpc });
  for (let index = 0; index < SERVICES; index++) {
    const api = new FargateApi(stack, `Api${index}`, {
      cluster, image: ContainerImage.fromRegistry('public.ecr.aws/nginx/nginx:1.29'), connectTo: [user], migrations: [migrations],
    });
    // Priorities are hashes of the routes, and two of a hundred collide.
    edge.addRoute(`Api${index}`, { paths: [`/api${index}/*`], target: api, priority: 1000 + index });
  }
  new SsmBastion(stack, 'Bastion', { vpc }).addTunnel('Postgres', { target: postgres });
  return stack;
}
