import * as path from 'path';
import { RegisterTaskDefinitionCommand, RunTaskCommand, type ContainerDefinition } from '@aws-sdk/client-ecs';
import type { Report } from '../../../examples/demo/report';
import type { Backend } from '../backend';
import type { RanTask } from '../ecs-stand-in';
import { ROOT } from '../paths';
import { unlessEnding } from '../process';

/** A service of the template, as its task definition and the balancer know it. */
interface DeclaredService {
  readonly id: string;
  readonly taskDefinition: string;
  readonly port?: number;
  readonly path?: string;
}

const SECONDS = 90;
/** Of a service that listens nowhere, that it still runs by then counts. */
const QUIET_SECONDS = 5;
/** Nothing is under way that would have to be ended in peace. */
const STOP_SECONDS = 10;
const PROBE_IMAGE = 'probe:1';

/** 13. The containers of each service come up as one task, with their own images, secrets, volumes and users, and answer where the balancer asks. */
export async function servicesComeUp(report: Report, backend: Backend): Promise<void> {
  const { ecs } = backend.world;
  ecs.registry.push(PROBE_IMAGE, { directory: path.join(ROOT, 'src', 'fargate', 'trust-image') });
  const services = await servicesOf(backend);
  for (const service of services) {
    const started = Date.now();
    const task = await runBesideProbe(backend, service);
    const probe = task.containers.find(({ name }) => name === 'Probe');
    const failed = task.containers.map(({ name, exitCode, reason, lines }) => `${name} ${exitCode} ${reason ?? ''} ${lines.slice(-3).join(' ⏎ ')}`).join('; ');
    const where = service.path === undefined ? `runs for ${QUIET_SECONDS} seconds` : `answers ${service.path} on port ${service.port}`;
    report.check(probe?.exitCode === 0, `${service.id} ${where}`, probe?.exitCode === 0 ? `${((Date.now() - started) / 1000).toFixed(1)} s` : `${task.stoppedReason}: ${failed}`);
    const others = task.containers.filter(({ name }) => name !== 'Probe' && name !== 'Service');
    const haveEnded = others.every(({ exitCode }) => exitCode === 0);
    report.check(haveEnded, `its other containers ended well: ${others.map(({ name }) => name).join(', ')}`, haveEnded ? '' : failed);
  }
}

/** Runs a copy of the service's containers, with one more that asks the service. */
async function runBesideProbe(backend: Backend, { taskDefinition, port, path: healthPath }: DeclaredService): Promise<RanTask> {
  const { cloud, ecs } = backend.world;
  const definition = await cloud.taskDefinition(taskDefinition);
  const ask = `i=0; until wget -q -O /dev/null http://127.0.0.1:${port}${healthPath}; do i=$((i + 1)); [ $i -lt ${SECONDS} ] || exit 1; sleep 1; done`;
  const probe: ContainerDefinition = { name: 'Probe', image: PROBE_IMAGE, entryPoint: ['sh', '-c'], command: [healthPath === undefined ? `sleep ${QUIET_SECONDS}` : ask], dependsOn: [{ containerName: 'Service', condition: 'START' }] };
  const { taskDefinition: copy } = await cloud.ecs.send(new RegisterTaskDefinitionCommand({
    family: `${definition.family}Probe`,
    cpu: definition.cpu,
    memory: definition.memory,
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    volumes: definition.volumes,
    containerDefinitions: [...(definition.containerDefinitions ?? []).map((each) => ({ ...each, stopTimeout: STOP_SECONDS })), probe],
  }));
  const { tasks = [] } = await cloud.ecs.send(new RunTaskCommand({
    cluster: 'arn:aws:ecs:us-east-1:000000000000:cluster/probe', taskDefinition: copy?.taskDefinitionArn, networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
  }));
  const taskArn = tasks[0]?.taskArn ?? '';
  await ecs.until(taskArn, ({ status }) => status === 'STOPPED');
  await unlessEnding();
  return ecs.ran.find((task) => task.taskArn === taskArn)!;
}

async function servicesOf(backend: Backend): Promise<DeclaredService[]> {
  const groups = backend.declaredById('AWS::ElasticLoadBalancingV2::TargetGroup');
  const physical = await backend.resources('AWS::ECS::TaskDefinition');
  return Object.entries(backend.declaredById('AWS::ECS::Service')).map(([id, { TaskDefinition, LoadBalancers = [] }]) => {
    const [balanced] = LoadBalancers as { TargetGroupArn: { Ref: string }; ContainerPort: number }[];
    return {
      id,
      taskDefinition: physical[(TaskDefinition as { Ref: string }).Ref],
      port: balanced?.ContainerPort,
      path: balanced && groups[balanced.TargetGroupArn.Ref]?.HealthCheckPath as string,
    };
  });
}
