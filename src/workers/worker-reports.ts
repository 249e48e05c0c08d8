/**
 * The reports of one trial on their way to the main thread: in order, in batches, and never more
 * than one batch at a time. So a million reports that nobody awaits wait here, and not in the
 * queue of a main thread that would have to work them off before it hears of anything else.
 */
import type { Report, ReportAnswer } from './protocol.js';

/** As many as the main thread takes in within a millisecond or two. */
const LARGEST_BATCH = 1000;

interface Waiting {
  readonly report: Report;
  resolve(): void;
  reject(reason: unknown): void;
}

export interface ReportLine {
  send(reports: readonly Report[]): Promise<ReportAnswer>;
  /** The trial is over by this answer: from here on, `signal` is aborted. */
  onEnd(answer: ReportAnswer, step: number): void;
  readonly signal: AbortSignal;
}

export class WorkerReports {
  private readonly line: ReportLine;
  private waiting: Waiting[] = [];
  private sending: Promise<void> | undefined;

  constructor(line: ReportLine) {
    this.line = line;
  }

  /** Resolves when the main thread has taken it in; rejects once the trial is over. */
  add(value: number, step: number): Promise<void> {
    const answer = new Promise<void>((resolve, reject) => {
      this.waiting.push({ report: [value, step], resolve, reject });
    });
    answer.catch(() => {}); // need not be awaited
    this.sending ??= this.sendAll().finally(() => {
      this.sending = undefined;
    });
    return answer;
  }

  /** Waits until every report is answered. */
  async settle(): Promise<void> {
    while (this.sending) await this.sending;
  }

  private async sendAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const reports = this.waiting;
      this.waiting = [];
      for (let start = 0; start < reports.length; start += LARGEST_BATCH) {
        await this.sendBatch(reports.slice(start, start + LARGEST_BATCH));
      }
    }
  }

  private async sendBatch(batch: readonly Waiting[]): Promise<void> {
    const { signal, send, onEnd } = this.line;
    let taken = 0;
    if (!signal.aborted) {
      const answer = await send(batch.map(({ report }) => report));
      taken = answer.taken;
      if (answer.verdict !== 'continue') onEnd(answer, batch[taken].report[1]);
    }
    for (const [index, one] of batch.entries()) {
      if (index < taken) one.resolve();
      else one.reject(signal.reason);
    }
  }
}
