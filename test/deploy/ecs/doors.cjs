// Runs in the network namespace of a task: each address that it listens on leads to a socket in the file system, and so out of the namespace.
// Ends with its standard input, which is the stand-in's.
const { connect, createServer } = require('net');

const doors = JSON.parse(process.argv[2]);

function passThrough(client, socket) {
  const server = connect({ path: socket, allowHalfOpen: true });
  client.pipe(server).pipe(client);
  // Where nobody listens outside, the client is let in, and its connection ends at once.
  server.once('error', () => client.destroy());
  client.once('error', () => server.destroy());
}

Promise.all(doors.map(({ address, port, socket }) => new Promise((done, failed) => {
  createServer({ allowHalfOpen: true }, (client) => passThrough(client, socket)).once('error', failed).listen(port, address, done);
}))).then(() => process.stdout.write('open\n'));

process.stdin.resume().once('end', () => process.exit(0));
