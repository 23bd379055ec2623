/** Prints progress as it goes, and remembers what held and what did not. */
export class Report {
  private readonly started = process.hrtime.bigint();
  private readonly failures: string[] = [];
  private readonly counts = { held: 0 };

  public heading(text: string) {
    console.log(`\n${bold(text)} ${dim(`[${this.elapsed()}]`)}`);
  }

  public note(text: string) {
    console.log(`    ${text}`);
  }

  /** Prints whether an expectation held; a demo with one that did not ends with exit code 1. */
  public check(holds: boolean, text: string, detail = '') {
    console.log(`  ${holds ? green('✓') : red('✗')} ${text}${detail && dim(`  ${detail}`)}`);
    if (holds) {
      this.counts.held++;
    } else {
      this.failures.push(`${text} ${detail}`);
    }
  }

  /** The last lines, and the exit code. */
  public summary(): number {
    console.log(`\n${bold('Summary')}`);
    this.failures.forEach((failure) => console.log(`  ${red('✗')} ${failure}`));
    console.log(`  ${this.counts.held} held, ${this.failures.length} did not, in ${this.elapsed()}`);
    return this.failures.length === 0 ? 0 : 1;
  }

  private elapsed(): string {
    return `${(Number(process.hrtime.bigint() - this.started) / 1e9).toFixed(1)} s`;
  }
}

const style = (code: number) => (text: string) => (process.stdout.isTTY ? `\u001b[${code}m${text}\u001b[0m` : text);
const bold = style(1);
const dim = style(2);
const red = style(31);
const green = style(32);
