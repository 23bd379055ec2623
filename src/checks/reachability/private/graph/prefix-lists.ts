import { identify, made } from './identity';
import { rangeOf } from './ranges';
import type { Cidr } from '../../../../private/cidr';
import { isMap, type ModelValue, type TemplateModel } from '../../../private/model';

const TYPE = 'AWS::EC2::PrefixList';

/** The customer-managed prefix lists of a model. */
export class PrefixLists {
  private readonly lists: Map<string, readonly (Cidr | undefined)[]>;

  public constructor(model: TemplateModel) {
    this.lists = new Map(model.ofType(TYPE).map((resource) => [
      made(resource).key,
      resource.list('Entries').map((entry) => (isMap(entry) ? rangeOf(entry.Cidr) : undefined)),
    ]));
  }

  /** Its ranges; one open range where no template of this app lists them, as for those that AWS manages. */
  public addressesOf(list: ModelValue): readonly (Cidr | undefined)[] {
    return this.lists.get(identify(list, [TYPE]).key) ?? [undefined];
  }
}
