/** Something that a login makes, and what others may do with it. `S` is the schema that it is made in. */
export interface Carrier {
  readonly name: string;
  readonly create: string;
  /** Statements of others, each tried in a transaction that is rolled back. */
  readonly use: readonly string[];
  readonly since?: number;
  /** Whether code hangs on the tables `S.<name>` and `S.<name>_…`, so that they must stay with their maker. */
  readonly coded: boolean;
}

/** Says as whom it runs. Labelled so that it may stand anywhere. */
export const SPY = "CREATE FUNCTION S.spy(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'ran as %', current_user; RETURN i; END $$";

/** The same, in code of more lines. With a constant, a plan would run it once and keep the result. */
const NOTE = "RAISE NOTICE 'ran as %', current_user";

const table = (name: string, columns = 'id int', more: readonly string[] = []): Pick<Carrier, 'create' | 'use'> => ({
  create: [`CREATE TABLE S.${name} (${columns})`, ...more].join('; '),
  use: [
    `SELECT * FROM S.${name}`, `INSERT INTO S.${name} (id) VALUES (2)`, `UPDATE S.${name} SET id = 3`, `DELETE FROM S.${name}`,
    `ANALYZE S.${name}`, `REINDEX TABLE S.${name}`, `INSERT INTO S.${name} (id) VALUES (2); ANALYZE S.${name}`, `INSERT INTO S.${name} (id) VALUES (2); REINDEX TABLE S.${name}`,
  ],
});
const trigger = (on: string) => `CREATE FUNCTION S.${on}_fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${NOTE}; RETURN coalesce(NEW, OLD); END $$;
  CREATE TRIGGER fire BEFORE INSERT OR UPDATE OR DELETE ON S.${on} FOR EACH ROW EXECUTE FUNCTION S.${on}_fire()`;
const coded = (name: string, parts: Pick<Carrier, 'create' | 'use'>, since?: number): Carrier => ({ name, ...parts, coded: true, since });
const data = (name: string, parts: Pick<Carrier, 'create' | 'use'>, since?: number): Carrier => ({ name, ...parts, coded: false, since });
const family = (name: string, action: string, child: string, more: string): Pick<Carrier, 'create' | 'use'> => ({
  create: `CREATE TABLE S.${name} (id int PRIMARY KEY); INSERT INTO S.${name} VALUES (1), (7); CREATE TABLE S.${name}_child (id int, parent ${child} REFERENCES S.${name} ${action}); INSERT INTO S.${name}_child VALUES (1, 1)${more}`,
  use: [`DELETE FROM S.${name}`, `DELETE FROM S.${name} WHERE id = 1`, `UPDATE S.${name} SET id = 5 WHERE id = 1`, `INSERT INTO S.${name}_child VALUES (2, 1)`],
});

