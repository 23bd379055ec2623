import { CACHE_PRICERS } from './caches';
import { DATABASE_PRICERS } from './databases';
import { storeColumn } from '../../../private/store-types';
import type { PriceFamily } from '../../../private/store-types/row';
import type { Pricer } from '../ledger';

/** Files come with use, and nobody makes a file system for none. In GB. */
const FILES = 10;

const fileSystem: Pricer = (resource, ledger) => {
  ledger.charge(resource, 'efs-storage', { quantity: FILES });
  ledger.assume(`A file system holds ${FILES} GB; what is read, written and copied by backups is not in the totals.`);
  if (resource.text('ThroughputMode') === 'provisioned') {
    ledger.leaveOpen(resource, 'Provisioned throughput has no price in the table and is not in the totals.');
  }
};

const BY_FAMILY: Readonly<Record<PriceFamily, Pricer>> = { ...DATABASE_PRICERS, ...CACHE_PRICERS, files: fileSystem };

/** The pricer of each type of store that has a price. */
export const STORE_PRICERS: Record<string, Pricer> = Object.fromEntries(Object.entries(storeColumn('price')).map(([type, { family }]) => [type, BY_FAMILY[family]]));
