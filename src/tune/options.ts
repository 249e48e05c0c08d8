/** Checks of what people hand to createStudy and optimize. */
import { SluiceError } from '../errors.js';
import type { OptimizeOptions, StudyOptions } from './study.js';

function refuse(what: string, rule: string, found: unknown): never {
  const shown = typeof found === 'string' ? `'${found}'` : String(found);
  throw new SluiceError('bad-option', `${what}: ${rule}, but got ${shown}`);
}

function checkKnown(what: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      throw new SluiceError(
        'bad-option',
        `${what} has no option '${key}'; it knows ${known.join(', ')}`,
      );
    }
  }
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
  checkKnown('createStudy', options, studyOptions);
  const { name, direction, lookback, loadIfExists, sampler, pruner, storage } = options;
  if (name !== undefined && (typeof name !== 'string' || name === '')) {
    refuse('createStudy', '`name` must be a non-empty string', name);
  }
  if (direction !== undefined && direction !== 'minimize' && direction !== 'maximize') {
    refuse('createStudy', "`direction` must be 'minimize' or 'maximize'", direction);
  }
  if (lookback !== undefined && !(Number.isSafeInteger(lookback) && lookback >= 1)) {
    refuse('createStudy', '`lookback` must be an integer >= 1', lookback);
  }
  if (loadIfExists !== undefined && typeof loadIfExists !== 'boolean') {
    refuse('createStudy', '`loadIfExists` must be true or false', loadIfExists);
  }
  checkMethod('sampler', sampler, 'sample', 'such as new RandomSampler()');
  checkMethod('pruner', pruner, 'prune', 'such as new MedianPruner()');
  checkMethod('storage', storage, 'createTrial', 'such as memoryStorage() or journalFile(path)');
}

function checkMethod(option: string, value: unknown, method: string, example: string): void {
  if (value === undefined) return;
  if (typeof (value as Record<string, unknown> | null)?.[method] !== 'function') {
    refuse('createStudy', `\`${option}\` must be an object with ${method}(), ${example}`, value);
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
  'startTimeout',
] satisfies (keyof OptimizeOptions)[];

/** @throws SluiceError 'bad-option' */
export function checkOptimize(options: OptimizeOptions): void {
  if (typeof options !== 'object' || options === null) {
    refuse('optimize', 'it takes an object with `space`, `trials` and an objective', options);
  }
  checkKnown('optimize', options, optimizeOptions);
  const { space, callbacks, onEvent, executor } = options;
  if (typeof space !== 'function') {
    refuse('optimize', '`space` must be a function (t) => parameters', space);
  }
  checkEnd(options);
  checkObjective(options);
  if (callbacks !== undefined && !(Array.isArray(callbacks) && callbacks.every(isFunction))) {
    refuse('optimize', '`callbacks` must be an array of functions (study, trial)', callbacks);
  }
  if (onEvent !== undefined && !isFunction(onEvent)) {
    refuse('optimize', '`onEvent` must be a function', onEvent);
  }
  if (executor !== undefined && !(Number.isSafeInteger(executor.size) && executor.size >= 1)) {
    refuse('optimize', '`executor.size` must be an integer >= 1', executor.size);
  }
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function checkEnd({ trials, totalTrials, timeout }: OptimizeOptions): void {
  for (const [name, value] of Object.entries({ trials, totalTrials })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1)) {
      refuse('optimize', `\`${name}\` must be an integer >= 1`, value);
    }
  }
  if (trials !== undefined && totalTrials !== undefined) {
    refuse('optimize', 'only one of `trials` (more) and `totalTrials` may be given', 'both');
  }
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0)) {
    refuse('optimize', '`timeout` must be a number of seconds > 0', timeout);
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
    refuse('optimize', '`objective` must be a function (params, trial, data)', options.objective);
  }
  const unread = (['data', 'workers', 'silenceTimeout', 'startTimeout'] as const).filter(
    (name) => options[name] !== undefined && !reads(ways[0], name),
  );
  if (unread.length > 0) {
    refuse('optimize', `\`${unread[0]}\` has no meaning with \`${ways[0]}\``, 'both');
  }
}

function reads(way: string, option: string): boolean {
  return way === 'worker' || (way === 'objective' && option === 'data');
}
