import { parseCidr, type Cidr } from '../../../../private/cidr';
import { literalText, Reference, type ModelValue } from '../../../private/model';

/** A range as written, or that of the VPC or subnet that it refers to; undefined where only the deployment decides. */
export function rangeText(value: ModelValue | undefined): string | undefined {
  return value instanceof Reference && value.attribute === 'CidrBlock' ? value.resource.text('CidrBlock') : literalText(value);
}

export function rangeOf(value: ModelValue | undefined): Cidr | undefined {
  return parseCidr(rangeText(value) ?? '');
}
