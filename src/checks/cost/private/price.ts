import { Ledger } from './ledger';
import type { PriceBook } from './price-book';
import { FARGATE_PRICERS } from './pricers/fargate';
import { FLAT_PRICERS } from './pricers/flat';
import { INSTANCE_PRICERS } from './pricers/instances';
import { NETWORK_PRICERS } from './pricers/network';
import { STORE_PRICERS } from './pricers/stores';
import { billingOf } from './resource-types';
import type { ModelResource, TemplateModel } from '../../private/model';

const PRICERS = { ...NETWORK_PRICERS, ...FARGATE_PRICERS, ...INSTANCE_PRICERS, ...STORE_PRICERS, ...FLAT_PRICERS };

/** What one model costs, and the resources that nothing is known of. */
export interface PricedModel {
  readonly ledger: Ledger;
  readonly unknown: readonly ModelResource[];
  /** US dollars a month. */
  readonly total: number;
}

export function priceModel(model: TemplateModel, bookOf: (resource: ModelResource) => PriceBook): PricedModel {
  const ledger = new Ledger(model, bookOf);
  const unknown: ModelResource[] = [];
  for (const resource of model.resources) {
    const pricer = PRICERS[resource.type];
    const billing = billingOf(resource.type);
    if (pricer !== undefined) {
      pricer(resource, ledger);
    } else if (billing === 'usage') {
      ledger.usageBased.add(resource.type);
    } else if (billing === 'unknown') {
      unknown.push(resource);
    }
  }
  return { ledger, unknown, total: ledger.lines.reduce((sum, { monthly }) => sum + Math.round(monthly * 100), 0) / 100 };
}
