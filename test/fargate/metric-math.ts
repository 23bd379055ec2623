/** The value of a series at one moment; nothing where there is no data point. */
export type Point = number | undefined;

type Evaluate = (valueOf: (id: string) => Point) => Point;

const BINARY: { readonly [operator: string]: readonly [number, (a: number, b: number) => number] } = {
  '<': [1, (a, b) => Number(a < b)],
  '>': [1, (a, b) => Number(a > b)],
  '<=': [1, (a, b) => Number(a <= b)],
  '>=': [1, (a, b) => Number(a >= b)],
  '==': [1, (a, b) => Number(a === b)],
  '+': [2, (a, b) => a + b],
  '-': [2, (a, b) => a - b],
  '*': [3, (a, b) => a * b],
  '/': [3, (a, b) => a / b],
};

const OVER_SERIES: { readonly [name: string]: (values: number[]) => number } = {
  SUM: (values) => values.reduce((sum, value) => sum + value, 0),
  MAX: (values) => Math.max(...values),
  MIN: (values) => Math.min(...values),
};

/**
 * Reads an expression of CloudWatch's metric math: the subset of functions that policies use, which all work moment by moment. What is computed
 * with a missing point is missing, and so is a division by zero; functions over several series leave missing points out.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export function parseMetricMath(text: string): Evaluate {
  const parser = new Parser(text);
  const evaluate = parser.expression(0);
  parser.end();
  return evaluate;
}

class Parser {
  private readonly tokens: string[];

  public constructor(private readonly text: string) {
    this.tokens = text.match(/\d+(?:\.\d+)?|[A-Za-z]\w*|[<>=]=|\S/g) ?? [];
  }

  public expression(least: number): Evaluate {
    let left = this.operand();
    for (let next = this.tokens[0]; next in BINARY && BINARY[next][0] > least; next = this.tokens[0]) {
      const [precedence, compute] = BINARY[this.tokens.shift()!];
      left = combine(left, this.expression(precedence), compute);
    }
    return left;
  }

  public end(): void {
    if (this.tokens.length > 0) this.fail();
  }

  private operand(): Evaluate {
    const token = this.tokens.shift() ?? this.fail();
    if (token === '(') {
      const inner = this.expression(0);
      this.expect(')');
      return inner;
    }
    if (/^\d/.test(token)) return () => Number(token);
    if (/^[a-z]/.test(token)) return (valueOf) => valueOf(token);
    this.expect('(');
    const call = this.call(token);
    this.expect(')');
    return call;
  }

  private call(name: string): Evaluate {
    if (name in OVER_SERIES) return this.overSeries(OVER_SERIES[name]);
    const args = this.list();
    if (name === 'FILL' && args.length === 2) return (valueOf) => args[0](valueOf) ?? args[1](valueOf);
    if (name === 'IF' && args.length === 3) {
      return (valueOf) => {
        const condition = args[0](valueOf);
        return condition === undefined ? undefined : args[condition === 0 ? 2 : 1](valueOf);
      };
    }
    return this.fail();
  }

  private overSeries(compute: (values: number[]) => number): Evaluate {
    this.expect('[');
    const series = this.list();
    this.expect(']');
    return (valueOf) => {
      const values = series.map((evaluate) => evaluate(valueOf)).filter((value): value is number => value !== undefined);
      return values.length === 0 ? undefined : compute(values);
    };
  }

  private list(): Evaluate[] {
    const items = [this.expression(0)];
    while (this.tokens[0] === ',') {
      this.tokens.shift();
      items.push(this.expression(0));
    }
    return items;
  }

  private expect(token: string): void {
    if (this.tokens.shift() !== token) this.fail();
  }

  private fail(): never {
    throw new Error(`The simulation does not read '${this.text}'.`);
  }
}

function combine(left: Evaluate, right: Evaluate, compute: (a: number, b: number) => number): Evaluate {
  return (valueOf) => {
    const [a, b] = [left(valueOf), right(valueOf)];
    const value = a === undefined || b === undefined ? undefined : compute(a, b);
    return value === undefined || !Number.isFinite(value) ? undefined : value;
  };
}
