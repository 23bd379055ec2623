import { findBalancers, findTargetGroups, type Balancer, type TargetGroup } from './balancers';
import { findFunctions, findMachines, findSpareCards, type LambdaFunction, type Machine, type SpareCard } from './computers';
import { Endpoints } from './endpoints';
import { made } from './identity';
import { InterfaceFactory, type NetworkInterface } from './interfaces';
import { NatGateways } from './nat';
import { NetworkAcls } from './network-acls';
import { PrefixLists } from './prefix-lists';
import { RouteTables } from './routes';
import { SecurityGroups } from './security-groups';
import { findStores, type Store } from './stores';
import { Subnets } from './subnets';
import { findTasks, type Task } from './tasks';
import { Vpcs } from './vpcs';
import type { TemplateModel } from '../../../private/model';

/** What the templates say of networks, and of everything in them. */
export class Network {
  public readonly groups: SecurityGroups;
  public readonly subnets: Subnets;
  public readonly endpoints: Endpoints;
  public readonly gateways: NatGateways;
  public readonly tasks: readonly Task[];
  public readonly functions: readonly LambdaFunction[];
  public readonly machines: readonly Machine[];
  public readonly spareCards: readonly SpareCard[];
  public readonly stores: readonly Store[];
  public readonly balancers: readonly Balancer[];
  public readonly targetGroups: readonly TargetGroup[];
  private readonly machineByKey: Map<string, Machine>;

  public constructor(public readonly model: TemplateModel) {
    const vpcs = new Vpcs(model);
    this.groups = new SecurityGroups(model, new PrefixLists(model));
    this.subnets = new Subnets(model, vpcs, new RouteTables(model), new NetworkAcls(model));
    const factory = new InterfaceFactory(this.subnets, this.groups);
    this.endpoints = new Endpoints(model, factory, (value) => vpcs.of(value).key);
    this.gateways = new NatGateways(model, this.subnets);
    this.tasks = findTasks(model, factory);
    this.functions = findFunctions(model, factory);
    this.machines = findMachines(model, factory);
    this.spareCards = findSpareCards(model, factory, this.machines);
    this.stores = findStores(model, factory);
    this.balancers = findBalancers(model, factory);
    this.targetGroups = findTargetGroups(model, this.balancers);
    this.machineByKey = new Map(this.machines.map((machine) => [made(machine.owner).key, machine]));
  }

  /** Everything that packets can come from or go to. */
  public get interfaces(): readonly NetworkInterface[] {
    const networks = [this.tasks, this.functions, this.machines, this.stores, this.balancers, this.endpoints.all].flatMap((each) => each.map(({ network }) => network));
    return networks.filter((network): network is NetworkInterface => network !== undefined);
  }

  /** The instance behind a route. */
  public machine(key: string): Machine | undefined {
    return this.machineByKey.get(key);
  }
}
