import * as ssm from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { referWeakly } from '../../private/cross-stack';

/** What a session document says, besides what all of them say. */
export interface SessionDocumentContent {
  readonly description: string;
  readonly sessionType: 'Port' | 'Standard_Stream';
  readonly [section: string]: unknown;
}

/** The main resource of a construct that is a Session Manager document; a change of it is a new version. */
export function createSessionDocument(scope: Construct, content: SessionDocumentContent): ssm.CfnDocument {
  const document = new ssm.CfnDocument(scope, 'Resource', {
    documentType: 'Session',
    documentFormat: 'JSON',
    updateMethod: 'NewVersion',
    content: { schemaVersion: '1.0', ...content },
  });
  referWeakly(document);
  return document;
}