/** One of each kind of thing that a login without further rights can make. */
export const CARRIERS: readonly Carrier[] = [
  data('plain', table('plain')),
  data('serial', table('serial', 'id serial PRIMARY KEY, made timestamptz DEFAULT now(), key uuid DEFAULT gen_random_uuid(), who text DEFAULT current_user')),
  data('identity', table('identity', 'n int GENERATED ALWAYS AS IDENTITY, id int CHECK (id > 0), label text GENERATED ALWAYS AS (id::text || \'x\') STORED')),
  data('enumerated', { ...table('enumerated'), create: `CREATE TYPE S.mood AS ENUM ('ok', 'bad'); ${table('enumerated', 'id int, mood S.mood DEFAULT \'ok\'').create}` }),
  data('uuids', table('uuids', 'id int, a uuid DEFAULT uuidv7(), b uuid DEFAULT uuidv4()'), 18),
  data('parts', table('parts', 'id int) PARTITION BY LIST (id', ['CREATE TABLE S.parts_two PARTITION OF S.parts FOR VALUES IN (2, 3)'])),
  data('related', family('related', 'ON DELETE CASCADE ON UPDATE CASCADE', 'int DEFAULT 7', '')),
  data('safely_indexed', table('safely_indexed', 'id int', ['CREATE INDEX ON S.safely_indexed ((id + 1)) WHERE id > 0; CREATE STATISTICS S.safely_indexed_s ON (id + 1), (id + 2) FROM S.safely_indexed'])),
  coded('triggered', table('triggered', 'id int', [trigger('triggered')])),
  coded('ruled', table('ruled', 'id int', ['CREATE RULE r AS ON INSERT TO S.ruled DO ALSO SELECT S.spy(1)'])),
  coded('policed', table('policed', 'id int', ['ALTER TABLE S.policed ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON S.policed USING (S.spy(id) > 0)'])),
  coded('checked', table('checked', 'id int CHECK (S.spy(id) > 0)')),
  coded('defaulted', { ...table('defaulted', 'id int, d int DEFAULT S.spy(1)') }),
  coded('generated', table('generated', 'id int, g int GENERATED ALWAYS AS (S.spy(id)) STORED')),
  coded('row_compared', table('row_compared', 'id int CHECK (row(S.spy(id), 1) < row(100, 1))')),
  coded('indexed_by_code', table('indexed_by_code', 'id int', ['INSERT INTO S.indexed_by_code VALUES (1); CREATE INDEX ON S.indexed_by_code (S.spy(id))'])),
  coded('indexed_where', table('indexed_where', 'id int', ['INSERT INTO S.indexed_where VALUES (1); CREATE INDEX ON S.indexed_where (id) WHERE S.spy(id) > 0'])),
  coded('excluding', table('excluding', 'id int, EXCLUDE USING btree (S.spy(id) WITH =)')),
  coded('counted', table('counted', 'id int', ['INSERT INTO S.counted SELECT generate_series(1, 9); CREATE STATISTICS S.counted_s ON (S.spy(id)), (S.spy(id + 1)) FROM S.counted'])),
  coded('parted', table('parted', 'id int) PARTITION BY LIST (S.spy(id)', ['CREATE TABLE S.parted_two PARTITION OF S.parted FOR VALUES IN (2, 3)'])),
  coded('operated', {
    ...table('operated'),
    create: `CREATE FUNCTION S.same(a int, b int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN ${NOTE}; RETURN true; END $$; CREATE OPERATOR S.=# (FUNCTION = S.same, LEFTARG = int, RIGHTARG = int);
      ${table('operated', 'id int CHECK (id OPERATOR(S.=#) 1)').create}`,
  }),
  coded('domained', { ...table('domained'), create: `CREATE DOMAIN S.positive AS int CHECK (S.spy(VALUE) > 0); ${table('domained', 'id S.positive').create}` }),
  coded('domains', { ...table('domains'), create: `CREATE DOMAIN S.several AS int CHECK (S.spy(VALUE) > 0); ${table('domains', 'id int, list S.several[] DEFAULT \'{1}\'').create}` }),
  coded('domain_in_default', { ...table('domain_in_default'), create: `CREATE DOMAIN S.silent AS int CHECK (S.spy(VALUE) > 0); ${table('domain_in_default', 'id int, d int DEFAULT (1::S.silent)::int').create}` }),
  coded('composed', { ...table('composed'), create: `CREATE DOMAIN S.inner AS int CHECK (S.spy(VALUE) > 0); CREATE TYPE S.pair AS (a int, b S.inner); ${table('composed', 'id int, p S.pair DEFAULT \'(1,1)\'').create}` }),
  coded('ranged', {
    ...table('ranged'),
    create: `CREATE FUNCTION S.apart(a int, b int) RETURNS float8 IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN S.spy(a - b); END $$; CREATE TYPE S.span AS RANGE (subtype = int, subtype_diff = S.apart);
    ${table('ranged', 'id int, s S.span DEFAULT \'[1,5)\'').create}; CREATE INDEX ON S.ranged USING gist (s)`,
  }),
  coded('cast', {
    ...table('cast'),
    create: `CREATE TYPE S.tone AS ENUM ('high'); CREATE FUNCTION S.to_tone(t int) RETURNS S.tone LANGUAGE plpgsql AS $$ BEGIN ${NOTE}; RETURN 'high'; END $$;
    CREATE CAST (int AS S.tone) WITH FUNCTION S.to_tone(int) AS ASSIGNMENT; ${table('cast', 'id S.tone').create}`,
  }),
  coded('validated', { ...table('validated'), create: `CREATE DOMAIN S.named AS int CHECK (S.spy(VALUE) > 0); ${table('validated', 'id int CHECK (pg_input_is_valid(id::text, \'S.named\'))').create}` }, 16),
  coded('cascading', family('cascading', 'ON DELETE CASCADE ON UPDATE CASCADE', 'int', `; ${trigger('cascading_child')}`)),
  coded('set_default', family('set_default', 'ON DELETE SET DEFAULT', 'int DEFAULT S.spy(7)', '')),
  coded('cascading_parts', {
    create: `CREATE TABLE S.cascading_parts (id int PRIMARY KEY); INSERT INTO S.cascading_parts VALUES (1); CREATE TABLE S.cascading_parts_all (id int REFERENCES S.cascading_parts ON DELETE CASCADE) PARTITION BY LIST (id);
      CREATE TABLE S.cascading_parts_one PARTITION OF S.cascading_parts_all FOR VALUES IN (1); INSERT INTO S.cascading_parts_all VALUES (1); ${trigger('cascading_parts_one')}`,
    use: ['DELETE FROM S.cascading_parts', 'INSERT INTO S.cascading_parts_all VALUES (1)'],
  }),
  coded('inherited', { ...table('inherited', 'id int', ['CREATE TABLE S.inherited_child () INHERITS (S.inherited); INSERT INTO S.inherited_child VALUES (1)', trigger('inherited_child')]) }),
  coded('cyclic', {
    create: `CREATE TABLE S.cyclic (id int PRIMARY KEY); CREATE TABLE S.cyclic_a (id int PRIMARY KEY REFERENCES S.cyclic ON DELETE CASCADE); CREATE TABLE S.cyclic_b (id int REFERENCES S.cyclic_a ON DELETE CASCADE);
      INSERT INTO S.cyclic VALUES (1); INSERT INTO S.cyclic_a VALUES (1); INSERT INTO S.cyclic_b VALUES (1); ${trigger('cyclic_b')}`,
    use: ['DELETE FROM S.cyclic', 'DELETE FROM S.cyclic_a'],
  }),
  data('a_view', { create: 'CREATE TABLE S.hidden (id int); INSERT INTO S.hidden VALUES (1); CREATE VIEW S.a_view AS SELECT id FROM S.hidden', use: ['SELECT * FROM S.a_view', 'INSERT INTO S.a_view VALUES (1)', 'SELECT * FROM S.hidden'] }),
  data('view_with_code', { create: 'CREATE VIEW S.view_with_code AS SELECT S.spy(1)', use: ['SELECT * FROM S.view_with_code'] }),
  data('materialized', { create: 'CREATE MATERIALIZED VIEW S.materialized AS SELECT S.spy(1) AS id', use: ['SELECT * FROM S.materialized', 'REFRESH MATERIALIZED VIEW S.materialized'] }),
  data('definer', {
    create: `CREATE FUNCTION S.definer() RETURNS int SECURITY DEFINER LANGUAGE plpgsql AS $$ BEGIN ${NOTE}; RETURN 1; END $$; CREATE FUNCTION S.run(t text) RETURNS text SECURITY DEFINER LANGUAGE plpgsql AS $$ BEGIN EXECUTE t; RETURN current_user; END $$`,
    use: ['SELECT S.definer()', 'SELECT S.run(\'CREATE TABLE S.made (id int)\')', 'SELECT S.run(\'CREATE ROLE evil CREATEROLE\')', 'SELECT S.run(\'SET ROLE app_owner\')', 'SELECT S.spy(1)'],
  }),
  data('procedures', {
    create: `CREATE PROCEDURE S.proc(IN a int, OUT b text) SECURITY DEFINER LANGUAGE plpgsql AS $$ BEGIN ${NOTE}; b := 'x'; END $$; CREATE PROCEDURE S.proc(IN a int, IN b text) SECURITY DEFINER LANGUAGE plpgsql AS $$ BEGIN ${NOTE}; END $$`,
    use: ['CALL S.proc(1, NULL::text)', 'CALL S.proc(1, \'x\')'],
  }),
  data('aggregate', { create: 'CREATE FUNCTION S.add(a int, b int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN S.spy(a + b); END $$; CREATE AGGREGATE S.total(int) (SFUNC = S.add, STYPE = int, INITCOND = \'0\')', use: ['SELECT S.total(x) FROM (VALUES (1), (2)) v(x)'] }),
  data('own_sequence', { create: 'CREATE SEQUENCE S.own_sequence', use: ['SELECT nextval(\'S.own_sequence\')', 'SELECT last_value FROM S.own_sequence'] }),
  data('many_kinds', {
    create: `CREATE COLLATION S.coll (provider = libc, locale = 'C'); CREATE TEXT SEARCH CONFIGURATION S.words (COPY = pg_catalog.simple); CREATE TEXT SEARCH DICTIONARY S.dict (TEMPLATE = pg_catalog.simple);
      CREATE CONVERSION S.conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8; SELECT lo_from_bytea(0, 'x'); ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC; ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO app_ro`,
    // The large object itself is data that only its owner reads.
    use: ['SELECT loid FROM pg_largeobject_metadata, lo_get(pg_largeobject_metadata.oid) AS loid'],
  }),
];
