import { Duration, Token } from 'aws-cdk-lib';
import { MathExpression, type Metric, type MetricOptions, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITargetGroup, TargetGroupBase } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IConstruct } from 'constructs';
import type { IPublicIngress } from '..';
import type { IIngressTarget, IMonitoredService } from '../../binding';
import { referWeakly } from '../../private/cross-stack';
import { BackendAlarm } from '../../symptoms';
import { count, percent, seconds, shown } from '../../symptoms/shared/limits';
import { shortage } from '../../symptoms/shared/shortage';
import type { Symptom } from '../../symptoms/shared/symptom';
import type { IApplicationIngressRoute } from '../ingress-rule';
import type { MonitorIngressOptions } from '../monitor-ingress-options';
import type { INetworkIngressRoute } from '../network-ingress-route';

const MINUTE = Duration.minutes(1);
const FIVE_MINUTES = Duration.minutes(5);

/** Errors of a minute that count, whatever their share of its requests. */
const USUAL_ERRORS = 5;

/** A route, by the name that tells it from others, and where it leads. */
export interface MadeRoute {
  readonly name: string;
  readonly route: IApplicationIngressRoute;
  readonly target: IIngressTarget;
}

/** Limits of an ingress and of all its routes. */
export interface IngressLimits {
  readonly errorPercent: number;
  /** Nothing: a few, or more than half of the requests. */
  readonly minErrors?: number;
  readonly latencySeconds: number;
}

export function ingressLimits(scope: IConstruct, options: MonitorIngressOptions): IngressLimits {
  return {
    errorPercent: percent(scope, 'errorPercent', options.errorPercent, 5, 0),
    minErrors: options.minErrors === undefined ? undefined : count(scope, 'minErrors', options.minErrors),
    latencySeconds: seconds(scope, 'maxLatency', options.maxLatency ?? Duration.seconds(1)),
  };
}

/**
 * What a load balancer answers itself, where no target does. It counts requests only that a target was found for, so the two are
 * added. Nothing is reported where there was nothing.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
 */
export function ingressSymptoms(ingress: IPublicIngress, { errorPercent, minErrors }: IngressLimits): Symptom[] {
  const errors = ingress.metric('HTTPCode_ELB_5XX_Count', { period: MINUTE });
  const requests = ingress.metricRequestCount({ period: MINUTE });
  return [{
    ...errorRate({ errors: [errors], requests: [requests], own: true, minErrors, errorPercent }),
    alarm: BackendAlarm.INGRESS_ERRORS,
    title: '5xx of the load balancer (%)',
    description: `The load balancer itself has answered ${shown(errorPercent)} % of the requests with 5xx, in 3 of 15 minutes`,
  }];
}

/** What the targets of a route look like from outside. A route that moves between two target groups is seen as one. */
export function routeSymptoms(ingress: IPublicIngress, { name: part, route, target }: MadeRoute, limits: IngressLimits): Symptom[] {
  const groups = targetGroupsOf(route);
  const each = (name: string, options: MetricOptions) => groups.map((group) => metricOf(ingress, group, name, options));
  const { errorPercent, minErrors, latencySeconds } = limits;
  return [
    {
      ...errorRate({ errors: each('HTTPCode_Target_5XX_Count', { period: MINUTE }), requests: each('RequestCount', { period: MINUTE }), minErrors, errorPercent }),
      alarm: BackendAlarm.ROUTE_ERRORS,
      part,
      title: `${part}: 5xx (%)`,
      description: `The service has answered ${shown(errorPercent)} % of the requests of route ${part} with 5xx, in 3 of 15 minutes`,
    },
    {
      alarm: BackendAlarm.ROUTE_LATENCY,
      part,
      title: `${part}: p99 of the latency (s)`,
      description: `One of 100 requests of route ${part} has taken ${latencySeconds} s or more, for 15 minutes`,
      metric: greatest(each('TargetResponseTime', { statistic: Stats.p(99), period: FIVE_MINUTES }), FIVE_MINUTES),
      threshold: latencySeconds,
      evaluationPeriods: 3,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ignoreFewSamples: groups.length === 1,
    },
    ...targetSymptoms(ingress, groups, { name: part, target }),
  ];
}

/** What can be measured of one target group of a load balancer. */
export interface MeasuredBalancer {
  metric(metricName: string, options?: MetricOptions): Metric;
}

