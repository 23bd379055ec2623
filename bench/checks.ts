import * as fs from 'fs';
import * as path from 'path';
import { App, Stack, Validations, type IPolicyValidationPlugin } from 'aws-cdk-lib';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { BackendCluster, BackendNetwork, CostReport, FargateApi, HardeningCheck, Posture, PrivatePostgres, PublicIngress, ReachabilityCheck, SsmBastion } from '../src';
import { WORK } from './support/paths';
import { printTable, type Verdict } from './support/report';
import { fastest, median } from './support/statistics';

const SERVICES = [50, 100] as const;
const ROUNDS = 7;
const CHECKS = { ReachabilityCheck, HardeningCheck, CostReport };

interface Round {
  /** Milliseconds in the check, reading and resolving the templates included. */
  readonly check: number;
  /** Milliseconds from before `new App()` to after `app.synth()`, without the check. */
  readonly synth: number;
}

/** (f) What each check adds to the synthesis of an app with many services, and how that grows with their number. */
export async function benchChecks(): Promise<Verdict[]> {
  const names = Object.keys(CHECKS) as (keyof typeof CHECKS)[];
  const measure = () => names.map((name) => SERVICES.map((services) => synthesise(services, new CHECKS[name]())));
  measure();
  const rounds = Array.from({ length: ROUNDS }, measure);
  const results = names.map((name, index) => {
    const [half, all] = SERVICES.map((_, size) => rounds.map((round) => round[index][size]));
    const share = median(all.map(({ check, synth }) => check / synth));
    const growth = fastest(all.map(({ check }) => check)) / fastest(half.map(({ check }) => check));
    return { name, check: median(all.map(({ check }) => check)), synth: median(all.map(({ synth }) => synth)), share, growth };
  });
  printTable(`### (f) Checks of ${SERVICES[1]} services, medians of ${ROUNDS} rounds`, ['', 'check, ms', 'synth without it, ms', 'share', `over ${SERVICES[0]} services`],
    results.map(({ name, check, synth, share, growth }) => [name, check, synth, share, growth]));
  return results.map(({ name, share }) => ({ what: `(f) ${name} of ${SERVICES[1]} services over synth time`, value: share, target: 0.1 }));
}

function synthesise(services: number, check: IPolicyValidationPlugin): Round {
  const outdir = path.join(WORK, 'out', 'checks');
  fs.rmSync(outdir, { recursive: true, force: true });
  let millis = 0;
  const start = performance.now();
  const app = new App({ outdir, context: { '@aws-cdk/core:stackResourceLimit': 0 } });
  build(app, services);
  Validations.of(app).addPlugins({
    name: check.name,
    validate: (context) => {
      const begin = performance.now();
      check.validate(context);
      millis += performance.now() - begin;
      // Without HTTPS, which would need a zone, there are violations; they would stop what is measured.
      return { success: true, violations: [] };
    },
  });
  app.synth();
  return { check: millis, synth: performance.now() - start - millis };
}

/** Many services behind one ingress, each with groups, rules and a log of its own. */
function build(app: App, services: number): void {
  Posture.production({ requireHttps: false }).applyTo(app);
  const stack = new Stack(app, 'Backend', { terminationProtection: true });
  const vpc = new BackendNetwork(stack, 'Network').vpc;
  const cluster = new BackendCluster(stack, 'Cluster', { vpc });
  const postgres = new PrivatePostgres(stack, 'Postgres', { vpc, databaseName: 'app' });
  const user = postgres.database.addUser('Api', { connectionLimit: -1, poolSize: 1 });
  const ingress = new PublicIngress(stack, 'Ingress', { vpc });
  for (let index = 0; index < services; index++) {
    const api = new FargateApi(stack, `Api${index}`, { cluster, image: ContainerImage.fromRegistry('public.ecr.aws/nginx/nginx:1.29'), connectTo: [user] });
    // Priorities are hashes of the routes, and two of a hundred collide.
    ingress.addRoute(`Api${index}`, { paths: [`/api${index}/*`], target: api, priority: 1000 + index });
  }
  new SsmBastion(stack, 'Bastion', { vpc }).addTunnel('Postgres', { target: postgres });
}
