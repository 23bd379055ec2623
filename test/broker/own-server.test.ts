import { SqlEnv, type SqlRequest } from '../../src/broker/broker.contract';
import { atOwnServer } from '../../src/broker/handler/sql/own-server';

const REQUEST: SqlRequest = {
  operation: 'deleteDatabase',
  databaseName: 'app',
  force: false,
  server: { host: 'asked.example.internal', port: 5432, username: 'admin', password: 'x', ca: '', owned: true },
  mark: { stackId: 'one', logicalId: 'Database' },
  deadline: 0,
};

test('a request is for the server of the configuration, whatever it names, and is else what it was', () => {
  const { server, ...rest } = atOwnServer(REQUEST, { [SqlEnv.HOST]: 'own.example.internal', [SqlEnv.PORT]: '6432' });
  expect(server).toEqual({ ...REQUEST.server, host: 'own.example.internal', port: 6432 });
  expect({ ...rest, server: REQUEST.server }).toEqual(REQUEST);
});

test('a request is for the server that it names where the configuration is of an older version', () => {
  expect(atOwnServer(REQUEST, {})).toEqual(REQUEST);
});
