import { Token } from 'aws-cdk-lib';
import { MathExpression, type MathExpressionProps, type Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Symptom } from './symptom';

/**
 * Too few of something that reports only while it is there: where nothing is reported, nothing is there. A least number that only the
 * deployment knows may be 0, so that no report must be compared as 0 and not be taken for too few.
 *
 * @param least 0: none may be there, so that there is only a graph; nothing: not known, so likewise
 */
export function shortage(metric: Metric | MathExpression, least: number | undefined, period: MathExpressionProps['period']): Pick<Symptom, 'metric' | 'threshold' | 'below' | 'treatMissingData'> {
  if (least === undefined || least === 0) {
    return { metric, treatMissingData: TreatMissingData.NOT_BREACHING };
  }
  return Token.isUnresolved(least)
    ? { metric: new MathExpression({ expression: 'FILL(there, 0)', usingMetrics: { there: metric }, period }), threshold: least, below: true, treatMissingData: TreatMissingData.MISSING }
    : { metric, threshold: least, below: true, treatMissingData: TreatMissingData.BREACHING };
}
