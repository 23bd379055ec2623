import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { BackendNetwork, Posture, SelfHostedPostgres, type BackendNetworkProps, type SelfHostedPostgresProps } from '../../../src';
import { resolvedText } from '../../support/first-boot';

export interface ClusterOptions {
  readonly posture?: Posture;
  readonly network?: Partial<BackendNetworkProps>;
  readonly props?: Partial<SelfHostedPostgresProps>;
}

/** A cluster in a network and a stack of its own. */
export function newCluster({ posture = Posture.production({ terminationProtection: false }), network, props }: ClusterOptions = {}) {
  const app = new App({ analyticsReporting: false, context: { '@aws-cdk/core:validateAgainstDefaultRules': true } });
  posture.applyTo(app);
  const stack = new Stack(app, 'Backend');
  const { vpc } = new BackendNetwork(stack, 'Network', network);
  const postgres = new SelfHostedPostgres(stack, 'Postgres', { vpc, ...props });
  return { app, stack, vpc, postgres };
}

/** A resource of a template. */
export interface Resource {
  readonly Type: string;

  readonly Properties: Record<string, any>;
  readonly DependsOn?: string[];
  readonly DeletionPolicy?: string;
  readonly CreationPolicy?: object;
  readonly UpdatePolicy?: object;
}

/** Resources of a type, by logical id in the order of the template. */
export function resourcesOf(template: Template, type: string): [string, Resource][] {
  return Object.entries(template.findResources(type)) as [string, Resource][];
}

/** The template of a cluster. */
export function clusterTemplate(options: ClusterOptions = {}): Template {
  return Template.fromStack(newCluster(options).stack);
}

/** User data of a launch template, with references between angle brackets. */
function userData(template: Template, of: (logicalId: string) => boolean): string {
  const found = resourcesOf(template, 'AWS::EC2::LaunchTemplate').find(([logicalId]) => of(logicalId));
  const data: unknown = found?.[1].Properties.LaunchTemplateData.UserData['Fn::Base64'];
  return resolvedText(data, (reference) => `<${[Object.values(reference)[0]].flat().join('.')}>`);
}

/** User data of a node, with references between angle brackets. */
export function userDataOf(template: Template, node: number, id = 'Postgres'): string {
  return userData(template, (logicalId) => logicalId.startsWith(`${id}Node${node}`));
}

function environmentIn(text: string): Record<string, string> {
  const [, file = ''] = /\/etc\/first-boot\.env <<'ENVIRONMENT'\n([\s\S]*?)\nENVIRONMENT\n/.exec(text) ?? [];
  return Object.fromEntries(file.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** The environment file of a node, by name. */
export function environmentOf(template: Template, node: number, id?: string): Record<string, string> {
  return environmentIn(userDataOf(template, node, id));
}

/** The environment file of a launch template, by name. */
export function environmentFile(template: Template, launchTemplate: string): Record<string, string> {
  return environmentIn(userData(template, (logicalId) => logicalId === launchTemplate));
}
