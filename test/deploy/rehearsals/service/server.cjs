// A service that fails to start in the way that MODE names.
const { createServer } = require('http');
const { writeFileSync } = require('fs');

const { MODE, PORT, BACKEND_REHEARSAL } = process.env;
const begun = Date.now();

function answer(_request, response) {
  const isReady = MODE !== 'error' && (MODE !== 'slow' || Date.now() - begun > 6000);
  if (!isReady) console.log('not ready: no connection to the database');
  response.writeHead(isReady ? 200 : 500).end();
}

console.log(`starting, rehearsal: ${BACKEND_REHEARSAL}`);
if (MODE === 'crash') throw new Error('relation "people" does not exist');
if (MODE === 'write') writeFileSync('/server.log', 'started');
if (MODE === 'done') process.exit(0);
createServer(answer).listen(Number(PORT), MODE === 'local' ? '127.0.0.1' : '0.0.0.0');
// The first process of a container has no default for signals.
process.on('SIGTERM', () => process.exit(0));
