import * as fs from 'fs';
import * as path from 'path';
import { App, Stack, Validations, type IPolicyValidationContext } from 'aws-cdk-lib';
import { Table, AttributeType } from 'aws-cdk-lib/aws-dynamodb';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster, ContainerImage, FargateService, FargateTaskDefinition, LogDrivers } from 'aws-cdk-lib/aws-ecs';
import { ApplicationLoadBalancer, ApplicationProtocol, ListenerAction, ListenerCondition } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { WORK } from './support/paths';
import { printTable, type Verdict } from './support/report';
import { fastest, median } from './support/statistics';
import { HardeningCheck } from '../src/checks/hardening';

const SERVICES = 100;
const ROUNDS = 7;

/** Keeps the time that the check takes, reading and resolving the templates included. */
class TimedHardeningCheck extends HardeningCheck {
  public millis = 0;

  public override validate(context: IPolicyValidationContext) {
    const start = performance.now();
    const report = super.validate(context);
    this.millis += performance.now() - start;
    // A violation would stop the synthesis that is measured.
    return { ...report, success: true, violations: [] };
  }
}

/** What the check of an app with 100 services, made of nothing but the CDK, adds to its synthesis. */
export async function benchHardening(): Promise<Verdict[]> {
  synthesise();
  const rounds = Array.from({ length: ROUNDS }, synthesise);
  const [check, synth] = [rounds.map((round) => round.check), rounds.map((round) => round.synth)];
  const share = median(rounds.map((round) => round.check / round.synth));
  const title = `### Hardening check of ${SERVICES} services (${rounds[0].resources} resources, ${rounds[0].findings} findings), of ${ROUNDS} rounds`;
  printTable(title, ['', 'check, ms', 'synth without it, ms', 'share'], [
    ['fastest round', fastest(check), fastest(synth), fastest(check) / fastest(synth)],
    ['median', median(check), median(synth), share],
  ]);
  return [{ what: `hardening check of ${SERVICES} services over synth time`, value: share, target: 0.1 }];
}

interface Round {
  /** Milliseconds in the check. */
  readonly check: number;
  /** Milliseconds from before `new App()` to after `app.synth()`, without the check. */
  readonly synth: number;
  readonly resources: number;
  readonly findings: number;
}

function synthesise(): Round {
  const outdir = path.join(WORK, 'out', 'hardening');
  fs.rmSync(outdir, { recursive: true, force: true });
  const start = performance.now();
  const app = new App({ outdir, context: { '@aws-cdk/core:stackResourceLimit': 0 } });
  const stack = build(app);
  const check = new TimedHardeningCheck();
  Validations.of(app).addPlugins(check);
  const assembly = app.synth();
  const all = performance.now() - start;
  const { Resources: resources } = assembly.getStackByName(stack.stackName).template as { Resources: object };
  return { check: check.millis, synth: all - check.millis, resources: Object.keys(resources).length, findings: check.report().findings.length };
}

/** Services behind one load balancer, each with a table of its own. */
function build(app: App): Stack {
  const stack = new Stack(app, 'Backend');
  const vpc = new Vpc(stack, 'Vpc');
  const cluster = new Cluster(stack, 'Cluster', { vpc });
  const balancer = new ApplicationLoadBalancer(stack, 'Balancer', { vpc, internetFacing: true });
  const listener = balancer.addListener('Http', { port: 80, protocol: ApplicationProtocol.HTTP, defaultAction: ListenerAction.fixedResponse(404) });
  for (let index = 0; index < SERVICES; index++) {
    const taskDefinition = new FargateTaskDefinition(stack, `Task${index}`);
    const table = new Table(stack, `Table${index}`, { partitionKey: { name: 'id', type: AttributeType.STRING } });
    table.grantReadWriteData(taskDefinition.taskRole);
    taskDefinition.addContainer('web', {
      image: ContainerImage.fromRegistry('public.ecr.aws/nginx/nginx:1.29'),
      portMappings: [{ containerPort: 8080 }],
      environment: { TABLE: table.tableName, LOG_LEVEL: 'info' },
      logging: LogDrivers.awsLogs({ streamPrefix: 'web' }),
    });
    const service = new FargateService(stack, `Service${index}`, { cluster, taskDefinition });
    listener.addTargets(`Route${index}`, { priority: index + 1, conditions: [ListenerCondition.pathPatterns([`/api${index}/*`])], port: 8080, targets: [service] });
  }
  return stack;
}
