/** Checks of what people hand to createStudy and optimize. */
import { SluiceError } from '../errors.js';
import { checkKeys, shown } from '../options.js';
import type { OptimizeOptions, StudyOptions } from './study.js';

function refuse(what: string, rule: string, found: string): never {
  throw new SluiceError('bad-option', `${what}: ${rule}, but got ${found}`);
}

const studyOptions = [
  'name',
  'direction',
  'sampler',
  'pruner',
  'storage',
  'loadIfExists',
  'lookback',
] satisfies (keyof StudyOptions)[];

/** @throws SluiceError 'bad-option' */
export function checkStudy(options: StudyOptions): void {
  checkKeys('createStudy', options, studyOptions);
  const { name, direction, lookback, loadIfExists, sampler, pruner, storage } = options;
  if (name !== undefined && (typeof name !== 'string' || name === '')) {
    refuse('createStudy', '`name` must be a non-empty string', shown(name));
  }
  if (direction !== undefined && direction !== 'minimize' && direction !== 'maximize') {
    refuse('createStudy', "`direction` must be 'minimize' or 'maximize'", shown(direction));
  }
  if (lookback !== undefined && !(Number.isSafeInteger(lookback) && lookback >= 1)) {
    refuse('createStudy', '`lookback` must be an integer >= 1', shown(lookback));
  }
  if (loadIfExists !== undefined && typeof loadIfExists !== 'boolean') {
    refuse('createStudy', '`loadIfExists` must be true or false', shown(loadIfExists));
  }
  checkMethod('sampler', sampler, 'sample', 'such as new RandomSampler()');
  checkMethod('pruner', pruner, 'prune', 'such as new MedianPruner()');
  checkMethod('storage', storage, 'createTrial', 'such as memoryStorage() or journalFile(path)');
}

function checkMethod(option: string, value: unknown, method: string, example: string): void {
  if (value === undefined) return;
  if (typeof (value as Record<string, unknown> | null)?.[method] !== 'function') {
    refuse(
      'createStudy',
      `\`${option}\` must be an object with ${method}(), ${example}`,
      shown(value),
    );
  }
}

const optimizeOptions = [
  'space',
  'trials',
  'totalTrials',
  'timeout',
  'signal',
  'callbacks',
  'onEvent',
  'executor',
  'objective',
  'worker',
  'data',
  'workers',
  'silenceTimeout',
  'stallTimeout',
  'startTimeout',
] satisfies (keyof OptimizeOptions)[];

/** @throws SluiceError 'bad-option' */
export function checkOptimize(options: OptimizeOptions): void {
  checkKeys('optimize', options, optimizeOptions);
  const { space, callbacks, onEvent, executor, signal } = options;
  if (typeof space !== 'function') {
    refuse('optimize', '`space` must be a function (t) => parameters', shown(space));
  }
  checkEnd(options);
  checkObjective(options);
  if (callbacks !== undefined && !(Array.isArray(callbacks) && callbacks.every(isFunction))) {
    refuse(
      'optimize',
      '`callbacks` must be an array of functions (study, trial)',
      shown(callbacks),
    );
  }
  if (onEvent !== undefined && !isFunction(onEvent)) {
    refuse('optimize', '`onEvent` must be a function', shown(onEvent));
  }
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    refuse('optimize', '`signal` must be an AbortSignal', shown(signal));
  }
  if (executor !== undefined && !(Number.isSafeInteger(executor.size) && executor.size >= 1)) {
    refuse('optimize', '`executor.size` must be an integer >= 1', shown(executor.size));
  }
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function checkEnd({ trials, totalTrials, timeout }: OptimizeOptions): void {
  for (const [name, value] of Object.entries({ trials, totalTrials })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1)) {
      refuse('optimize', `\`${name}\` must be an integer >= 1`, shown(value));
    }
  }
  if (trials !== undefined && totalTrials !== undefined) {
    refuse('optimize', 'only one of `trials` (more) and `totalTrials` may be given', 'both');
  }
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0)) {
    refuse('optimize', '`timeout` must be a number of seconds > 0', shown(timeout));
  }
  if (trials === undefined && totalTrials === undefined && timeout === undefined) {
    refuse('optimize', 'one of `trials`, `totalTrials` and `timeout` must be given', 'none');
  }
}

function checkObjective(options: OptimizeOptions): void {
  const ways = (['executor', 'objective', 'worker'] as const).filter(
    (way) => options[way] !== undefined,
  );
  if (ways.length !== 1) {
    const found = ways.join(' and ') || 'none';
    refuse('optimize', 'exactly one of `worker`, `objective` and `executor` must be given', found);
  }
  if (options.objective !== undefined && typeof options.objective !== 'function') {
    refuse(
      'optimize',
      '`objective` must be a function (params, trial, data)',
      shown(options.objective),
    );
  }
  const unread = workerOptions.filter(
    (name) => options[name] !== undefined && !reads(ways[0], name),
  );
  if (unread.length > 0) {
    refuse('optimize', `\`${unread[0]}\` has no meaning with \`${ways[0]}\``, 'both');
  }
}

const workerOptions = [
  'data',
  'workers',
  'silenceTimeout',
  'stallTimeout',
  'startTimeout',
] as const;

function reads(way: string, option: string): boolean {
  return way === 'worker' || (way === 'objective' && option === 'data');
}
