import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../private/errors';

/**
 * What happens to a database or user of the same name that exists already, and that this stack did not create.
 *
 * Without it, such an object is an error in the deployment.
 */
export class AdoptExisting {
  /**
   * The object is taken over. Everything in a database goes on working for whoever uses it: owners, rights of others and of `PUBLIC`, and
   * settings stay unless you declare them. Where that isn't possible the deployment fails, with the role in the way and the statement to run.
   * A rollback brings back what was changed.
   */
  public static takeOver(): AdoptExisting {
    return new AdoptExisting('true');
  }

  /**
   * Nothing is changed. The deployment fails, and its reason is the list of what `takeOver()` would change. The reason has at most 4 KB; the
   * log of the function has all of it.
   */
  public static plan(): AdoptExisting {
    return new AdoptExisting('plan');
  }

  /** What exists is an error, also on a server that is restored from a snapshot. */
  public static refuse(): AdoptExisting {
    return new AdoptExisting('false');
  }

  /**
   * The word in the template.
   *
   * @internal
   */
  public static _word(scope: IConstruct, value: AdoptExisting | undefined): string | undefined {
    // From JavaScript, `true` is what people try first.
    if (value !== undefined && !(value instanceof AdoptExisting)) {
      throw new InvalidBackendError(scope, 'AdoptExisting.type', `\`adoptExisting\` must be an \`AdoptExisting\`, got '${String(value)}'. Use \`AdoptExisting.takeOver()\`, or \`AdoptExisting.plan()\` to see first what that would change.`);
    }
    return value?.word;
  }

  private constructor(private readonly word: string) {}
}
