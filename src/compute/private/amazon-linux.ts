import { Aws } from 'aws-cdk-lib';
import type { OperatingSystem } from './operating-system';

/**
 * The AWS CLI and the agent of Session Manager are in the image, and packages in S3. The release lock would hide security updates.
 *
 * The instance signals with its identity document, so its role needs no permission.
 *
 * @see https://docs.aws.amazon.com/linux/al2023/ug/deterministic-upgrades-usage.html
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/cfn-helper-scripts-reference.html#cfn-helper-scripts-reference-permissions
 */
export const AMAZON_LINUX_2023: OperatingSystem = {
  id: '',
  parameterOf: (architecture) => `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${architecture}`,
  rootDevice: '/dev/xvda',
  needsMirrors: false,
  packages: (orElse) => [`mkdir -p /etc/dnf/vars && echo latest > /etc/dnf/vars/releasever${orElse}`],
  securityUpdates: ['/usr/bin/dnf upgrade --security -y'],
  signal: ({ logicalId }) => [
    `  /opt/aws/bin/cfn-signal --exit-code "$code" --reason "$reason" --stack "${Aws.STACK_NAME}" --resource "${logicalId}" --region "${Aws.REGION}"`,
  ],
  signalStatements: () => [],
};
