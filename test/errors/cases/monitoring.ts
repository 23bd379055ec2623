import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { App, Lazy, Stack } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as sns from 'aws-cdk-lib/aws-sns';
import { BackendMonitoring, CostReport, FargateApi, HardeningCheck, ReachabilityCheck, ReachabilityPoint, Scaling, type IPublicIngress } from '../../../src';
import { inEnvironment, inProduction, type ErrorCases } from '../case';
import type { World } from '../world';

/** Runs a check on the templates of the app. CDK would write a report around the error. */
function run({ app }: World, check: ReachabilityCheck): void {
  runOn(app, check, app.synth().stacks.map(({ templateFullPath }) => templateFullPath));
}

function runOn(app: App, check: ReachabilityCheck, templatePaths: string[]): void {
  check.validate({ stackTemplates: [], templatePaths, appConstruct: app, accountId: undefined, region: undefined });
}

/** A folder with a manifest, or with nothing. */
function folder(manifest?: string): string {
  const directory = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'case-')), 'cdk.out');
  fs.mkdirSync(directory);
  if (manifest !== undefined) {
    fs.writeFileSync(path.join(directory, 'manifest.json'), manifest);
  }
  return directory;
}

/** Monitoring, and checks of templates. */
export const MONITORING: ErrorCases = {
  'BackendMonitoring.fifoTopic': ({ stack }) => new BackendMonitoring(stack, 'Monitoring', { topic: new sns.Topic(stack, 'Alarms', { fifo: true }) }),
  'BackendMonitoring.foreignIngress': ({ stack, vpc, monitoring }) => {
    const loadBalancer = new elbv2.ApplicationLoadBalancer(stack, 'LoadBalancer', { vpc });
    monitoring.monitorIngress(loadBalancer as unknown as IPublicIngress);
  },
  'BackendMonitoring.importedTopic': inProduction(({ stack }) => {
    const topic = sns.Topic.fromTopicArn(stack, 'Alarms', 'arn:aws:sns:eu-west-1:111111111111:alarms');
    new BackendMonitoring(stack, 'Monitoring', { topic });
  }),
  'BackendMonitoring.notMonitored': ({ monitoring, bucket }) => monitoring.monitor(bucket),
  'BackendMonitoring.otherRegion': inEnvironment({ region: 'eu-west-1' }, ({ app, postgres }) => {
    const stack = new Stack(app, 'Operations', { env: { region: 'us-east-1' } });
    new BackendMonitoring(stack, 'Monitoring').monitorPostgres(postgres);
  }),
  'BackendMonitoring.runbookUrl': ({ stack }) => new BackendMonitoring(stack, 'Monitoring', { runbookUrl: 'wiki/runbook' }),
  'BackendMonitoring.tasks': ({ stack, cluster, image, monitoring }) => {
    const atNight = Scaling.onSchedule('Night', { schedule: Schedule.cron({ hour: '20' }), minTasks: Lazy.number({ produce: () => 2 }) });
    monitoring.monitorService(new FargateApi(stack, 'Api', { cluster, image, scaleOn: [atNight] }));
  },
  'BackendMonitoring.twice': ({ monitoring, postgres }) => [monitoring.monitorPostgres(postgres), monitoring.monitor(postgres)],
  'Check.noAssembly': () => new HardeningCheck().validateAssembly(folder()),
  'Check.noReport': () => new ReachabilityCheck().report(),
  'Check.unknownTemplate': ({ app }) => runOn(app, new ReachabilityCheck(), [path.join(folder('{ "artifacts": {} }'), 'Old.template.json')]),
  'Check.unreadable': () => new HardeningCheck().validateAssembly(folder('{ "artifacts": ')),
  'CostReport.budget': () => CostReport.budget(-1),
  'CostReport.region': () => new CostReport({ region: 'eu-north-1' }),
  'ReachabilityCheck.bothOutside': () => new ReachabilityCheck().forbid(ReachabilityPoint.internet(), ReachabilityPoint.cidr('10.0.0.0/8'), ec2.Port.allTraffic()),
  'ReachabilityCheck.noInterface': (world) => {
    const check = new ReachabilityCheck();
    check.forbid(ReachabilityPoint.internet(), ReachabilityPoint.of(world.bucket), ec2.Port.allTraffic());
    run(world, check);
  },
  'ReachabilityCheck.otherApp': (world) => {
    const [check, other] = [new ReachabilityCheck(), new Stack(new App(), 'Other')];
    check.forbid(ReachabilityPoint.of(other), ReachabilityPoint.of(world.postgres), ec2.Port.allTraffic());
    run(world, check);
  },
  'ReachabilityCheck.statementOfFolder': ({ app, postgres }) => {
    const check = new ReachabilityCheck();
    check.forbid(ReachabilityPoint.internet(), ReachabilityPoint.of(postgres), ec2.Port.allTraffic());
    check.validateAssembly(app.synth().directory);
  },
  'ReachabilityPoint.cidr': () => ReachabilityPoint.cidr('203.0.113.7'),
};
