/** What a worker tells of its trial while it runs, and where it leaves the weights. */

export interface TrialProgress {
  /** From 0. */
  readonly epoch: number;
  readonly epochs: number;
  /** Of the epoch that is done. */
  readonly share: number;
  /** Training loss of the last step or epoch. */
  readonly loss?: number;
}

/** File of a trial's weights, by the trial's place in the study. */
export const trialFile = (place: number): string => `trial-${place}.safetensors`;

const TRIAL_FILE = /^trial-(0|[1-9]\d{0,8})\.safetensors$/;

export const isTrialFile = (name: string): boolean => TRIAL_FILE.test(name);

export const placeOfTrialFile = (name: string): number => Number(TRIAL_FILE.exec(name)?.[1]);
