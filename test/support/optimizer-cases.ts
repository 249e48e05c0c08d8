/** Every option of every optimizer, each set so that it shows, and a training that shows it. */
import { layers, type Optimizer, optimizers, type Sequential, sequential } from 'sluice';
import { bitsOf, noise } from './samples.js';

export interface OptimizerCase {
  readonly maker: 'adam' | 'sgd';
  readonly options: Readonly<Record<string, number | boolean>>;
}

const adam = (options: OptimizerCase['options']): OptimizerCase => ({ maker: 'adam', options });
const sgd = (options: OptimizerCase['options']): OptimizerCase => ({ maker: 'sgd', options });

/** No two of them train alike. */
export const optimizerCases: readonly OptimizerCase[] = [
  adam({}),
  adam({ learningRate: 0.02 }),
  adam({ beta1: 0.5 }),
  adam({ beta2: 0.9 }),
  adam({ epsilon: 1e-3 }),
  adam({ clipNorm: 0.05 }),
  adam({ globalClipNorm: 0.05 }),
  adam({ clipValue: 0.01 }),
  sgd({}),
  sgd({ learningRate: 0.02 }),
  sgd({ momentum: 0.5 }),
  sgd({ momentum: 0.5, nesterov: true }),
  sgd({ clipNorm: 0.05 }),
  sgd({ globalClipNorm: 0.05 }),
  sgd({ clipValue: 0.01 }),
];

export const caseName = ({ maker, options }: OptimizerCase): string =>
  `${maker} ${JSON.stringify(options)}`;

export const optimizerOfCase = ({ maker, options }: OptimizerCase): Optimizer =>
  optimizers[maker](options);

export const x = noise(6, [5, 3]);
export const y = noise(6, [2], 2);

/** A small model, the same each time. */
export function untrained(): Sequential {
  return sequential({
    layers: [layers.lstm({ units: 5, inputShape: [5, 3] }), layers.dense({ units: 2 })],
    seed: 5,
    numerics: 'portable',
  });
}

export async function trainSteps(model: Sequential, steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) await model.trainOnBatch(x, y);
}

/** FNV-1a over the bits of all weights: a number that a study can take. */
export function weightsDigest(model: Sequential): number {
  let hash = 0x811c9dc5;
  for (const word of bitsOf(model.getWeights()).flat()) {
    hash = Math.imul(hash ^ word, 0x01000193);
  }
  return hash >>> 0;
}

/** The digest after four steps by an optimizer handed to compile. */
export async function trainedDigest(optimizer: Optimizer): Promise<number> {
  const model = untrained();
  model.compile({ optimizer, loss: 'mse' });
  await trainSteps(model, 4);
  const digest = weightsDigest(model);
  model.dispose();
  return digest;
}
