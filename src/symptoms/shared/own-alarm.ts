import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { Symptom } from './symptom';
import { describe } from '../../posture/shared/describe';

/** What a symptom with a threshold makes of an alarm, whoever has it. */
export function conditionOf({ metric, below }: Symptom, threshold: number): Pick<cloudwatch.AlarmProps, 'metric' | 'threshold' | 'comparisonOperator'> {
  const { GREATER_THAN_OR_EQUAL_TO_THRESHOLD, LESS_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;
  return { metric, threshold, comparisonOperator: below === true ? LESS_THAN_THRESHOLD : GREATER_THAN_OR_EQUAL_TO_THRESHOLD };
}

/** What an alarm of a construct itself has of its own. */
export interface OwnAlarm {
  readonly id: string;
  readonly alarmDescription: string;
  readonly evaluationPeriods: number;
}

/** Alarms that a construct has itself, without actions, on symptoms that monitoring monitors too. Nodes after the first have a number. */
export function createOwnAlarms(scope: Construct, symptoms: Symptom[], { id, alarmDescription, evaluationPeriods }: OwnAlarm): void {
  symptoms.forEach((symptom, index) => {
    if (symptom.threshold !== undefined) {
      const alarm = new cloudwatch.Alarm(scope, index === 0 ? id : `${id}${index + 1}`, { alarmDescription, evaluationPeriods, ...conditionOf(symptom, symptom.threshold) });
      describe(alarm, alarm, () => ({ kind: 'alarm', of: scope, symptom: symptom.alarm.section }));
    }
  });
}
