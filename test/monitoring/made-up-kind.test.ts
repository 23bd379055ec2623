import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { BackendMonitoring } from '../../src/monitoring';
import { BackendAlarm, type MonitorOptions } from '../../src/symptoms';
import type { Monitored, Monitoring, OnPart } from '../../src/symptoms/shared/monitored';
import type { Symptom } from '../../src/symptoms/shared/symptom';
import { productionApp } from '../fargate/fixture';

/** From when on a log is in trouble. */
interface MonitorLogOptions extends MonitorOptions {
  readonly maxLag?: number;
}

const LAG = BackendAlarm.of('log-lag');

/** A store of which nothing in `src/` knows: a log with partitions, of which some come later. */
class MadeUpLog extends Construct implements Monitored {
  private readonly partitions: Construct[] = [];
  private readonly onPart: OnPart[] = [];

  public addPartition(id: string): void {
    const partition = new Construct(this, id);
    this.partitions.push(partition);
    this.onPart.forEach((tell) => tell(partition, [this.lagOf(id)]));
  }

  public _monitor({ maxLag }: MonitorLogOptions): Monitoring {
    return {
      symptoms: [this.lagOf(undefined, maxLag)],
      failures: [{ alarm: BackendAlarm.of('log-node-lost'), description: 'The log lost a node', source: 'aws.made-up', detailType: 'Node Lost', detail: {}, fields: { Node: '$.detail.node' } }],
      eachPart: (tell) => {
        this.onPart.push(tell);
        this.partitions.forEach((partition) => tell(partition, [this.lagOf(partition.node.id)]));
      },
    };
  }

  private lagOf(part?: string, maxLag = 1000): Symptom {
    const metric = new Metric({ namespace: 'MadeUp/Log', metricName: 'Lag', dimensionsMap: part === undefined ? {} : { Partition: part } });
    return { alarm: LAG, part, title: 'Lag', description: `Readers are ${maxLag} records behind`, metric, threshold: maxLag, evaluationPeriods: 3, treatMissingData: TreatMissingData.BREACHING };
  }
}

function createLog(): { home: Stack; log: MadeUpLog; monitoring: BackendMonitoring } {
  const app = productionApp();
  const backend = new Stack(app, 'Backend');
  const home = new Stack(app, 'Monitoring');
  return { home, log: new MadeUpLog(backend, 'Orders'), monitoring: new BackendMonitoring(home, 'Monitoring') };
}

describe('a kind of store of which the library knows nothing', () => {
  test('is monitored by what it says of itself: its alarms, its thresholds, its events and its graphs', () => {
    // GIVEN
    const { home, log, monitoring } = createLog();

    // WHEN
    const options: MonitorLogOptions = { maxLag: 50 };
    monitoring.monitor(log, options);

    // THEN
    const template = Template.fromStack(home);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'MadeUp/Log',
      Threshold: 50,
      AlarmDescription: Match.stringLikeRegexp('^Backend/Orders: Readers are 50 records behind[.] Runbook: .*#log-lag$'),
      AlarmActions: Match.anyValue(),
    });
    template.hasResourceProperties('AWS::Events::Rule', { EventPattern: { 'source': ['aws.made-up'], 'detail-type': ['Node Lost'], 'detail': {} } });
    expect(JSON.stringify(template.findResources('AWS::CloudWatch::Dashboard'))).toContain('MadeUp/Log');
    expect(home.dependencies.map(({ node }) => node.id)).toEqual(['Backend']);
  });

  test('has alarms for parts that come later too', () => {
    const { home, log, monitoring } = createLog();
    log.addPartition('Early');
    monitoring.monitor(log);
    log.addPartition('Late');
    const alarms = Object.values(Template.fromStack(home).findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties.Dimensions?.[0].Value ?? 'all');
    expect(alarms.sort()).toEqual(['Early', 'Late', 'all']);
  });

  test('has no alarms that are excluded', () => {
    const { home, log, monitoring } = createLog();
    monitoring.monitor(log, { exclude: [LAG, BackendAlarm.of('log-node-lost')] });
    const template = Template.fromStack(home);
    template.resourceCountIs('AWS::CloudWatch::Alarm', 0);
    template.resourceCountIs('AWS::Events::Rule', 0);
  });
});
