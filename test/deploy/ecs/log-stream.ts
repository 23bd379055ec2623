/** Where lines go. */
export type WriteLines = (lines: readonly string[]) => Promise<void>;

const PAUSE_MS = 200;

/** Carries a container's lines to its log stream, a few at a time while they come. */
export class LogStream {
  public readonly lines: string[] = [];
  private pending: string[] = [];
  private writing: Promise<void> = Promise.resolve();
  private timer?: NodeJS.Timeout;

  constructor(private readonly write: WriteLines) {}

  public add(line: string): void {
    this.lines.push(line);
    this.pending.push(line);
    this.timer ??= setTimeout(() => void this.flush(), PAUSE_MS).unref();
  }

  public async close(): Promise<void> {
    await this.flush();
  }

  private async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const lines = this.pending.splice(0);
    if (lines.length > 0) this.writing = this.writing.then(async () => this.write(lines)).catch(() => undefined);
    await this.writing;
  }
}
