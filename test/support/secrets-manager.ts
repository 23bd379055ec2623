import {
  DescribeSecretCommand, GetSecretValueCommand, InvalidParameterException, InvalidRequestException, PutSecretValueCommand, ResourceExistsException,
  ResourceNotFoundException, UpdateSecretVersionStageCommand, type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';

interface Version {
  readonly id: string;
  readonly text: string;
  readonly stages: Set<string>;
}

interface Secret {
  readonly arn: string;
  readonly stackId?: string;
  readonly versions: Map<string, Version>;
  deleted: boolean;
}

/** The stack that secrets are of unless a test says otherwise. */
export const SECRETS_STACK = 'arn:aws:cloudformation:eu-west-1:111111111111:stack/Backend/1b1b1b1b-0000-0000-0000-000000000000';

type Input = DescribeSecretCommand | GetSecretValueCommand | PutSecretValueCommand | UpdateSecretVersionStageCommand;

/**
 * Secrets Manager in this process, with the rules for versions and staging labels that its API documentation gives: a client
 * request token is the id of a version; a version never changes; a label is on one version; whoever loses AWSCURRENT gets
 * AWSPREVIOUS; a version without a label can still be read by its id.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
 */
export class InMemorySecretsManager {
  /** Names of the calls made so far. */
  public readonly calls: string[] = [];
  private readonly secrets = new Map<string, Secret>();

  /** What a handler takes for the client of AWS. */
  public asClient(): SecretsManagerClient {
    return { send: (command: Input) => this.send(command) } as unknown as SecretsManagerClient;
  }

  /** Makes a secret in a stack, or in none, without a value unless one is given; answers with its ARN. */
  public create(name: string, value?: object, stackId: string | null = SECRETS_STACK): string {
    const arn = `arn:aws:secretsmanager:eu-west-1:111111111111:secret:${name}-AbCdEf`;
    this.secrets.set(arn, { arn, stackId: stackId ?? undefined, versions: new Map(), deleted: false });
    if (value !== undefined) {
      this.put(arn, value);
    }
    return arn;
  }

  /** Gives a secret another value, as an operator or a rotation would. */
  public put(arn: string, value: object): string {
    const id = crypto.randomUUID();
    this.putSecretValue({ SecretId: arn, ClientRequestToken: id, SecretString: JSON.stringify(value) });
    return id;
  }

  /** Deletes a secret as CloudFormation does; a recovery window keeps it in sight. */
  public delete(arn: string, options: { readonly recoveryWindow?: boolean } = {}): void {
    if (options.recoveryWindow) {
      this.existing(arn).deleted = true;
    } else {
      this.secrets.delete(arn);
    }
  }

  /** The value of a version as an object: what a task gets. */
  public value(arn: string, stage = 'AWSCURRENT'): Record<string, string> {
    return JSON.parse(this.getSecretValue({ SecretId: arn, VersionStage: stage }).SecretString);
  }

  /** Number of versions of a secret, with and without labels. */
  public versionCount(arn: string): number {
    return this.existing(arn).versions.size;
  }

  private async send(command: Input): Promise<object> {
    this.calls.push(command.constructor.name.replace(/Command$/, ''));
    // Real calls take a while: give everything else that is under way its turn.
    await new Promise((resolve) => setImmediate(resolve));
    if (command instanceof DescribeSecretCommand) {
      return this.describeSecret(command.input);
    }
    if (command instanceof GetSecretValueCommand) {
      return this.getSecretValue(command.input);
    }
    if (command instanceof PutSecretValueCommand) {
      return this.putSecretValue(command.input);
    }
    return this.updateSecretVersionStage(command.input);
  }

  /** Also answers for a secret that is marked for deletion. */
  private describeSecret({ SecretId = '' }: DescribeSecretCommand['input']) {
    const { arn, stackId } = this.existing(SecretId);
    return { ARN: arn, Tags: stackId === undefined ? [] : [{ Key: 'aws:cloudformation:stack-id', Value: stackId }] };
  }

  private getSecretValue({ SecretId, VersionId, VersionStage }: GetSecretValueCommand['input']) {
    const { arn, versions } = this.usable(SecretId);
    const stage = VersionStage ?? (VersionId === undefined ? 'AWSCURRENT' : undefined);
    const found = [...versions.values()].find((version) =>
      (VersionId === undefined || version.id === VersionId) && (stage === undefined || version.stages.has(stage)));
    if (found === undefined) {
      const what = stage === undefined ? `VersionId: ${VersionId}` : `staging label: ${stage}`;
      throw new ResourceNotFoundException({ $metadata: {}, message: `Secrets Manager can't find the specified secret value for ${what}` });
    }
    return { ARN: arn, VersionId: found.id, SecretString: found.text, VersionStages: [...found.stages] };
  }

  private putSecretValue({ SecretId, ClientRequestToken: id = crypto.randomUUID(), SecretString: text = '' }: PutSecretValueCommand['input']) {
    const secret = this.usable(SecretId);
    if (id.length < 32 || id.length > 64) {
      throw new InvalidParameterException({ $metadata: {}, message: 'ClientRequestToken must be 32-64 characters long.' });
    }
    if (Buffer.byteLength(text) > 65_536) {
      throw new InvalidParameterException({ $metadata: {}, message: 'SecretString must be at most 65536 bytes.' });
    }
    const existing = secret.versions.get(id);
    if (existing !== undefined && existing.text !== text) {
      throw new ResourceExistsException({ $metadata: {}, message: 'You can\'t modify the value of an existing version.' });
    }
    if (existing === undefined) {
      secret.versions.set(id, { id, text, stages: new Set() });
      moveCurrent(secret, id);
    }
    return { ARN: secret.arn, VersionId: id, VersionStages: [...secret.versions.get(id)?.stages ?? []] };
  }

  private updateSecretVersionStage(input: UpdateSecretVersionStageCommand['input']) {
    const { VersionStage: stage = '', MoveToVersionId: to = '', RemoveFromVersionId: from } = input;
    const secret = this.usable(input.SecretId);
    const holder = [...secret.versions.values()].find(({ stages }) => stages.has(stage));
    if (holder?.id !== from) {
      throw new InvalidParameterException({ $metadata: {}, message: `Staging label ${stage} is currently attached to version ${holder?.id}.` });
    }
    const target = secret.versions.get(to);
    if (target === undefined) {
      throw new ResourceNotFoundException({ $metadata: {}, message: `Secrets Manager can't find the specified secret value for VersionId: ${to}` });
    }
    if (stage === 'AWSCURRENT') {
      moveCurrent(secret, to);
    } else {
      holder?.stages.delete(stage);
      target.stages.add(stage);
    }
    return { ARN: secret.arn };
  }

  private usable(arn = ''): Secret {
    const secret = this.existing(arn);
    if (secret.deleted) {
      throw new InvalidRequestException({ $metadata: {}, message: 'You can\'t perform this operation on the secret because it was marked for deletion.' });
    }
    return secret;
  }

  private existing(arn: string): Secret {
    const secret = this.secrets.get(arn);
    if (secret === undefined) {
      throw new ResourceNotFoundException({ $metadata: {}, message: 'Secrets Manager can\'t find the specified secret.' });
    }
    return secret;
  }
}

function moveCurrent({ versions }: Secret, to: string): void {
  for (const version of versions.values()) {
    const wasCurrent = version.stages.delete('AWSCURRENT');
    if (wasCurrent) {
      versions.forEach(({ stages }) => stages.delete('AWSPREVIOUS'));
      version.stages.add('AWSPREVIOUS');
    }
  }
  versions.get(to)?.stages.delete('AWSPREVIOUS');
  versions.get(to)?.stages.add('AWSCURRENT');
}
