// The built-in validator costs 1–2 s in each process; strict suites turn it on themselves.
process.env.CDK_VALIDATION ??= 'false';
