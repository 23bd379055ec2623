import { Aws } from 'aws-cdk-lib';
import { InstanceArchitecture } from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { OperatingSystem } from './operating-system';
import { writeFile } from '../heredoc';

const PACKAGES = 'awscli ca-certificates curl unattended-upgrades';

/** Waits for whoever installs at the same time, and fails where a mirror does, which is a warning by default. */
const APT = 'apt-get -q -o DPkg::Lock::Timeout=300 -o APT::Update::Error-Mode=any';

/**
 * Debian's own timers would also install what is no security update, and at a time of the day when the instance may be off.
 *
 * @see https://manpages.debian.org/trixie/apt/apt.conf.5.en.html
 */
const SECURITY_ONLY = writeFile('/etc/apt/apt.conf.d/52patch-itself', 'CONF', [
  '#clear Unattended-Upgrade::Origins-Pattern;',
  'Unattended-Upgrade::Origins-Pattern { "origin=Debian,codename=${distro_codename}-security,label=Debian-Security"; };',
  'APT::Periodic::Enable "0";',
]);

/**
 * An image that was built with the packages needs no mirror. Debian has no package of the agent of Session Manager; AWS publishes it in a bucket of
 * each region. Its signature is not checked: the key that AWS documents for it changes every other year, after which no instance would start.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/agent-install-deb.html
 */
const install = (orElse: string) => [
  'export DEBIAN_FRONTEND=noninteractive',
  `dpkg -s ${PACKAGES} > /dev/null 2>&1 || { retry ${APT} update && retry ${APT} install -y --no-install-recommends ${PACKAGES}; }${orElse}`,
  `agent="https://s3.${Aws.REGION}.${Aws.URL_SUFFIX}/amazon-ssm-${Aws.REGION}/latest/debian_$(dpkg --print-architecture)/amazon-ssm-agent.deb"`,
  `dpkg -s amazon-ssm-agent > /dev/null 2>&1 || { retry curl -fsS -o /opt/amazon-ssm-agent.deb "$agent" && retry dpkg -i /opt/amazon-ssm-agent.deb; }${orElse}`,
  'systemctl enable --now amazon-ssm-agent',
  ...SECURITY_ONLY,
];

/**
 * The helper scripts of CloudFormation are not in the image and in no package of Debian, so the instance signals with the AWS CLI and its role. Such a
 * signal has no reason: that is on the console of the instance.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_SignalResource.html
 */
export const DEBIAN_13: OperatingSystem = {
  id: 'Debian13',
  parameterOf: (architecture) => `/aws/service/debian/release/13/latest/${architecture === InstanceArchitecture.ARM_64 ? 'arm64' : 'amd64'}`,
  rootDevice: '/dev/xvda',
  needsMirrors: true,
  packages: install,
  securityUpdates: [`/usr/bin/${APT} update`, '/usr/bin/unattended-upgrade'],
  signal: ({ logicalId }) => [
    '  echo "$reason" > /dev/console || true',
    '  status=SUCCESS',
    '  test "$code" -eq 0 || status=FAILURE',
    `  retry aws cloudformation signal-resource --region "${Aws.REGION}" --stack-name "${Aws.STACK_NAME}" --logical-resource-id "${logicalId}" --unique-id "$(cat /var/lib/cloud/data/instance-id)" --status "$status"`,
  ],
  signalStatements: () => [new iam.PolicyStatement({ actions: ['cloudformation:SignalResource'], resources: [Aws.STACK_ID] })],
};
