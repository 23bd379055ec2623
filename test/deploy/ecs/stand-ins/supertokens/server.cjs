// What a task of the core shows from outside: it writes below its folder, wants its key and its database, and says hello below its base path.
const { writeFileSync } = require('fs');
const { createServer } = require('http');
const { connect } = require('net');

const { BASE_PATH = '', API_KEYS, POSTGRESQL_CONNECTION_URI } = process.env;
if (!API_KEYS || !POSTGRESQL_CONNECTION_URI) throw new Error('API_KEYS and POSTGRESQL_CONNECTION_URI must be set');
writeFileSync('/usr/lib/supertokens/temp/started', '');
const { hostname, port } = new URL(POSTGRESQL_CONNECTION_URI);

const server = createServer((request, response) => {
  if (request.url !== `${BASE_PATH}/hello`) return response.writeHead(404).end();
  const database = connect(Number(port), hostname);
  database.once('connect', () => response.end('Hello\n')).once('error', ({ message }) => response.writeHead(500).end(message)).once('close', () => database.destroy());
  return database.once('connect', () => database.end());
});
server.listen(3567, () => console.log(`Listening on 3567${BASE_PATH}`));
process.once('SIGTERM', () => server.close(() => process.exit(0)));
