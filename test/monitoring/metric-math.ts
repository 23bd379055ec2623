/** A datapoint, or none. */
export type Point = number | undefined;

/** Values at one moment, by the ids of metrics and expressions. */
export type Points = (id: string) => Point;

type Operand = Point | Point[];

const TOKEN = /\s*(\d+(?:\.\d+)?|[A-Za-z]\w*|>=|<=|[-+*/()[\],<>])/y;

const LEVELS: ReadonlyArray<Record<string, (left: number, right: number) => number>> = [
  { OR: (left, right) => Number(left !== 0 || right !== 0) },
  { AND: (left, right) => Number(left !== 0 && right !== 0) },
  { '>=': (left, right) => Number(left >= right), '<=': (left, right) => Number(left <= right), '>': (left, right) => Number(left > right), '<': (left, right) => Number(left < right) },
  { '+': (left, right) => left + right, '-': (left, right) => left - right },
  { '*': (left, right) => left * right, '/': (left, right) => left / right },
];

/**
 * As much of CloudWatch's metric math as the alarms of this library use. An operator of which one side is missing has no value, and a function over
 * several series takes those that have one.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export function evaluate(expression: string, points: Points): Point {
  const tokens = tokensOf(expression);
  let position = 0;
  const next = () => tokens[position++];
  const take = (wanted: string) => {
    const found = next();
    if (found !== wanted) throw new Error(`'${wanted}' is missing before '${found}' in ${expression}`);
  };
  const list = (end: string): Operand[] => {
    const operands = [level(0)];
    while (tokens[position] === ',') {
      next();
      operands.push(level(0));
    }
    take(end);
    return operands;
  };
  const primary = (): Operand => {
    const token = next();
    if (token === '(') return list(')')[0];
    if (token === '[') return list(']').map((each) => single(each));
    if (/^\d/.test(token)) return Number(token);
    if (tokens[position] !== '(') return points(token);
    next();
    return call(token, list(')'));
  };
  const level = (depth: number): Operand => {
    if (depth === LEVELS.length) return primary();
    let left = level(depth + 1);
    while (tokens[position] in LEVELS[depth]) {
      const operator = LEVELS[depth][next()];
      const [first, second] = [single(left), single(level(depth + 1))];
      left = first === undefined || second === undefined ? undefined : operator(first, second);
    }
    return left;
  };
  const value = single(level(0));
  if (position < tokens.length) throw new Error(`'${tokens[position]}' is too much in ${expression}`);
  return value;
}

function call(name: string, operands: Operand[]): Point {
  switch (name) {
    case 'IF': {
      const [condition, then, otherwise] = operands.map(single);
      return condition === undefined ? undefined : condition !== 0 ? then : otherwise;
    }
    case 'FILL': return single(operands[0]) ?? single(operands[1]);
    case 'SUM': return over(operands, (values) => values.reduce((sum, value) => sum + value, 0));
    case 'MAX': return over(operands, (values) => Math.max(...values));
    default: throw new Error(`This metric math has no function ${name}.`);
  }
}

function over([operand]: Operand[], reduce: (values: number[]) => number): Point {
  const values = [operand].flat().filter((value) => value !== undefined);
  return values.length === 0 ? undefined : reduce(values);
}

function single(operand: Operand): Point {
  if (Array.isArray(operand)) throw new Error('An array of series has no single value.');
  return operand;
}

function tokensOf(expression: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(expression); match !== null; match = TOKEN.exec(expression)) {
    tokens.push(match[1]);
  }
  if (tokens.join('') !== expression.replace(/\s/g, '')) throw new Error(`This metric math cannot read ${expression}.`);
  return tokens;
}
