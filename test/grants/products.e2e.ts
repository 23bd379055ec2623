import { allTables } from './all-tables';
import { productsOf } from './products';

/** @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html */
const SHELL_OF_ANOTHER = 'No key of ssm:StartSession ties a document to an instance. The shell of one bastion runs as a user that no other bastion has, so the session fails';

/** What two grants of one role allow that neither allows alone, and why that is as it is. */
const KNOWN: { readonly grants: [RegExp, RegExp]; readonly action: string; readonly why: string }[] = [
  { grants: [/^shell on bastion/, /^shell on bastion/], action: 'ssm:StartSession', why: SHELL_OF_ANOTHER },
  { grants: [/^shell on bastion A/, /^tunnel through bastion B/], action: 'ssm:StartSession', why: SHELL_OF_ANOTHER },
  { grants: [/^tunnel through bastion A/, /^shell on bastion B/], action: 'ssm:StartSession', why: SHELL_OF_ANOTHER },
  { grants: [/^tunnel through/, /^tunnel through/], action: 'ssm:StartSession', why: 'the tunnel of one bastion on another leads only where the security group of that other one lets it, which is to the targets of its own tunnels' },
];

test('two grants of one role allow together what is written here, and nothing more', async () => {
  const found = await productsOf(allTables().filter(({ covers }) => covers.length > 0));

  const unknown = found.filter(({ grants, action }) => !KNOWN.some((known) => known.action === action && known.grants.every((pattern, index) => pattern.test(grants[index]))));
  const gone = KNOWN.filter((known) => !found.some(({ grants, action }) => known.action === action && known.grants.every((pattern, index) => pattern.test(grants[index]))));
  expect(unknown).toEqual([]);
  expect(gone).toEqual([]);
});
