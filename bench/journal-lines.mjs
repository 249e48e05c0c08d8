/** Journals as Optuna writes them, for timing: many lines to one trial, or many trials. */
import { closeSync, openSync, writeSync } from 'node:fs';

const worker_id = 'b3b7a6d0-aa11-4b22-8c33-444455556666-139';
const line = (fields) => `${JSON.stringify({ worker_id, ...fields })}\n`;
const datetime = '2026-01-01T00:00:00.000000';
const attributes = { step: null, low: 0, high: 1, log: false };
const distribution = JSON.stringify({ name: 'FloatDistribution', attributes });
const study = line({ op_code: 0, study_name: 'study', directions: [1] });
const create = line({ op_code: 4, study_id: 0, datetime_start: datetime });
const report = (trial_id, step) =>
  line({ op_code: 7, trial_id, step, intermediate_value: step / 3 });

export function* reports(count) {
  yield study + create;
  for (let i = 0; i < count; i++) yield report(0, i);
}

export function* attrs(count) {
  yield study + create;
  for (let i = 0; i < count; i++)
    yield line({ op_code: 8, trial_id: 0, user_attr: { [`k${i}`]: i } });
}

/** @param op_code 2 with 'user_attr', 3 with 'system_attr' */
export function* studyAttrs(count, op_code, field) {
  yield study;
  for (let i = 0; i < count; i++) yield line({ op_code, study_id: 0, [field]: { [`k${i}`]: i } });
}

/** Trials with a parameter of their own each, and an attribute of the study after each. */
export function* newNames(count) {
  yield study;
  for (let i = 0; i < count; i++) {
    const params = { [`p${i}`]: 0.5 };
    const distributions = { [`p${i}`]: distribution };
    yield line({ op_code: 4, study_id: 0, state: 1, value: 1, params, distributions });
    yield line({ op_code: 2, study_id: 0, user_attr: { [`k${i}`]: i } });
  }
}

/** 32 lines a trial, about 4.8 kB. */
export function* trials(count) {
  yield study;
  for (let trial_id = 0; trial_id < count; trial_id++) {
    yield create;
    for (const param_name of ['a', 'b', 'c', 'd']) {
      yield line({ op_code: 5, trial_id, param_name, param_value_internal: 0.5, distribution });
    }
    for (let step = 0; step < 27; step++) yield report(trial_id, step);
    yield line({ op_code: 6, trial_id, state: 1, values: [1], datetime_complete: datetime });
  }
}

export function writeJournal(path, lines) {
  const file = openSync(path, 'w');
  let text = '';
  for (const next of lines) {
    text += next;
    if (text.length < 2 ** 20) continue;
    writeSync(file, text);
    text = '';
  }
  writeSync(file, text);
  closeSync(file);
}
