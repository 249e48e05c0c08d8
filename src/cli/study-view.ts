/** The view of a running study: drawn again and again in a terminal, a line a trial elsewhere. */

import type { StudyEvent } from '../tune/events.js';
import type { FrozenTrial } from '../tune/trial.js';
import { bar, describeParams, duration, figure } from './figures.js';
import { type Lane, type StudyProgress, shareOf } from './progress.js';
import { withoutPlace } from './study-error.js';
import { LiveLines, type Screen, say, styled } from './terminal.js';

const REDRAW_MS = 100;

export class StudyView {
  readonly #screen: Screen;
  readonly #progress: StudyProgress;
  readonly #lines: LiveLines;
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #stopping = false;

  constructor(screen: Screen, progress: StudyProgress) {
    this.#screen = screen;
    this.#progress = progress;
    this.#lines = new LiveLines(screen);
    if (!screen.live) return;
    this.#draw();
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    this.#timer.unref();
  }

  take(event: StudyEvent): void {
    const finished = this.#progress.take(event);
    if (finished && !this.#screen.live) say(this.#screen, finishedLine(finished, this.#progress));
  }

  /** Says something that stays; the live view goes on below it. */
  warn(message: string): void {
    if (this.#screen.live) this.#lines.clear();
    say(this.#screen, `warning: ${message}`);
    if (this.#screen.live) this.#draw();
  }

  /** Says that the study is being stopped. */
  stopping(): void {
    this.#stopping = true;
    if (this.#screen.live) this.#draw();
    else say(this.#screen, 'stopping ...');
  }

  /** Leaves the terminal as it was. */
  close(): void {
    clearInterval(this.#timer);
    if (this.#screen.live) this.#lines.clear();
  }

  #draw(): void {
    this.#lines.draw(liveLines(this.#progress, this.#screen, performance.now(), this.#stopping));
  }
}

/** All lines of the live view; pure. */
export function liveLines(
  progress: StudyProgress,
  { columns, colors }: Pick<Screen, 'columns' | 'colors'>,
  now: number,
  stopping = false,
): string[] {
  const { total, finished, counts, lanes, best } = progress;
  const left = progress.secondsLeft(now);
  const rest = left === undefined ? '' : `, about ${duration(left)} left`;
  const width = Math.max(8, Math.min(32, columns - 52));
  const head = [
    styled(bar(progress.share(), width), 'cyan', colors),
    ` ${finished}/${total} trials`,
    counts.pruned > 0 ? `, ${counts.pruned} pruned` : '',
    counts.failed > 0 ? `, ${styled(`${counts.failed} failed`, 'yellow', colors)}` : '',
    `  ${duration(progress.seconds(now))}${stopping ? ', stopping ...' : rest}`,
  ].join('');
  const bestLine = best
    ? `best  ${styled(figure(best.value!), 'green', colors)}  trial ${best.number}  ${styled(describeParams(best.params), 'dim', colors)}`
    : styled('best  none yet', 'dim', colors);
  return [head, ...lanes.map((lane, i) => laneLine(lane, i, columns, colors)), bestLine];
}

function laneLine(
  { trial, progress, value }: Lane,
  index: number,
  columns: number,
  colors: boolean,
): string {
  const place = String(index + 1).padStart(4);
  if (!trial) return `${place}  ${styled('idle', 'dim', colors)}`;
  const name = `trial ${String(trial.number).padEnd(3)}`;
  if (!progress) return `${place}  ${name} ${styled('starting', 'dim', colors)}`;
  const epochs = `${Math.min(progress.epoch + 1, progress.epochs)}/${progress.epochs}`.padStart(5);
  const meter = columns >= 70 ? ` ${bar(shareOf(progress), 12)}` : '';
  const loss = progress.loss === undefined ? '' : `  loss ${figure(progress.loss)}`;
  const error = value === undefined ? '' : `  error ${figure(value)}`;
  return `${place}  ${name} epoch ${epochs}${meter}${loss}${error}  ${styled(describeParams(trial.params), 'dim', colors)}`;
}

/** A line for a log: what became of a trial. */
export function finishedLine(trial: FrozenTrial, { finished, total, best }: StudyProgress): string {
  const state = trial.state === 'FAIL' ? 'failed' : trial.state.toLowerCase();
  const value = trial.value === undefined ? '' : `  ${figure(trial.value)}`;
  const reason =
    trial.state === 'FAIL' && trial.failReason ? `: ${withoutPlace(trial.failReason)}` : '';
  const mark = best?.number === trial.number ? '  best so far' : '';
  return `[${finished}/${total}] trial ${trial.number} ${state}${reason}${value}${mark}  (${describeParams(trial.params)})`;
}
