import { App, Stack, type Environment } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import { BackendCluster, BackendNetwork, Egress, Posture } from '../../../src';
import { IMAGE } from '../../fargate/fixture';

/** Where a case declares its constructs. */
export interface World {
  readonly stack: Stack;
  readonly vpc: ec2.IVpc;
  readonly cluster: ecs.ICluster;
  readonly image: ecs.ContainerImage;
}

export interface SynthOptions {
  /** @default - development */
  readonly posture?: Posture;
  readonly env?: Environment;
}

interface Resource {
  readonly Type: string;
  readonly Properties?: object;
}

/** A template, or the refusal to make one, and everything that was said. */
export class Synthesised {
  public constructor(private readonly resources: Resource[], private readonly messages: string[], public readonly error?: string) {}

  /** Errors and warnings as one text. */
  public get said(): string {
    return [this.error ?? '', ...this.messages].join('\n').trim();
  }

  /** Properties of the resources of a type. */
  public of<Properties>(type: string): Properties[] {
    return this.resources.filter(({ Type }) => Type === type).map(({ Properties = {} }) => Properties as Properties);
  }

  /** Properties of the one resource of a type. */
  public only<Properties>(type: string): Properties {
    const found = this.of<Properties>(type);
    if (found.length !== 1) throw new Error(`The template has ${found.length} × ${type}. ${this.said}`);
    return found[0];
  }
}

export function production(): Posture {
  return Posture.production({ egress: Egress.natInstance() });
}

/** Declares in a stack of an app of its own, and synthesises. What the library or the CDK refuses is part of the answer. */
export function synth(declare: (world: World) => void, { posture = Posture.development(), env }: SynthOptions = {}): Synthesised {
  const app = new App({ analyticsReporting: false });
  posture.applyTo(app);
  const stack = new Stack(app, 'Backend', { env });
  try {
    const { vpc } = new BackendNetwork(stack, 'Network');
    declare({ stack, vpc, cluster: new BackendCluster(stack, 'Cluster', { vpc }), image: IMAGE });
    const { stacks } = app.synth();
    const messages = stacks.flatMap((artifact) => artifact.messages.filter(({ level }) => level !== 'info').map(({ entry }) => String(entry.data)));
    return new Synthesised(stacks.flatMap(({ template }) => Object.values(template.Resources as Record<string, Resource>)), messages);
  } catch (error) {
    // A mistake of the case is no refusal.
    if (error instanceof TypeError || error instanceof ReferenceError) throw error;
    return new Synthesised([], [], (error as Error).message);
  }
}

/** A policy that tracks a metric of its own. */
export interface ScalingPolicy {
  readonly PolicyType: string;
  readonly TargetTrackingScalingPolicyConfiguration: {
    readonly CustomizedMetricSpecification: {
      readonly Metrics: { readonly Id: string; readonly Expression?: string; readonly MetricStat?: { readonly Metric: { readonly Namespace: string; readonly MetricName: string } } }[];
    };
  };
}

/** Functions of CloudWatch's metric math; `null` is a metric without data. */
const METRIC_MATH = {
  IF: (condition: unknown, yes: number, no: number) => (condition ? yes : no),
  FILL: (value: number | null, otherwise: number) => value ?? otherwise,
  MAX: (list: number[]) => Math.max(...list),
  MIN: (list: number[]) => Math.min(...list),
  CEIL: Math.ceil,
  FLOOR: Math.floor,
  ABS: Math.abs,
};

/** The value of a policy's metric, computed as CloudWatch does. */
export function metricOf(policy: ScalingPolicy, values: { readonly waiting: number; readonly tasks: number | null }): number {
  const known: Record<string, unknown> = { ...METRIC_MATH };
  let last = NaN;
  for (const { Id, MetricStat, Expression = '' } of policy.TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification.Metrics) {
    if (MetricStat) {
      const { Namespace, MetricName } = MetricStat.Metric;
      known[Id] = Namespace === 'AWS/ECS' ? values.tasks : MetricName === 'ApproximateNumberOfMessagesVisible' ? values.waiting : 0;
    } else {
      const code = Expression.replace(/\bAND\b/g, '&&').replace(/\bOR\b/g, '||');
      last = Number(new Function(...Object.keys(known), `return ${code}`)(...Object.values(known)));
      known[Id] = last;
    }
  }
  return last;
}
