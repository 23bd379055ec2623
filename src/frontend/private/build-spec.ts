import { BuildSpec } from 'aws-cdk-lib/aws-codebuild';
import type { AmplifyFrontendProps } from '../amplify-frontend';

/**
 * What Amplify builds, and where it finds the result.
 *
 * @see https://docs.aws.amazon.com/amplify/latest/userguide/build-settings.html
 */
export function buildSpecOf(props: AmplifyFrontendProps): string {
  const { appRoot, installCommands = ['npm ci'], buildCommands = ['npm run build'], outputDirectory = 'dist' } = props;
  const frontend = {
    phases: { preBuild: { commands: installCommands }, build: { commands: buildCommands } },
    artifacts: { baseDirectory: outputDirectory, files: ['**/*'] },
    cache: { paths: ['node_modules/**/*'] },
  };
  const spec = appRoot === undefined ? { version: 1, frontend } : { version: 1, applications: [{ appRoot, frontend }] };
  return BuildSpec.fromObjectToYaml(spec).toBuildSpec();
}
