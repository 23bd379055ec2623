import { readFileSync } from 'fs';
import { join } from 'path';
import { App, NestedStack, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { BackendNetwork, Egress, Posture, SsmBastion } from '../../src';
import { boot as runFirstBoot, resolvedText, type Boot } from '../support/first-boot';

function synthesize(posture: Posture, change: (stack: Stack, network: BackendNetwork) => void = () => undefined): Template {
  const app = new App({ analyticsReporting: false });
  posture.applyTo(app);
  const stack = new Stack(app, 'Backend');
  change(stack, new BackendNetwork(stack, 'Network', { egress: Egress.natInstance(), maxAzs: 2 }));
  return Template.fromStack(stack);
}

interface InstanceResource {
  readonly DependsOn: string[];
  readonly CreationPolicy?: object;
  readonly Properties: { readonly UserData: { readonly 'Fn::Base64': unknown } };
}

function instanceOf(template: Template): [id: string, instance: InstanceResource] {
  return Object.entries(template.findResources('AWS::EC2::Instance'))[0] as unknown as [string, InstanceResource];
}

/** The script with references as CloudFormation resolves them. */
function scriptOf(template: Template): string {
  const [, { Properties: { UserData: { 'Fn::Base64': data } } }] = instanceOf(template);
  return resolvedText(data, ({ Ref }) => (Ref === 'AWS::Region' ? 'eu-west-1' : 'backend'));
}

const PRODUCTION = Posture.production({ egress: Egress.natInstance() });

describe('CloudFormation', () => {
  test('waits until the set-up is done, for the instance that it names', () => {
    const [id, instance] = instanceOf(synthesize(PRODUCTION));
    expect(instance.CreationPolicy).toEqual({ ResourceSignal: { Count: 1, Timeout: 'PT20M' } });
    expect(scriptOf(synthesize(PRODUCTION))).toContain(`--stack "backend" --resource "${id}" --region "eu-west-1"`);
  });

  test('names the instance in a nested stack, whose own name only the deployment knows', () => {
    const app = new App({ analyticsReporting: false });
    PRODUCTION.applyTo(app);
    const nested = new NestedStack(new Stack(app, 'Backend'), 'Nested');
    new BackendNetwork(nested, 'Network', { egress: Egress.natInstance() });
    const template = Template.fromStack(nested);
    expect(scriptOf(template)).toContain(`--stack "backend" --resource "${instanceOf(template)[0]}"`);
  });

  test('makes the way out of the instance before it, and the routes of tasks after it', () => {
    const template = synthesize(PRODUCTION);
    const [id, { DependsOn }] = instanceOf(template);
    const ways = Object.keys(template.findResources('AWS::EC2::Route', { Properties: { GatewayId: Match.anyValue() } }));
    expect(ways.some((way) => DependsOn.includes(way))).toBe(true);
    template.resourcePropertiesCountIs('AWS::EC2::Route', { InstanceId: { Ref: id } }, 2);
  });

  test('does not wait for a bastion, which may have no way to CloudFormation', () => {
    const app = new App({ analyticsReporting: false });
    const stack = new Stack(app, 'Backend');
    new SsmBastion(stack, 'Bastion', { vpc: new BackendNetwork(stack, 'Network').vpc });
    const template = Template.fromStack(stack);
    expect(instanceOf(template)[1].CreationPolicy).toBeUndefined();
    expect(scriptOf(template)).not.toMatch(/cfn-signal|reboot-for-patches/);
  });
});

describe('the instance', () => {
  test('is the same in both postures, so that moving from one to the other does not replace it', () => {
    const [development, production] = [Posture.development(), PRODUCTION].map((posture) => instanceOf(synthesize(posture)));
    expect(production).toEqual(development);
  });

  test('keeps its role without permissions', () => {
    synthesize(Posture.development()).resourceCountIs('AWS::IAM::Policy', 0);
  });
});

describe('alarms', () => {
  test('move it to other hardware and reboot it, where the posture has alarms', () => {
    const template = synthesize(PRODUCTION);
    const [id] = instanceOf(template);
    const action = (name: string) => [{ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':automate:', { Ref: 'AWS::Region' }, `:ec2:${name}`]] }];
    template.resourceCountIs('AWS::CloudWatch::Alarm', 2);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'StatusCheckFailed_System', EvaluationPeriods: 2, AlarmActions: action('recover'), Dimensions: [{ Name: 'InstanceId', Value: { Ref: id } }], Statistic: 'Maximum', Period: 60, Threshold: 1,
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'StatusCheckFailed_Instance', EvaluationPeriods: 3, AlarmActions: action('reboot'), Namespace: 'AWS/EC2' });
  });

  test('are not there in development, and not without the instance', () => {
    synthesize(Posture.development()).resourceCountIs('AWS::CloudWatch::Alarm', 0);
    const stack = new Stack();
    Posture.production().applyTo(stack);
    new BackendNetwork(stack, 'Network');
    Template.fromStack(stack).resourceCountIs('AWS::CloudWatch::Alarm', 0);
  });
});

