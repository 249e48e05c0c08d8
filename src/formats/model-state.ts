/**
 * The whole state of a model that trains, as bytes: weights, the optimizer's arrays and learning
 * rate, and the counters of steps and epochs from which sample orders and dropout masks follow. A
 * safetensors file like that of a model, without its configuration (who reads it has the model) and with a
 * checksum.
 */
import { SluiceError } from '../errors.js';
import { compileOptions } from '../model/compile-config.js';
import type { CompileOptions } from '../model/compile-options.js';
import { checkFiniteWeights } from '../model/finite.js';
import type { LossConfig } from '../model/losses/by-name.js';
import { type Model, trainingState } from '../model/model.js';
import type { TrainingState } from '../model/training-state.js';
import { shown } from '../options.js';
import { quote } from './json.js';
import { badState } from './metadata-field.js';
import { asBytes, checkModel } from './model-file.js';
import { findTensors, takeTensors } from './open-model.js';
import { writeSafetensors } from './safetensors.js';
import { readHeader } from './safetensors-header.js';
import { seal, sealFault, UNSEALED } from './seal.js';
import { readTraining, type WrittenTraining, writeTraining } from './training-record.js';

const FORMAT = 'sluice-state';
const VERSION = '1';

/**
 * All that training goes on from, as bytes; loadState of a model of the same layers and seed that is
 * compiled alike, with the same layers trainable, goes on to the bit. The same state gives the same bytes. To be called between two epochs
 * (onEpochEnd is one such moment) or after trainOnBatch.
 * @throws SluiceError 'bad-option' before compile, and for an optimizer that is none of
 *   `optimizers`; 'not-finite' for weights or an optimizer's state that are not.
 */
export function saveState(model: Model): Uint8Array {
  checkModel('saveState', model);
  needCompile('saveState', model);
  const weights = model.getWeights();
  checkFiniteWeights('saveState', model.weightSpecs, weights);
  const tensors = model.weightSpecs.map(({ name }, index) => ({ name, ...weights[index] }));
  const training = writeTraining('saveState', model) as WrittenTraining;
  const metadata = new Map([
    UNSEALED,
    ['format', FORMAT],
    ['format_version', VERSION],
    ['sluice_version', __SLUICE_VERSION__],
    ['seed', String(model.seed)],
    ['training', training.json],
  ]);
  return seal(writeSafetensors([...tensors, ...training.tensors], metadata));
}

/**
 * Puts a model where another one stood at its saveState. The model has the same layers and the same
 * seed, from which all that is to come is drawn, and is compiled with the same loss and an optimizer of the same
 * kind and options, whose learning rate becomes that of the state.
 * @throws SluiceError 'bad-file' for bytes that are damaged, foreign, or of a model of other
 *   layers, another seed, loss or optimizer: the model is as it was then; 'bad-option' before compile and
 *   while fit is running.
 */
export function loadState(model: Model, state: Uint8Array | ArrayBuffer): void {
  checkModel('loadState', model);
  needCompile('loadState', model);
  const bytes = asBytes('loadState', state);
  const header = readHeader(bytes, bytes.length);
  checkWhole(bytes, header.metadata);
  const { record, options } = recordOf(header.metadata);
  const seed = header.metadata.get('seed');
  if (seed !== String(model.seed)) {
    throw badState(
      `it is that of a model of seed ${shown(seed)}, but this one has seed ${model.seed}, ` +
        'from which other orders and masks are drawn; make the model with that seed',
    );
  }
  checkCompiledAlike(model, options);
  const found = findTensors(model, header, record, badState);
  takeTensors({ model, ...found }, bytes, badState);
  model.optimizer.learningRate = record.optimizer.config.learningRate as number;
}

function checkWhole(bytes: Uint8Array, metadata: ReadonlyMap<string, string>): void {
  const found = metadata.get('format');
  if (found !== FORMAT) {
    const what = found === undefined ? 'names no format' : `names the format ${quote(found)}`;
    throw badState(`its metadata ${what}, expected ${quote(FORMAT)}, which saveState writes`);
  }
  if (metadata.get('format_version') !== VERSION) {
    throw badState(`it is of another version than ${VERSION}; update sluice`);
  }
  const fault = sealFault(bytes, metadata.get('crc32'));
  if (fault !== undefined) throw badState(fault);
}

function recordOf(metadata: ReadonlyMap<string, string>) {
  const text = metadata.get('training');
  if (text === undefined) throw badState('the metadata holds no training; it is incomplete');
  const record = readTraining(text, badState);
  try {
    return { record, options: compileOptions(record) };
  } catch (error) {
    throw badState(`its training does not hold: ${(error as Error).message}`, error);
  }
}

/** What steps depend on; metrics may differ. */
function checkCompiledAlike(model: Model, options: CompileOptions): void {
  const then = options.optimizer as Model['optimizer'];
  const now = model.optimizer;
  if (then.className !== now.className) {
    throw badState(
      `it is that of the optimizer ${then.className}, but the model is compiled with ${now.className}`,
    );
  }
  // with the learning rate goes what a schedule made of it
  const names = Object.keys({ ...then.config, ...now.config }).filter(
    (name) => name !== 'learningRate',
  );
  for (const name of names) {
    if (then.config[name] === now.config[name]) continue;
    throw badState(
      `it is that of ${then.className} with ${name} ${then.config[name]}, but the model is compiled with ` +
        `${name} ${now.config[name]}; compile it with the ${name} of the state`,
    );
  }
  const { compiled } = stateOf(model);
  checkSame('lossWeights', options.lossWeights ?? 1, compiled.lossWeights ?? 1);
  const factors = (rates = {}) => Object.entries(rates).sort();
  checkSame('learningRates', factors(options.learningRates), factors(compiled.learningRates));
  const [losses, wanted] = [lossesOf(options.loss as Losses), lossesOf(compiled.loss)];
  if (losses === wanted) return;
  throw badState(
    `it is that of the loss ${losses}, but the model is compiled with ${wanted}; compile it with that loss`,
  );
}

function checkSame(what: string, stored: unknown, own: unknown): void {
  const [then, now] = [stored, own].map((value) => JSON.stringify(value));
  if (then === now) return;
  throw badState(
    `it is that of ${what} ${then}, but the model is compiled with ${now}; compile it with those`,
  );
}

type Losses = LossConfig | readonly LossConfig[];

/** Losses with their options, one an output; 'mse' is short for one of them. */
function lossesOf(losses: Losses): string {
  return [losses]
    .flat()
    .map(({ name, config }) => {
      const options = Object.keys(config).length > 0 ? ` ${JSON.stringify(config)}` : '';
      return (name === 'mse' ? 'meanSquaredError' : name) + options;
    })
    .join(', ');
}

const stateOf = (model: Model): TrainingState => model[trainingState] as TrainingState;

/** @throws SluiceError 'bad-option' before compile, and for a model that has no weights yet. */
function needCompile(subject: string, model: Model): void {
  if (model.weightSpecs && model[trainingState]) return;
  throw new SluiceError(
    'bad-option',
    `${subject} needs an optimizer and a loss: call model.compile({ optimizer, loss }) first`,
  );
}
