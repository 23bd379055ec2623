import { CfnResource, Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, type IConstruct } from 'constructs';
import type { BrokerEngine } from './broker-engine';
import { keyPolicy } from './broker-policy';
import { createConductor, createSqlFunction, type BrokerFunction } from './private/broker-functions';
import { openBrokerPath } from './private/broker-network';
import type { ServerWatch } from './server-watch';
import type { IDatabaseServer } from '../binding';
import { SERVICE_TIMEOUT_SECONDS } from './conductor.contract';
import { referWeakly } from '../private/cross-stack';
import { InvalidBackendError } from '../private/errors';
import { elsewhere } from '../private/same-environment';
import { dependOnStackOf } from '../private/stack-order';
import { NameRegistry } from './private/name-registry';
import { validateKeys, validateUsers, type DeclaredUser } from './private/user-limits';
import { RDS_ROOTS_REVISION } from '../trust/shared/rds-roots';

const BROKER = Symbol.for('cdk-private-backend.Broker');

/** What the broker has to know about its server. */
export interface BrokerProps {
  readonly server: IDatabaseServer;
  readonly engine: BrokerEngine;
  /** Whether this library made the server, and so may restrict what others would use of it. */
  readonly owned: boolean;
  /** How to find out what became of the server. */
  readonly watch: ServerWatch;
  /** The port as the handler reads it. */
  readonly portText: string;
  readonly vpcSubnets: ec2.SubnetSelection;
  readonly adminSecret: ISecret;
  readonly adminSecretKey?: kms.IKey;
  readonly adminUsername: string;
  /** Roles that the server has for itself. @default - none of which this library knows */
  readonly ownRoles?: string[];
  readonly caBundle?: string;
  /** A text whose change converges everything on the server again. */
  readonly repairRevision?: string;
  /** Whether what exists on the server when it is made came with a copy, and so has no other owner there. */
  readonly restored?: boolean;
  /** Connections that the server accepts, where that is known at synth. */
  readonly maxConnections?: number;
  /** What must exist while SQL runs: the instances. */
  readonly serverResources: IConstruct[];
  /** What the server's stack takes from others: its network, its keys. */
  readonly inputs: IConstruct[];
}

/**
 * Turns declared databases and users into SQL: two functions, shared by everything that is declared on one server,
 * whatever stack declares it (docs/adr/0009).
 */
export class Broker extends Construct {
  /** Announces how a server's broker is made. It is made with the first database, so that an import that is only connected to costs nothing. */
  public static announce(server: IDatabaseServer, props: () => BrokerProps): void {
    let broker: Broker | undefined;
    Object.defineProperty(server, BROKER, { value: () => (broker ??= new Broker(server as unknown as Construct, 'Broker', props())), enumerable: false });
  }

  /**
   * The broker of a server.
   *
   * @param howToImport what to do with a server of others
   */
  public static of(server: IDatabaseServer, howToImport: string): Broker {
    const make = (server as unknown as Record<symbol, (() => Broker) | undefined>)[BROKER];
    if (make === undefined) {
      throw new InvalidBackendError(server, 'DatabaseServer.notImported', `This library doesn't know this server, so it can't create databases and users there. ${howToImport}`);
    }
    return make();
  }

  /** Role of the function that fills the users' secrets. */
  public readonly conductorRole: iam.IRole;

  private readonly conductor: BrokerFunction;
  private readonly dependencies: IConstruct[];
  private readonly names: NameRegistry;
  private readonly users: DeclaredUser[] = [];
  private readonly keyPolicies = new Map<string, iam.Policy>();
  private readonly last = new Map<Stack, CfnResource>();

  private constructor(scope: Construct, id: string, private readonly props: BrokerProps) {
    super(scope, id);
    props.inputs.forEach((input) => dependOnStackOf(this, input, 'A server depends on its network and its keys, never the reverse.'));
    const path = openBrokerPath(this, props.server, props.engine.name);
    const sql = createSqlFunction(this, props, path.securityGroup);
    this.conductor = createConductor(this, props, sql);
    this.conductorRole = this.conductor.role;
    this.names = new NameRegistry(props.engine, props.adminUsername);
    props.ownRoles?.forEach((role) => this.names.reserveRole(props.server, role));
    this.dependencies = [...path.rules, ...sql.dependencies, ...this.conductor.dependencies, ...props.serverResources];
    props.server.node.addValidation({ validate: () => [...validateUsers(this.users, props.maxConnections), ...validateKeys(this.keyPolicies.size)] });
  }

  /** Which roots the secrets of users hold; none where the server has certificate authorities of its own. */
  public get rdsRoots(): string | undefined {
    return this.props.caBundle === undefined ? RDS_ROOTS_REVISION : undefined;
  }

  /** What a resource says about objects that exist and are not its own. */
  public adoptExisting(explicit?: string): string | undefined {
    return explicit ?? (this.props.restored ? 'true' : undefined);
  }

  /** Refuses a login that is declared twice on the server, or that the server needs itself; counts the connections of its user. */
  public reserveUser(scope: IConstruct, logins: string[], limits: Omit<DeclaredUser, 'path'>): void {
    logins.forEach((login) => this.names.reserveRole(scope, login));
    this.users.push({ path: scope.node.path, ...limits });
  }

  /**
   * Lets the conductor use the key of a user's secret. The policy stands in the user's stack, because a statement in the role's own would
   * make the server's stack depend on the key's. All users of a stack with that key share it, so it stays until the last of them is gone.
   */
  public grantKey(user: Construct, key: kms.IKey): iam.Policy {
    const stack = Stack.of(user);
    const id = `BrokerKeyPolicy${[this, key].map(({ node }) => node.addr.slice(-8)).join('')}`;
    const path = `${stack.node.path}/${id}`;
    const policy = this.keyPolicies.get(path) ?? keyPolicy(stack, id, this.conductorRole, key);
    this.keyPolicies.set(path, policy);
    return policy;
  }

  /** Refuses a database that is declared twice on the server. */
  public reserveDatabase(scope: IConstruct, databaseName: string): void {
    this.names.reserveDatabase(scope, databaseName);
  }

  /**
   * A CloudFormation resource that the conductor answers for.
   *
   * It waits for all that SQL needs, so that at deletion all of that is still there; and for the resource that the same
   * stack declared before it, because a new account has ten concurrent executions and each resource holds two.
   */
  public declareResource(scope: Construct, type: string, properties: { [name: string]: unknown }): CfnResource {
    dependOnStackOf(scope, this.props.server, 'Databases and users depend on their server, never the reverse.');
    this.assertSameEnvironment(scope);
    const resource = new CfnResource(scope, 'Resource', {
      type,
      properties: {
        ServiceToken: this.conductor.function.functionArn,
        ServiceTimeout: String(SERVICE_TIMEOUT_SECONDS),
        ...properties,
        Server: this.props.server.endpoint,
        CaBundle: this.props.caBundle,
        RepairRevision: this.props.repairRevision,
      },
    });
    const stack = Stack.of(scope);
    const previous = this.last.get(stack);
    resource.node.addDependency(...this.dependencies, ...(previous === undefined ? [] : [previous]));
    this.last.set(stack, resource);
    referWeakly(resource);
    return resource;
  }

  /** CloudFormation calls a function of its own region only, and the role takes policies of its own account only. */
  private assertSameEnvironment(scope: Construct): void {
    const place = elsewhere(scope, this.props.server);
    if (place !== undefined) {
      throw new InvalidBackendError(scope, 'DatabaseServer.otherEnvironment', `The server ${place}. Create databases and users in the server's account and region.`);
    }
  }
}
