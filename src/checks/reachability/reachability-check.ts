import type { Port } from 'aws-cdk-lib/aws-ec2';
import type { CheckReport } from '../check-report';
import { Network } from './private/graph/network';
import { Paths } from './private/hops/paths';
import { judgeReachability, REACHABILITY_RULES } from './private/rules';
import type { Statement } from './private/rules/statements';
import type { ReachabilityPoint } from './reachability-point';
import { InvalidBackendError } from '../../private/errors';
import type { Evaluation } from '../private/rule';
import type { SourceGroup } from '../private/source-reader';
import { TemplateCheck } from '../private/template-check';

/**
 * Tells, before anything is deployed, whether the network of an app lets through what must pass, and nothing else.
 *
 * It reads the synthesised templates of all stacks and follows each connection from hop to hop: security groups, network
 * ACLs in both directions, route tables, gateways, endpoints with their own security groups, policies and private DNS. An
 * answer is reachable, blocked, with the hop that blocks, or undecided, with the reason; undecided never counts as reachable.
 *
 * Works on any CDK app. What it asks by itself: nothing on the internet reaches data stores, tasks or instances; each
 * Fargate task can start; each instance reaches what its user data and its role need; load balancers reach their targets; whoever is given a database, an
 * internal load balancer, the name of a service or the address of an instance reaches it;
 * Session Manager, tunnels and ECS Exec work where enabled; no security group is used in another VPC; no security group rule allows nothing, or more
 * than any user needs. What else must, or must
 * not, be reachable in an app is said with `expect` and `forbid`.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/reachability/how-reachability-analyzer-works.html
 * @example
 * import { App, Validations, aws_ec2 as ec2 } from 'aws-cdk-lib';
 * import { ReachabilityCheck, ReachabilityPoint, type FargateApi, type PrivatePostgres } from 'cdk-private-backend';
 *
 * declare const app: App;
 * declare const api: FargateApi;
 * declare const postgres: PrivatePostgres;
 * const check = new ReachabilityCheck();
 * check.expect(ReachabilityPoint.of(api), ReachabilityPoint.of(postgres), ec2.Port.tcp(5432));
 * check.forbid(ReachabilityPoint.internet(), ReachabilityPoint.of(postgres), ec2.Port.allTraffic());
 * Validations.of(app).addPlugins(check);
 */
export class ReachabilityCheck extends TemplateCheck {
  private readonly statements: Statement[] = [];

  /** Makes the check; `Validations.of(app).addPlugins()` adds it to an app. */
  public constructor() {
    super('ReachabilityCheck', REACHABILITY_RULES.map(({ id }) => id));
  }

  /**
   * States that every connection of a kind gets from one point to another, wherever in their subnets both stand.
   *
   * Synthesis fails where one does not, and where a construct has no network interface in any template.
   *
   * @param source who connects
   * @param target who is connected to
   * @param port protocol and ports
   * @throws InvalidBackendError where neither point is a construct
   */
  public expect(source: ReachabilityPoint, target: ReachabilityPoint, port: Port): void {
    this.state({ source, target, port, expected: true });
  }

  /**
   * States that no connection of a kind gets from one point to another.
   *
   * Synthesis fails where one does, and where a construct has no network interface in any template.
   *
   * @param source who must not connect
   * @param target who must not be connected to
   * @param port protocol and ports; `Port.allTraffic()` means any of them
   * @throws InvalidBackendError where neither point is a construct
   */
  public forbid(source: ReachabilityPoint, target: ReachabilityPoint, port: Port): void {
    this.state({ source, target, port, expected: false });
  }

  /**
   * What was found when the app was synthesised.
   *
   * @throws InvalidBackendError before the app was synthesised with this check
   */
  public report(): CheckReport {
    return this._report();
  }

  /** @internal */
  public _begin(_name: string, { app }: SourceGroup): void {
    const constructs = this.statements.flatMap(({ source, target }) => [source._construct, target._construct]).filter((construct) => construct !== undefined);
    if (app === undefined && constructs.length > 0) {
      throw new InvalidBackendError(constructs[0], 'ReachabilityCheck.statementOfFolder', '`expect()` and `forbid()` name constructs, and a folder of templates doesn\'t have any. Check the folder with a `new ReachabilityCheck()` without statements.');
    }
    const other = constructs.find(({ node }) => node.root !== app?.node.root);
    if (other !== undefined) {
      throw new InvalidBackendError(other, 'ReachabilityCheck.otherApp', 'This construct belongs to another app than the one that `ReachabilityCheck` checks. Pass a construct of the same app to `ReachabilityPoint.of(service)`.');
    }
  }

  /** @internal */
  public _evaluate(evaluation: Evaluation): void {
    judgeReachability({ evaluation, paths: new Paths(new Network(evaluation.model)) }, this.statements);
  }

  private state(statement: Statement): void {
    if (statement.source._construct === undefined && statement.target._construct === undefined) {
      throw new InvalidBackendError(`ReachabilityCheck.${statement.expected ? 'expect' : 'forbid'}()`, 'ReachabilityCheck.bothOutside', '`source` and `target` are both outside of the app, and the check knows only what the app creates. Use `ReachabilityPoint.of(service)` as `source` or `target`.');
    }
    this.statements.push(statement);
  }
}