/** Commands of the set-up, each of which must not fail. */
const COMMANDS = ['fallocate', 'mkswap', 'swapon', 'dnf', 'systemctl', 'sysctl', 'iptables', 'service', 'ip'];
const CARD = 'default via 10.0.0.1 dev ens5 proto dhcp src 10.0.0.7 metric 512';

/** Runs the script below a directory, with commands that note how they were called, and fail where they are told to. */
function boot(failing: RegExp | undefined, use: (run: Boot) => void, card = CARD): void {
  const commands = Object.fromEntries(COMMANDS.map((name) => [name, `${name === 'ip' ? `echo '${card}'` : ''}\nexit 0`]));
  runFirstBoot({ script: scriptOf(synthesize(PRODUCTION)), commands, failing }, use);
}

describe('the set-up script', () => {
  test('forwards, stays patched, and signals success once', () => {
    boot(undefined, ({ status, log, signals, root }) => {
      expect(status).toBe(0);
      expect(signals).toEqual([expect.stringMatching(/^--exit-code 0 --reason .*--stack backend --resource Network\w+ --region eu-west-1$/)]);
      expect(log).toEqual(expect.arrayContaining([
        'dnf install -y iptables-services', 'iptables -t nat -A POSTROUTING -o ens5 -j MASQUERADE', 'iptables -F FORWARD', 'service iptables save',
        'dnf install -y smart-restart python3-dnf-plugin-post-transaction-actions', 'systemctl enable --now reboot-for-patches.timer',
        'dnf kernel-livepatch -y auto', 'systemctl enable --now kpatch.service',
      ]));
      expect(readFileSync(join(root, 'etc/sysctl.d/90-nat.conf'), 'utf8')).toBe('net.ipv4.ip_forward=1\n');
      expect(readFileSync(join(root, 'etc/systemd/system/reboot-for-patches.service'), 'utf8')).toContain('ConditionPathExists=/run/smart-restart/reboot-hint-marker');
      expect(readFileSync(join(root, 'etc/systemd/system/reboot-for-patches.timer'), 'utf8')).toContain('OnCalendar=Sun *-*-* 03:00:00 UTC');
    });
  });

  test.each([
    ['the swap file', /^fallocate/],
    ['the swap space', /^mkswap/],
    ['swapping', /^swapon/],
    ['the timer of updates', /enable --now patch-itself/],
    ['the package that forwards', /install -y iptables-services/],
    ['the service that forwards', /enable --now iptables/],
    ['the setting of the kernel', /^sysctl/],
    ['the route', /^ip /],
    ['the rule that translates addresses', /^iptables -t nat/],
    ['the rule that lets packets through', /^iptables -F/],
    ['saving the rules', /^service iptables/],
    ['the package that restarts services', /install -y smart-restart/],
    ['reading the units', /daemon-reload/],
    ['the timer of reboots', /enable --now reboot-for-patches/],
  ])('fails the deployment where %s fails, with the end of its log, and does nothing more', (_what, failing) => {
    boot(failing, ({ status, log, signals }) => {
      expect(status).not.toBe(0);
      expect(signals).toEqual([expect.stringMatching(/^--exit-code [1-9]\d* --reason Set-up ended with code [1-9]\d*: Error: "No package/)]);
      const [last, ...before] = log.filter((line) => !/^(sleep|cfn-signal)/.test(line)).reverse();
      expect(last).toMatch(failing);
      expect(before.filter((line) => line !== last).some((line) => failing.test(line))).toBe(false);
    });
  });

  test('fails the deployment where there is no default route', () => {
    boot(undefined, ({ status, signals }) => {
      expect(status).not.toBe(0);
      expect(signals).toEqual([expect.stringMatching(/^--exit-code 1 /)]);
    }, '');
  });

  test('tries packages again, whose way may be younger than the instance', () => {
    boot(/install -y iptables-services/, ({ log }) => expect(log.filter((line) => line === 'dnf install -y iptables-services')).toHaveLength(30));
  });

  test.each([/kpatch-dnf/, /kernel-livepatch/, /kpatch\.service/])('forwards without live patches where a kernel has none: %p', (failing) => {
    boot(failing, ({ status, signals }) => {
      expect(status).toBe(0);
      expect(signals).toEqual([expect.stringMatching(/^--exit-code 0 /)]);
    });
  });
});
