import { Annotations, CfnOutput, Stack, type App } from 'aws-cdk-lib';
import { AuditTrail, ContainerRepository, Posture } from 'cdk-private-backend';
import { RexStack, type RexStackProps } from './rex-stack';

/** The stacks of Rex: repositories; once images are in them, what runs these; and in production the account's audit trail. */
export function addRex(app: App, { imageTag, ...props }: Omit<RexStackProps, 'images'> & { readonly imageTag?: string }): Stack[] {
  const registry = new Stack(app, 'RexImages');
  const [api, worker] = ['Api', 'Worker'].map((name) => new ContainerRepository(registry, name));
  [api, worker].forEach(({ node, repositoryUri }) => new CfnOutput(registry, `${node.id}Repository`, { value: repositoryUri }));
  const stacks = [registry];
  if (imageTag === undefined) {
    Annotations.of(registry).addInfo('Without -c imageTag=<tag> there are only the repositories. Push the images there, then deploy everything with the tag.');
  } else {
    stacks.push(new RexStack(app, 'Rex', { ...props, images: { api: api.image(imageTag), worker: worker.image(imageTag) } }));
  }
  if (Posture.of(app).alarms) {
    const audit = new Stack(app, 'RexAudit');
    new AuditTrail(audit, 'Trail');
    stacks.push(audit);
  }
  return stacks;
}
