import { noteEnd, noteRemaining } from './remaining';
import { revokeAll, sharedRevokes } from './revoke';
import { retiredName, type Leaving } from './role';
import { enter, touchedDatabases } from './touched';
import { markComment } from '../../../../../broker/handler/sql/owner-mark';
import { sqlOf, type Step } from '../../../../../broker/handler/sql/step';
import { identifier, literal } from '../quote';
import { findRole, hasGrantedAdministration, type RoleState } from '../server-state';
import { whereAllowed } from '../small-steps';

/**
 * Keeps a role for its own code only: without login, members, memberships and rights, and under another name. So nobody gets the rights of anybody, and
 * a new user can have the name at once. The new name comes last, in the transaction that ends the admin's membership: before it, all of this can run again.
 */
export async function retire(leaving: Leaving): Promise<void> {
  const { server, ledger } = leaving;
  const newName = retiredName(leaving);
  const databases = await touchedDatabases(leaving);
  for (const database of databases) {
    const entered = database.enterable && await enter(leaving, database.name, async (session) => {
      await revokeAll(session, leaving);
      await noteRemaining(session, leaving, database, newName);
    });
    if (!entered) {
      ledger.left.add(`the admin cannot enter database ${identifier(database.name)}, so what is in there stays with ${identifier(newName)}, rights included`);
    }
  }
  const steps = [...await sharedRevokes(leaving), ...await planLonely(leaving), ...planEnd(leaving, newName)];
  await server.apply(sqlOf(steps));
  ledger.changes.add(...planEnd(leaving, newName).map(({ sql, shown }) => shown ?? sql));
  await noteMemberships(leaving);
  noteEnd(leaving, databases, newName);
}

/** No role may act as this one. The admin's ADMIN OPTION stays: without it nobody could ever drop the role. */
async function planLonely(leaving: Leaving): Promise<Step[]> {
  const granted = hasGrantedAdministration(leaving.server.state);
  return (await othersMemberships(leaving)).map(({ role, member, grantor }) => whereAllowed(`REVOKE ${role} FROM ${member}${granted ? ` GRANTED BY ${grantor}` : ''} CASCADE`));
}

/** From PostgreSQL 16 on only who granted a membership may end it. Nobody can do more with it than before. */
async function noteMemberships(leaving: Leaving): Promise<void> {
  for (const { role, member, grantor } of await othersMemberships(leaving)) {
    leaving.ledger.left.add(`${member} still is a member of ${role}, granted by ${grantor}, who may run: REVOKE ${role} FROM ${member};`);
  }
}

async function othersMemberships({ server, oid }: Leaving): Promise<{ role: string; member: string; grantor: string }[]> {
  const [rows] = await server.read([`SELECT DISTINCT quote_ident(pg_get_userbyid(m.roleid)) AS role, quote_ident(pg_get_userbyid(m.member)) AS member, quote_ident(pg_get_userbyid(m.grantor)) AS grantor
    FROM pg_auth_members m WHERE (m.roleid = ${oid} AND pg_get_userbyid(m.member) <> current_user) OR m.member = ${oid}`]);
  return rows.map(({ role, member, grantor }) => ({ role: String(role), member: String(member), grantor: String(grantor) }));
}

function planEnd({ server, name, mark }: Leaving, newName: string): Step[] {
  const [former, present] = [identifier(name), identifier(newName)];
  const role = findRole(server.state, name);
  const { stackId, logicalId } = mark;
  return [
    { sql: `ALTER ROLE ${former} NOLOGIN PASSWORD NULL` },
    ...planAttributes(role),
    { sql: `ALTER ROLE ${former} RESET ALL` },
    ...(role?.settings ?? []).flatMap(({ database }) => database === null ? [] : [{ sql: `ALTER ROLE ${former} IN DATABASE ${identifier(database)} RESET ALL` }]),
    { sql: `COMMENT ON ROLE ${former} IS ${literal(markComment({ stackId, logicalId, retired: name }, role?.comment))}` },
    { sql: `ALTER ROLE ${former} RENAME TO ${present}` },
    { sql: `REVOKE ${present} FROM CURRENT_USER` },
  ];
}

/** Rights of the role itself, which its code would go on using. */
function planAttributes(role: RoleState | undefined): Step[] {
  const attributes: [boolean | undefined, string][] = [
    [role?.createDb, 'NOCREATEDB'], [role?.createRole, 'NOCREATEROLE'], [role?.replication, 'NOREPLICATION'], [role?.bypassRls, 'NOBYPASSRLS'],
  ];
  return attributes.flatMap(([has, word]) => has && role ? [whereAllowed(`ALTER ROLE ${identifier(role.name)} ${word}`)] : []);
}
