import * as fs from 'fs';
import * as path from 'path';
import { App, Stack, Validations, type IPolicyValidationContext } from 'aws-cdk-lib';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { BackendCluster, BackendNetwork, FargateApi, Posture, PrivatePostgres, PublicEdge, SsmBastion } from '../src';
import { WORK } from './support/paths';
import { printTable, type Verdict } from './support/report';
import { fastest, median } from './support/statistics';
import { ReachabilityCheck } from '../src/checks/reachability';

const COUNTS = [25, 50, 100] as const;
const ROUNDS = 7;

/** Keeps the time that the check takes, reading and resolving the templates included. */
class TimedCheck extends ReachabilityCheck {
  public millis = 0;

  public override validate(context: IPolicyValidationContext) {
    const start = performance.now();
    const report = super.validate(context);
    this.millis += performance.now() - start;
    return report;
  }
}

/** What the check adds to the synthesis of an app with many services, and how it grows with their number. */
export async function benchReachability(): Promise<Verdict[]> {
  synthesise(COUNTS[0]);
  const rounds = Array.from({ length: ROUNDS }, () => COUNTS.map(synthesise));
  const rows = COUNTS.map((count, index) => {
    const of = rounds.map((round) => round[index]);
    const shares = of.map(({ check, synth }) => check / synth);
    const check = of.map((round) => round.check);
    return { count, resources: of[0].resources, fastest: fastest(check), check: median(check), synth: median(of.map(({ synth }) => synth)), share: median(shares) };
  });
  printTable(`### Reachability check, medians of ${ROUNDS} rounds`, ['services', 'resources', 'fastest, ms', 'check, ms', 'synth without it, ms', 'share'],
    rows.map((row) => [String(row.count), row.resources, row.fastest, row.check, row.synth, row.share]));
  const [, fifty, hundred] = rows;
  return [
    { what: 'reachability check of 100 services over synth time', value: hundred.share, target: 0.1 },
    { what: 'reachability check: a service of 100 over one of 50, fastest rounds', value: (hundred.fastest / 100) / (fifty.fastest / 50), target: 1.3 },
  ];
}

interface Round {
  /** Milliseconds in the check. */
  readonly check: number;
  /** Milliseconds from before `new App()` to after `app.synth()`, without the check. */
  readonly synth: number;
  readonly resources: number;
}

function synthesise(services: number): Round {
  const outdir = path.join(WORK, 'out', 'reachability');
  fs.rmSync(outdir, { recursive: true, force: true });
  const start = performance.now();
  const app = new App({ outdir, context: { '@aws-cdk/core:stackResourceLimit': 0 } });
  const stack = build(app, services);
  const check = new TimedCheck();
  Validations.of(app).addPlugins(check);
  const assembly = app.synth();
  const all = performance.now() - start;
  const { Resources: resources } = assembly.getStackByName(stack.stackName).template as { Resources: object };
  const [finding] = check.report().findings;
  if (finding !== undefined) {
    throw new Error(`The check found something: ${finding.message}`);
  }
  return { check: check.millis, synth: all - check.millis, resources: Object.keys(resources).length };
}

/** Many services behind one edge, each with groups, rules, log and database of its own. */
export function build(app: App, services: number): Stack {
  Posture.production({ requireHttps: false }).applyTo(app);
  const stack = new Stack(app, 'Backend');
  const { vpc } = new BackendNetwork(stack, 'Network');
  const cluster = new BackendCluster(stack, 'Cluster', { vpc });
  const postgres = new PrivatePostgres(stack, 'Postgres', { vpc, databaseName: 'app' });
  const user = postgres.database.addUser('Api', { connectionLimit: 1, poolSize: 1 });
  const edge = new PublicEdge(stack, 'Edge', { vpc });
  for (let index = 0; index < services; index++) {
    const api = new FargateApi(stack, `Api${index}`, { cluster, image: ContainerImage.fromRegistry('public.ecr.aws/nginx/nginx:1.29'), connectTo: [user] });
    // Priorities are hashes of the routes, and two of a hundred collide.
    edge.addRoute(`Api${index}`, { paths: [`/api${index}/*`], target: api, priority: 1000 + index });
  }
  new SsmBastion(stack, 'Bastion', { vpc }).addTunnel('Postgres', { target: postgres });
  return stack;
}
