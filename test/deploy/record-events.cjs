// Loaded by every function in the emulator before its own code: writes down the requests that it gets, and changes nothing.
const { appendFileSync } = require('fs');
process.stdin.on('data', (chunk) => appendFileSync(`${process.env.RECORDED_EVENTS}.${process.pid}`, chunk));
