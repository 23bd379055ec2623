import { serviceOf } from './aws-services';
import { requireWay, type Judging } from './judge';
import { requireServices } from './need';
import { RolePolicies } from './roles';
import { isMap, listOf, literalText, rendered, resourceOf, type ModelMap, type ModelResource } from '../../../private/model';
import type { CheckRule } from '../../../private/rule';
import { profileOf, type Machine } from '../graph/computers';
import { nameOf } from '../graph/identity';
import { tcp } from '../graph/traffic';
import { undecided } from '../hops/answer';
import type { AwsService } from '../hops/services';

const FIRST_BOOT: CheckRule = {
  id: 'reachability-instance-first-boot',
  title: 'Each instance reaches what the commands of its user data need: services of AWS, mirrors of Debian packages',
  why: 'A command that cannot connect tries for minutes. Then the first boot goes on without what it was for, or the deployment waits for a signal that never comes.',
  fix: 'Let the security group of the instance out to TCP 443, and to TCP 80 for Debian packages, and give its subnet a way to the internet, or endpoints for services of AWS.',
  severity: 'error',
  see: 'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html',
};

const SERVICES: CheckRule = {
  id: 'reachability-instance-services',
  title: 'Each instance reaches the services that its role is for',
  why: 'A permission is of no use without a way. What runs on the instance fails when it first needs the service: when a volume, a backup or a secret is wanted.',
  fix: 'Let the security group of the instance out to TCP 443, and give its subnet a way to the internet, or an endpoint for the service.',
  severity: 'warning',
  see: 'https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html',
};

export const INSTANCE_RULES: readonly CheckRule[] = [FIRST_BOOT, SERVICES];

/** Commands of the AWS CLI, with options of its own before the service; and of the scripts that tell CloudFormation how a first boot ended. */
const AWS_COMMAND = /\baws\s+(?:--[\w-]+(?:[ =](?!-)\S+)?\s+)*([a-z][a-z0-9-]+)\s+[a-z]/g;
const SIGNAL = /\bcfn-signal\b/;
const DEBIAN_PACKAGES = /\bapt(?:-get)?\b[^\n]*\b(?:install|update|upgrade|dist-upgrade)\b/;
/** Images that everybody has, which name them by the parameters of AWS. */
const PUBLIC_IMAGE = /resolve:ssm:\/aws\/service\//;
const COMMAND_PREFIX: { readonly [command: string]: string } = { s3api: 's3' };

/** (b) What an instance needs at its first boot, and later. */
export function judgeInstances(judging: Judging): void {
  const roles = new RolePolicies(judging.paths.network.model);
  for (const machine of judging.paths.network.machines) {
    const text = machine.userData === undefined ? '' : rendered(machine.userData);
    const called = calledServices(text);
    judgeCommands(judging, machine, called);
    if (DEBIAN_PACKAGES.test(text)) {
      judgeMirrors(judging, machine);
    }
    const role = resourceOf(profileOf(machine.profile)?.list('Roles')[0]);
    const services = role === undefined ? [] : permittedServices(roles, role).filter(({ name }) => !called.some((service) => service.name === name));
    if (services.length > 0) {
      const consequence = `the role of ${nameOf(machine.owner)} is for services that it does not reach`;
      requireServices(judging, SERVICES, { owner: machine.owner, source: machine.network, consequence, services });
    }
  }
}

function judgeCommands(judging: Judging, { owner, network: source }: Machine, services: readonly AwsService[]): void {
  if (services.length > 0) {
    requireServices(judging, FIRST_BOOT, { owner, source, consequence: `the first boot of ${nameOf(owner)} fails`, services });
  }
}

function calledServices(text: string): AwsService[] {
  const commands = [...text.matchAll(AWS_COMMAND)].map(([, command]) => COMMAND_PREFIX[command] ?? command);
  const prefixes = new Set([...commands, ...(SIGNAL.test(text) ? ['cloudformation'] : [])]);
  return [...prefixes].flatMap((prefix) => serviceOf(prefix) ?? []);
}

/** Packages come by HTTP, unless the image names its mirrors with HTTPS. An image of one's own may hold them. */
function judgeMirrors({ paths, evaluation }: Judging, { owner, network, image }: Machine): void {
  const [http, https] = [80, 443].map((port) => paths.toInternet(network, tcp(port), 'every'));
  const words = { blocked: `the first boot of ${nameOf(owner)} fails: no way to mirrors of Debian packages`, question: `${nameOf(owner)} gets its Debian packages` };
  const open = https.outcome !== 'blocked' ? 'it reaches mirrors by HTTPS only, and whether its image names mirrors with HTTPS is in no template'
    : PUBLIC_IMAGE.test(rendered(image ?? '')) ? undefined : 'it reaches no mirror, and whether its image holds the packages is in no template';
  requireWay(evaluation, FIRST_BOOT, owner, words, http.outcome === 'blocked' && open !== undefined ? undecided(`${open}: ${http.reason}`) : http);
}

/** Services whose actions the role may use. Session Manager has a rule of its own. What a service asks of KMS in the name of the instance needs no way. */
function permittedServices(roles: RolePolicies, role: ModelResource): AwsService[] {
  const statements = roles.statements(role).filter((statement) => !isViaService(statement));
  const actions = statements.flatMap(({ Action }) => listOf(Action)).flatMap((action) => literalText(action) ?? []);
  const byPrefix = new Map<string, string[]>();
  for (const action of actions.filter((each) => /^[a-z0-9-]+:[^*?]+$/i.test(each))) {
    const prefix = action.split(':')[0].toLowerCase();
    byPrefix.set(prefix, [...byPrefix.get(prefix) ?? [], action]);
  }
  return [...byPrefix].filter(([prefix]) => prefix !== 'ssm').flatMap(([prefix, names]) => serviceOf(prefix, names) ?? []);
}

function isViaService({ Condition }: ModelMap): boolean {
  return isMap(Condition) && Object.values(Condition).some((tests) => isMap(tests) && Object.keys(tests).some((key) => /:ViaService$/i.test(key)));
}