/** How well the targets of a route are, whatever the kind of the load balancer. */
export function targetSymptoms(ingress: MeasuredBalancer, groups: TargetGroupBase[], { name: part, target }: Pick<MadeRoute, 'name' | 'target'>): Symptom[] {
  const greatestOf = (name: string) => greatest(groups.map((group) => metricOf(ingress, group, name, { statistic: Stats.MAXIMUM, period: MINUTE })), MINUTE);
  return [
    {
      alarm: BackendAlarm.ROUTE_UNHEALTHY,
      part,
      title: `${part}: unhealthy targets`,
      description: `A target of route ${part} has failed its health check for 5 minutes`,
      metric: greatestOf('UnHealthyHostCount'),
      threshold: 1,
      evaluationPeriods: 5,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    },
    emptySymptom(greatestOf('HealthyHostCount'), target, part),
  ];
}

/** A group without targets reports nothing, and until the service is there it has none. */
function emptySymptom(healthy: Metric | MathExpression, target: IIngressTarget, part: string): Symptom {
  const { minTargets = 1 } = target;
  const isKnown = !Token.isUnresolved(minTargets);
  return {
    alarm: BackendAlarm.ROUTE_EMPTY,
    part,
    title: `${part}: healthy targets`,
    description: `Route ${part} has had ${isKnown ? 'no healthy target' : 'fewer healthy targets than tasks must run'} for 5 minutes`,
    ...shortage(healthy, isKnown ? Math.min(1, minTargets) : minTargets, MINUTE),
    evaluationPeriods: 5,
    after: [(target as Partial<IMonitoredService>).service ?? target],
  };
}

/** The second target group is there only where the service shifts requests when it is deployed. */
export function targetGroupsOf({ targetGroup, alternateTargetGroup }: IApplicationIngressRoute | INetworkIngressRoute): TargetGroupBase[] {
  const both: (ITargetGroup | undefined)[] = [targetGroup, alternateTargetGroup];
  const groups = both.filter((group) => group !== undefined) as TargetGroupBase[];
  referWeakly(...groups.flatMap((group) => group.node.defaultChild ?? []));
  return groups;
}

function metricOf(ingress: MeasuredBalancer, group: TargetGroupBase, name: string, options: MetricOptions): Metric {
  const { dimensions } = ingress.metric(name);
  return ingress.metric(name, { dimensionsMap: { ...dimensions, TargetGroup: group.targetGroupFullName }, ...options });
}

/** Functions over several series take those that have a value: the group without requests has none. */
function greatest(metrics: Metric[], period: Duration): Metric | MathExpression {
  return metrics.length === 1
    ? metrics[0]
    : new MathExpression({ expression: 'MAX([m0, m1])', usingMetrics: { m0: metrics[0], m1: metrics[1] }, period });
}

interface ErrorRate {
  readonly errors: Metric[];
  readonly requests: Metric[];
  /** Whether requests that failed are not among the requests. */
  readonly own?: boolean;
  readonly minErrors?: number;
  readonly errorPercent: number;
}

type Rate = Pick<Symptom, 'metric' | 'threshold' | 'evaluationPeriods' | 'datapointsToAlarm' | 'treatMissingData'>;

/**
 * Each minute with too few errors counts as one without. Three: a single bad minute is a deployment or a scan. Of 15: where requests are rare, so
 * are minutes in which one can fail.
 */
function errorRate({ errors, requests, own = false, minErrors, errorPercent }: ErrorRate): Rate {
  const named = (letter: string, metrics: Metric[]) => Object.fromEntries(metrics.map((metric, index) => [`${letter}${index}`, metric]));
  const usingMetrics = { ...named('e', errors), ...named('r', requests) };
  const sum = (letter: string, ...others: string[]) => `SUM([${[...Object.keys(usingMetrics).filter((name) => name.startsWith(letter)), ...others].join(', ')}])`;
  const all = own ? sum('e', 'FILL(r0, 0)') : sum('r');
  const counts = minErrors === undefined ? `(${sum('e')} >= ${USUAL_ERRORS}) OR (2 * ${sum('e')} > ${all})` : `${sum('e')} >= ${shown(minErrors)}`;
  return {
    metric: new MathExpression({
      expression: `IF(${counts}, 100 * ${sum('e')} / ${all}, 0)`,
      usingMetrics,
      label: '5xx',
      period: MINUTE,
    }),
    threshold: errorPercent,
    evaluationPeriods: 15,
    datapointsToAlarm: 3,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  };
}
