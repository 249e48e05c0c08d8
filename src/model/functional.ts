import type { Numerics } from '../engine/module.js';
import { SluiceError } from '../errors.js';
import { INPUT_LAYER } from '../layers/input.js';
import { isSymbolic, type SymbolicTensor } from '../layers/layer.js';
import { shown } from '../options.js';
import { anyRule, nameRule, type Rules, settle } from '../rules.js';
import { graphDesign } from './design.js';
import { traceGraph } from './graph.js';
import { Model } from './model.js';
import { sequentialRules } from './sequential-options.js';
import type { Tensor } from './tensor.js';

/** Options of model. */
export interface ModelOptions {
  /** What it is handed: values made by input(). One, or several in the order of x. Required. */
  inputs: SymbolicTensor | readonly SymbolicTensor[];
  /** What it computes from them: one value, or several in the order of y. Required. */
  outputs: SymbolicTensor | readonly SymbolicTensor[];
  /** Settles initial weights, sample order and dropout: an integer from 0 to 2^53 - 1. Default 0. */
  seed?: number | undefined;
  /** 'fast' (default): fused multiply-add where there is one; 'portable': the same bits everywhere. */
  numerics?: Numerics | undefined;
  /**
   * Threads that share each pass of large enough layers: 1 to 128. More than there are cores are slower than
   * as many as there are, and a note says so. The bits are those of one thread. Needs shared memory, and not in a page's main thread; where that is
   * missing it runs in one. Default 1.
   */
  threads?: number | undefined;
  /** Names the model in summary and errors; not empty. Default 'functional'. */
  name?: string | undefined;
}

/** Several values in an order. */
export type SymbolicTensors = readonly [SymbolicTensor, SymbolicTensor, ...SymbolicTensor[]];

/** Options of a model with several outputs. */
export interface ModelOptionsOfSeveral<Outputs extends SymbolicTensors = SymbolicTensors>
  extends ModelOptions {
  /** In the order of y. */
  outputs: Outputs;
}

const rules = {
  // checkValues looks into them
  inputs: { ...anyRule, required: true },
  outputs: { ...anyRule, required: true },
  seed: sequentialRules.seed,
  numerics: sequentialRules.numerics,
  threads: sequentialRules.threads,
  name: { ...nameRule, otherwise: () => 'functional' },
} satisfies Rules<ModelOptions>;

/**
 * A model of what lies between inputs and outputs: layers called on values, as in the functional
 * interface of Keras, with a Wasm memory of its own. A layer that is called several times shares its
 * weights. With several outputs, predict gives an array of tensors.
 * @throws SluiceError 'bad-option' where an output depends on an input that is not given, or a
 * layer belongs to another model; 'bad-shape', 'unsupported' without SIMD, 'memory-limit'.
 */
export function model<const Outputs extends SymbolicTensors>(
  options: ModelOptionsOfSeveral<Outputs>,
): Model<{ -readonly [Output in keyof Outputs]: Tensor }>;
export function model(options: ModelOptions): Model<Tensor>;
export function model(options: ModelOptions): Model {
  const { inputs, outputs, ...identity } = settle('model', options, rules);
  const from = checkValues('inputs', inputs);
  checkAreInputs(from);
  const ends = checkValues('outputs', outputs);
  checkAreFloats(ends);
  const graph = traceGraph(from, ends);
  return new Model(graphDesign(graph, identity));
}

function checkValues(
  option: string,
  given: SymbolicTensor | readonly SymbolicTensor[],
): readonly SymbolicTensor[] {
  const list: unknown[] = Array.isArray(given) ? [...(given as unknown[])] : [given];
  if (list.length > 0 && list.every(isSymbolic)) return list as SymbolicTensor[];
  throw new SluiceError(
    'bad-option',
    `model: ${option} must be a value made by input() or apply() of a layer, or an array of such ` +
      `values, but got ${shown(given)}`,
  );
}

/** Whole numbers are no float32, and would be read as such. */
function checkAreFloats(outputs: readonly SymbolicTensor[]): void {
  outputs.forEach(({ dtype }, i) => {
    if (dtype !== 'int32') return;
    throw new SluiceError(
      'bad-option',
      `model: outputs[${i}] holds int32 numbers as they came in, but outputs are float32; give an ` +
        'output of a layer',
    );
  });
}

function checkAreInputs(inputs: readonly SymbolicTensor[]): void {
  inputs.forEach((value, i) => {
    const { layer } = value.origin.call;
    if (layer.className !== INPUT_LAYER) {
      throw new SluiceError(
        'bad-option',
        `model: inputs[${i}] must be made by input(), but is an output of a layer ` +
          `(${layer.className})`,
      );
    }
    const first = inputs.indexOf(value);
    if (first !== i) {
      throw new SluiceError('bad-option', `model: inputs[${first}] and inputs[${i}] are the same`);
    }
  });
}
