import { DescribeSecretCommand, GetSecretValueCommand, PutSecretValueCommand, UpdateSecretVersionStageCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ConductorError, errorMessage, errorName, withoutStop } from './conductor-error';
import { STACK_TAG } from '../../conductor.contract';
import type { Clock } from '../clock';

/** A permission that the same deployment has just granted takes a while to reach every part of IAM. */
const PROPAGATION_MILLIS = 60_000;
const PROPAGATION_POLL_MILLIS = 5_000;

const MOVE_ATTEMPTS = 5;

/** One version of a secret. */
export interface StoredVersion {
  readonly versionId: string;
  readonly text: string;
}

/** Which version of a secret. */
export type VersionSelector = { readonly stage: 'AWSCURRENT' | 'AWSPREVIOUS' } | { readonly versionId: string };

/** Secrets Manager in the words of this handler: what does not exist is `undefined`. */
export class SecretStore {
  public constructor(private readonly client: SecretsManagerClient, private readonly clock: Clock) {}

  /**
   * One version; nothing where the secret, or that version of it, does not exist or is about to be deleted.
   *
   * @param patience milliseconds to wait for a permission that was only just granted
   */
  public async tryRead(secretArn: string, selector: VersionSelector, patience = PROPAGATION_MILLIS): Promise<StoredVersion | undefined> {
    const which = 'stage' in selector ? { VersionStage: selector.stage } : { VersionId: selector.versionId };
    try {
      const { VersionId, SecretString } = await this.retryDenied(() => this.client.send(new GetSecretValueCommand({ SecretId: secretArn, ...which })), patience);
      return VersionId === undefined || SecretString === undefined ? undefined : { versionId: VersionId, text: SecretString };
    } catch (error) {
      if (errorName(error) === 'ResourceNotFoundException' || isDeleted(error)) {
        return undefined;
      }
      throw readable(error, 'read', secretArn);
    }
  }

  /**
   * Fails unless the secret was made by this stack: an event can name any secret, and the conductor may use those of many stacks.
   */
  public async checkStack(secretArn: string, stackId: string): Promise<void> {
    const owner = await this.stackOf(secretArn);
    if (owner !== stackId) {
      const whose = owner === undefined ? 'wasn\'t created by CloudFormation' : `belongs to stack '${owner}'`;
      throw new ConductorError('FOREIGN_SECRET', `Secret '${secretArn}' ${whose}, and the request comes from stack '${stackId}'. Declare users with the constructs of this library, which create the secret in the same stack.`);
    }
  }

  /** Writes a version unless it exists already, and reads back what is stored under its id: that of whoever was first. */
  public async writeOnce(secretArn: string, versionId: string, text: string): Promise<StoredVersion> {
    const command = new PutSecretValueCommand({ SecretId: secretArn, ClientRequestToken: versionId, SecretString: text });
    try {
      await this.retryDenied(() => this.client.send(command));
    } catch (error) {
      if (errorName(error) !== 'ResourceExistsException') {
        throw readable(error, 'write', secretArn);
      }
    }
    const stored = await this.tryRead(secretArn, { versionId });
    if (stored === undefined) {
      throw new ConductorError('SECRET_LOST', `Version '${versionId}' of secret '${secretArn}' was written and then deleted by something else. Deploy again.`);
    }
    return stored;
  }

  /** Makes a version the current one; Secrets Manager makes the one before it the previous one. */
  public async makeCurrent(secretArn: string, versionId: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const current = await this.tryRead(secretArn, { stage: 'AWSCURRENT' });
      if (current?.versionId === versionId) {
        return;
      }
      const command = new UpdateSecretVersionStageCommand({
        SecretId: secretArn, VersionStage: 'AWSCURRENT', MoveToVersionId: versionId, RemoveFromVersionId: current?.versionId,
      });
      try {
        await this.retryDenied(() => this.client.send(command));
      } catch (error) {
        // Somebody moved the label between the two calls: look again.
        if (errorName(error) !== 'InvalidParameterException' || attempt === MOVE_ATTEMPTS) {
          throw readable(error, 'update', secretArn);
        }
      }
    }
  }

  private async stackOf(secretArn: string): Promise<string | undefined> {
    try {
      const { Tags } = await this.retryDenied(() => this.client.send(new DescribeSecretCommand({ SecretId: secretArn })));
      return Tags?.find(({ Key }) => Key === STACK_TAG)?.Value;
    } catch (error) {
      throw readable(error, 'read', secretArn);
    }
  }

  private async retryDenied<T>(call: () => Promise<T>, patience = PROPAGATION_MILLIS): Promise<T> {
    const until = this.clock.now() + patience;
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (errorName(error) !== 'AccessDeniedException' || this.clock.now() >= until) {
          throw error;
        }
        await this.clock.sleep(PROPAGATION_POLL_MILLIS);
      }
    }
  }
}

function isDeleted(error: unknown): boolean {
  return errorName(error) === 'InvalidRequestException' && /marked (for deletion|deleted)/i.test(errorMessage(error));
}

function readable(error: unknown, action: string, secretArn: string): ConductorError {
  const advice = isDeleted(error) || errorName(error) === 'ResourceNotFoundException'
    ? 'The secret was deleted. Restore the secret, or use another construct id for the user.'
    : 'Check that the secret exists, that it still has its tag `cdk-private-backend:broker-role`, and the policy of its KMS key, then deploy again.';
  return new ConductorError(errorName(error), `This library can't ${action} secret '${secretArn}': ${withoutStop(errorMessage(error))}. ${advice}`);
}
