/** The names of the files in which trials leave their weights. */

/** File of a trial's weights, by the trial's place in the study. */
export const trialFile = (place: number): string => `trial-${place}.safetensors`;

const TRIAL_FILE = /^trial-(0|[1-9]\d{0,8})\.safetensors$/;

export const isTrialFile = (name: string): boolean => TRIAL_FILE.test(name);

export const placeOfTrialFile = (name: string): number => Number(TRIAL_FILE.exec(name)?.[1]);
