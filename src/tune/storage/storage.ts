/** Where studies are kept. Every storage passes test/contracts/storage.ts. */
import type { Distribution } from '../distributions.js';
import type { ParamValue } from '../executor.js';
import type { Direction, FrozenTrial } from '../trial.js';

/** A study without its trials. */
export interface StudyRecord {
  /** How the storage tells it from others. */
  readonly id: number;
  /** The name of the study. */
  readonly name: string;
  /** One for each objective. */
  readonly directions: readonly Direction[];
  /** Values that users keep with it. */
  readonly userAttrs: Readonly<Record<string, unknown>>;
  /** Values that programs keep with it. */
  readonly systemAttrs: Readonly<Record<string, unknown>>;
}

/** A trial at its start. */
export interface TrialStart {
  /** What was suggested, by name. */
  readonly params: Readonly<Record<string, ParamValue>>;
  /** What each parameter was drawn from. */
  readonly distributions: Readonly<Record<string, Distribution>>;
  /** What it has reported already, by step: of a trial that goes on where it was interrupted. */
  readonly intermediateValues?: Readonly<Record<number, number>> | undefined;
  /** Values that `space` keeps with it. */
  readonly userAttrs: Readonly<Record<string, unknown>>;
  /** Values that the study keeps with it. */
  readonly systemAttrs: Readonly<Record<string, unknown>>;
}

/** A trial at its end. */
export interface TrialEnd {
  /** How it ended. */
  readonly state: 'COMPLETE' | 'PRUNED' | 'FAIL';
  /** One for each objective, for COMPLETE; of PRUNED the last reported one. */
  readonly values?: readonly number[] | undefined;
  /** Added to those that the trial has. */
  readonly systemAttrs?: Readonly<Record<string, unknown>> | undefined;
}

/** A RUNNING trial that another program has started, such as Optuna. */
export interface ForeignTrial {
  /** The number of the trial. */
  readonly number: number;
  /** Milliseconds since this process last saw a sign of it, by its own clock. */
  readonly silence: number;
}

/**
 * Whatever resolves is safe: on disk where there is one. Trials are named by study and number.
 * Every method may reject with SluiceError 'storage'.
 */
export interface Storage {
  /**
   * Takes in what other processes have written.
   * @param signal stops the reading of a long journal, and waiting for one: rejects with
   *   SluiceError 'aborted'; what was read by then is kept
   */
  refresh(signal?: AbortSignal): Promise<void>;
  /** Studies as of the last refresh or write. */
  study(name: string): StudyRecord | undefined;
  /** Creates a study, or returns the one that another process has created under this name by now. */
  createStudy(name: string, directions: readonly Direction[]): Promise<StudyRecord>;
  /** Keeps values of programs with a study. */
  setStudySystemAttrs(study: number, attrs: Readonly<Record<string, unknown>>): Promise<void>;
  /** Trials in number order, as of the last refresh or write. @param from the first of them */
  trials(study: number, from?: number): readonly FrozenTrial[];
  /** One trial, as of the last refresh or write. */
  trial(study: number, number: number): FrozenTrial | undefined;
  /** Adds a RUNNING trial under the next number. */
  createTrial(study: number, start: TrialStart): Promise<FrozenTrial>;
  /**
   * The same, if that number is the next: else somebody else has added a trial meanwhile, which
   * is taken in, and nothing is written.
   */
  createTrialAt(study: number, number: number, start: TrialStart): Promise<FrozenTrial | undefined>;
  /** Adds a WAITING trial under the next number, to be run by whoever optimizes the study next. */
  enqueueTrial(study: number, start: TrialStart): Promise<FrozenTrial>;
  /** Turns a WAITING trial into a RUNNING one; undefined where somebody else has done so. */
  startTrial(study: number, number: number, start: TrialStart): Promise<FrozenTrial | undefined>;
  /** Keeps an intermediate value of a RUNNING trial. */
  report(study: number, number: number, step: number, value: number): Promise<void>;
  /** Keeps values of programs with a RUNNING trial. */
  setTrialSystemAttrs(
    study: number,
    number: number,
    attrs: Readonly<Record<string, unknown>>,
  ): Promise<void>;
  /** Ends a RUNNING trial. */
  finishTrial(study: number, number: number, end: TrialEnd): Promise<FrozenTrial>;
  /** The RUNNING trials that no sluice has started, as of the last refresh or write. */
  foreignTrials(study: number): readonly ForeignTrial[];
  /**
   * Reserves the right to run trials of a study, so that two processes (or two calls in one)
   * do not take each other's running trials for dead ones. Rejects with 'storage' when
   * somebody alive holds it. Resolves with the function that gives it back.
   * @param signal stops waiting
   */
  claim(study: number, signal?: AbortSignal): Promise<() => Promise<void>>;
}
