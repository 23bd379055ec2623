import { Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { Symptom } from '../../symptoms/shared/symptom';

/** Three graphs in a row of 24 columns. */
const GRAPH_WIDTH = 8;
const FULL_WIDTH = 24;

/** A graph of a symptom, with its alarm where there is one. */
export interface Graph {
  readonly symptom: Symptom;
  readonly alarm?: cloudwatch.Alarm;
}

export function createBoard(scope: Construct): cloudwatch.Dashboard {
  return new cloudwatch.Dashboard(scope, 'Dashboard', { periodOverride: cloudwatch.PeriodOverride.INHERIT });
}

/** CDK writes the threshold into a label, where a number that is known only at deployment becomes another one. */
function annotationOf({ threshold }: Symptom, alarm: cloudwatch.Alarm): cloudwatch.HorizontalAnnotation {
  return threshold !== undefined && Token.isUnresolved(threshold) ? { value: threshold } : alarm.toAnnotation();
}

/** A heading, and below it each symptom in the order in which it was looked for. */
export function addToBoard(board: cloudwatch.Dashboard, title: string, graphs: Graph[], region: string): void {
  board.addWidgets(new cloudwatch.TextWidget({ markdown: `## ${title}`, width: FULL_WIDTH, height: 1 }));
  board.addWidgets(...graphs.map(({ symptom, alarm }) => new cloudwatch.GraphWidget({
    title: symptom.title,
    width: GRAPH_WIDTH,
    region,
    left: [symptom.metric],
    leftYAxis: { min: 0 },
    leftAnnotations: alarm === undefined ? undefined : [annotationOf(symptom, alarm)],
  })));
}
