import { evaluate } from './evaluator';
import { requestOf, type GrantTable, type GrantRow } from './grant-table';

type Request = Pick<GrantRow, 'action' | 'resources' | 'context'>;

/** What somebody with two grants may do that neither of them allows. */
export interface Product extends Request {
  readonly grants: readonly [string, string];
}

/**
 * Everything that two grants allow together and neither alone. Asked is each action of both tables on each combination of the
 * resources that any of their rows has at each place, in each context.
 */
export async function productsOf(tables: readonly GrantTable[]): Promise<Product[]> {
  const pairs = tables.flatMap((one, index) => tables.slice(index + 1).map((other) => [one, other] as const));
  const asked = pairs.flatMap(([one, other]) => combinations([...one.rows, ...other.rows]).map((request) => ({ one, other, request })));
  const decisions = await evaluate(asked.flatMap(({ one, other, request }) => [
    requestOf(request, [...one.policies, ...other.policies]), requestOf(request, one.policies), requestOf(request, other.policies),
  ]));
  return asked.flatMap(({ one, other, request }, index) => {
    const [together, first, second] = decisions.slice(3 * index, 3 * index + 3);
    return together === 'allowed' && first === 'denied' && second === 'denied' ? [{ grants: [one.title, other.title] as const, ...request }] : [];
  });
}

function combinations(rows: readonly GrantRow[]): Request[] {
  return [...new Set(rows.map(({ action }) => action))].flatMap((action) => {
    const own = rows.filter((row) => row.action === action);
    const contexts = unique(own.map(({ context = {} }) => context));
    const places = own.map(({ resources }) => [resources].flat());
    return unique(places.map(({ length }) => length)).flatMap((length) => {
      const choices = Array.from({ length }, (_, place) => unique(places.filter((each) => each.length === length).map((each) => each[place])));
      return crossed(choices).flatMap((resources) => contexts.map((context) => ({ action, resources, context })));
    });
  });
}

function crossed(choices: readonly string[][]): string[][] {
  return choices.reduce<string[][]>((made, options) => made.flatMap((begun) => options.map((option) => [...begun, option])), [[]]);
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
