// Prints "<passed> <failed>" of a jest JSON report. What went wrong outside of any test counts as one failure.
import { readFileSync } from 'node:fs';

const [file, exitCode] = process.argv.slice(2);
let passed = 0;
let failed = 0;
try {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  passed = report.numPassedTests;
  // A skipped test or one still to be written proves nothing, so neither is let through.
  failed = report.numFailedTests + report.numRuntimeErrorTestSuites + report.numPendingTests + report.numTodoTests;
} catch (error) {
  console.error(`There is no report of the tests: ${error.message}`);
}
if (failed === 0 && (exitCode !== '0' || passed === 0)) {
  failed = 1;
}
console.log(`${passed} ${failed}`);
