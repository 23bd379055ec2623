import { Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/**
 * Lets a grantee start the instance, open sessions on it with one document, and end or resume sessions of its own.
 *
 * Without the condition, a grantee could name no document and get the account's default shell session.
 *
 * The data channel is on all sessions, because ids of sessions begin differently for users and for roles: it opens only with
 * the token that `StartSession` or `ResumeSession` gave.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-sessiondocumentaccesscheck.html
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-restrict-access-quickstart.html
 */
export function grantSession(scope: IConstruct, grantee: iam.IGrantable, instance: ec2.IInstance, documentName: string): iam.Grant {
  const stack = Stack.of(scope);
  const instanceArn = Stack.of(instance).formatArn({ service: 'ec2', resource: 'instance', resourceName: instance.instanceId });
  const documentArn = stack.formatArn({ service: 'ssm', resource: 'document', resourceName: documentName });
  const start = iam.Grant.addToPrincipal({ grantee, actions: ['ec2:StartInstances'], resourceArns: [instanceArn] });
  const open = iam.Grant.addToPrincipal({
    grantee,
    actions: ['ssm:StartSession'],
    resourceArns: [instanceArn, documentArn],
    conditions: { BoolIfExists: { 'ssm:SessionDocumentAccessCheck': 'true' } },
  });
  const sessions = stack.formatArn({ service: 'ssm', resource: 'session', resourceName: '*' });
  const channel = iam.Grant.addToPrincipal({ grantee, actions: ['ssmmessages:OpenDataChannel'], resourceArns: [sessions] });
  const own = iam.Grant.addToPrincipal({
    grantee,
    actions: ['ssm:TerminateSession', 'ssm:ResumeSession'],
    resourceArns: [sessions],
    conditions: { StringEquals: { 'ssm:resourceTag/aws:ssmmessages:session-id': '${aws:userid}' } },
  });
  return start.combine(open).combine(channel).combine(own);
}

/** What AWS says of an instance that is on its way: its agent doesn't answer yet, or it still stops. */
const NOT_YET = ['TargetNotConnected', 'IncorrectInstanceState'];

/**
 * What to type in a POSIX shell: starts the instance, then tries until its agent answers, for ten minutes at most. Any other error ends it, with the
 * words of AWS; so does the end of the session. Only errors go through the variable, the session keeps its terminal.
 */
export function sessionCommand(scope: IConstruct, instance: ec2.IInstance, documentName: string): string {
  const { region } = Stack.of(scope);
  const start = `aws ec2 start-instances --region ${region} --instance-ids ${instance.instanceId} >/dev/null`;
  const open = `aws ssm start-session --region ${region} --target ${instance.instanceId} --document-name ${documentName} >&3`;
  return `(for _ in $(seq 60); do error=$({ ${start} && ${open}; } 2>&1) && exit; `
    + `case "$error" in ${NOT_YET.map((code) => `*${code}*`).join('|')}) sleep 10;; *) break;; esac; done; echo "$error" >&2; exit 1) 3>&1`;
}
