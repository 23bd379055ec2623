import { isSameResource, NOBODY, type StoredMark } from './owner-mark';
import { BrokerError } from '../../broker-error';
import type { OwnerMark, Permissions } from '../../broker.contract';
import { isOfStack } from '../../stack-identity';

/** Who asks, and how far it may go. */
export interface Claim extends Permissions {
  readonly mark: OwnerMark;
}

/**
 * Fails when something that exists belongs to somebody else, and taking it over was not asked for. Not for what is still to be made.
 *
 * @param found its mark; none where it exists without one
 */
export function checkMayTake(object: string, found: StoredMark | undefined, claim: Claim): void {
  if (claim.adoptExisting || isOfStack(found, claim.mark.stackId)) {
    return;
  }
  const owner = found && !isSameResource(found, NOBODY) ? `belongs to resource '${found.logicalId}' of stack '${found.stackId}'` : 'was not made by this library';
  throw new BrokerError('NOT_OWNED', `${object} exists already and ${owner}. Choose another name, or set \`adoptExisting: AdoptExisting.takeOver()\` to take over what exists.`);
}
