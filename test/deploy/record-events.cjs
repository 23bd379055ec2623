// Loaded by every function in the emulator before its own code: writes down the requests that it gets, and changes nothing.
const { appendFileSync } = require('fs');
const { createInterface } = require('readline');

createInterface({ input: process.stdin }).on('line', (line) => {
  const { event } = JSON.parse(line);
  if (event !== undefined) appendFileSync(`${process.env.RECORDED_EVENTS}.${process.pid}`, `${JSON.stringify({ at: Date.now(), event })}\n`);
});
