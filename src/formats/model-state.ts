/**
 * The whole state of a model that trains, as bytes: weights, the optimizer's arrays and learning
 * rate, and the counters of steps and epochs from which sample orders and dropout masks follow. A
 * safetensors file like that of a model, without its configuration: who reads it has the model.
 */
import { SluiceError } from '../errors.js';
import { compileOptions } from '../model/compile-config.js';
import { checkFiniteWeights } from '../model/finite.js';
import { type Model, trainingState } from '../model/model.js';
import { shown } from '../options.js';
import { quote } from './json.js';
import { bad } from './metadata-field.js';
import { asBytes, checkModel } from './model-file.js';
import { findTensors, takeTensors } from './open-model.js';
import { writeSafetensors } from './safetensors.js';
import { readHeader } from './safetensors-header.js';
import {
  readTraining,
  type TrainingRecord,
  type WrittenTraining,
  writeTraining,
} from './training-record.js';

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
    ['format', FORMAT],
    ['format_version', VERSION],
    ['sluice_version', __SLUICE_VERSION__],
    ['seed', String(model.seed)],
    ['training', training.json],
  ]);
  return writeSafetensors([...tensors, ...training.tensors], metadata);
}

/**
 * Puts a model where another one stood at its saveState. The model has the same layers and the same
 * seed, from which all that is to come is drawn, and is compiled with an optimizer of the same kind, whose learning rate becomes that of the state.
 * @throws SluiceError 'bad-file' for bytes that are damaged, foreign, or of a model of other
 *   layers, another seed or another optimizer: the model is as it was then; 'bad-option' before compile and
 *   while fit is running.
 */
export function loadState(model: Model, state: Uint8Array | ArrayBuffer): void {
  checkModel('loadState', model);
  needCompile('loadState', model);
  const bytes = asBytes('loadState', state);
  const header = readHeader(bytes, bytes.length);
  const record = recordOf(header.metadata);
  const seed = header.metadata.get('seed');
  if (seed !== String(model.seed)) {
    throw bad(
      `the state is that of a model of seed ${shown(seed)}, but this one has seed ${model.seed}, ` +
        'from which other orders and masks are drawn; make the model with that seed',
    );
  }
  const { className } = record.optimizer;
  if (className !== model.optimizer.className) {
    throw bad(
      `the state is that of the optimizer ${shown(className)}, but the model is compiled with ` +
        `${model.optimizer.className}`,
    );
  }
  takeTensors({ model, ...findTensors(model, header, record) }, bytes);
  model.optimizer.learningRate = record.optimizer.config.learningRate as number;
}

function recordOf(metadata: ReadonlyMap<string, string>): TrainingRecord {
  const found = metadata.get('format');
  if (found !== FORMAT) {
    const what = found === undefined ? 'names no format' : `names the format ${quote(found)}`;
    throw bad(`its metadata ${what}, expected ${quote(FORMAT)}, which saveState writes`);
  }
  if (metadata.get('format_version') !== VERSION) {
    throw bad(`the state is of another version than ${VERSION}; update sluice`);
  }
  const text = metadata.get('training');
  if (text === undefined) throw bad('the metadata holds no training; the state is incomplete');
  const record = readTraining(text);
  try {
    compileOptions(record);
  } catch (error) {
    throw bad(`the state's training does not hold: ${(error as Error).message}`, error);
  }
  return record;
}

/** @throws SluiceError 'bad-option' before compile, and for a model that has no weights yet. */
function needCompile(subject: string, model: Model): void {
  if (model.weightSpecs && model[trainingState]) return;
  throw new SluiceError(
    'bad-option',
    `${subject} needs an optimizer and a loss: call model.compile({ optimizer, loss }) first`,
  );
}
