import type { Report } from '../../../examples/demo/report';
import type { Backend } from '../backend';

/** What an attacker would send who may only invoke the starter. */
const ATTACK = {
  overrides: { containerOverrides: [{ name: 'migrate', command: ['env'], environment: [{ name: 'NODE_OPTIONS', value: '--import=data:text/javascript,process.exit(0)' }] }] },
  cluster: 'other',
  taskDefinition: 'other',
  count: 2,
};

interface Answer {
  readonly started?: boolean;
  readonly taskArn?: string;
  readonly logGroup?: string;
  readonly logStream?: string;
}

/** 14. Whoever may invoke the starter runs the migrations as they are declared, whatever the payload is. */
export async function runByHand(report: Report, backend: Backend): Promise<void> {
  const { cloud, ecs } = backend.world;
  const starters = Object.entries(await backend.resources('AWS::Lambda::Function')).filter(([id]) => id.includes('Starter')).map(([, name]) => name);
  report.check(starters.length === 1, 'the migrations have a starter', starters.join(', '));
  const before = ecs.ran.length;
  const { error, answer } = await cloud.ask<Answer>(starters[0], ATTACK);
  report.check(error === undefined && answer.started === true, 'its answer is that it started a task', error ?? JSON.stringify(answer));
  await ecs.until(answer.taskArn ?? '', ({ stopCode }) => stopCode !== undefined);
  const [task, ...others] = ecs.ran.slice(before);
  report.check(others.length === 0 && task.taskArn === answer.taskArn && task.startedBy === 'by-hand', 'one task ran, started by hand', `${task.startedBy}`);
  report.check(task.overrides === undefined, 'nothing of the payload reached ECS', JSON.stringify(task.overrides));
  const [container] = task.containers.filter(({ name }) => name === 'migrate');
  report.check(container.exitCode === 0 && /nothing to apply/.test(container.lines.at(-1) ?? ''), 'the real migrations ran, and found nothing to do', container.lines.at(-1));
  report.check(answer.logStream?.endsWith(`/migrate/${task.taskArn.split('/').at(-1) ?? ''}`) === true, 'the answer says where the log is', `${answer.logGroup} ${answer.logStream}`);
}
