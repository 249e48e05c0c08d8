import { SluiceError } from '../errors.js';
import type { WeightSpec } from '../layers/node.js';
import type { Tensor } from './tensor.js';

/** The place of the first NaN or infinity; -1 where there is none. */
export function firstNotFinite(data: Float32Array): number {
  // the difference is NaN for NaN and for both infinities, and cheaper than isFinite
  for (let i = 0; i < data.length; i++) if (data[i] - data[i] !== 0) return i;
  return -1;
}

/**
 * Refuses outputs [n, ...] that left float32 on the way from finite weights and inputs.
 * @throws SluiceError 'not-finite' that names the first sample, and its step in a sequence.
 */
export function checkOutputs(subject: string, { data, shape }: Tensor): void {
  const bad = firstNotFinite(data);
  if (bad < 0) return;
  const features = shape[shape.length - 1];
  const row = Math.floor(bad / features);
  const sequence = shape.length === 3;
  const sample = sequence ? Math.floor(row / shape[1]) : row;
  const step = sequence ? ` at time step ${row % shape[1]}` : '';
  throw new SluiceError(
    'not-finite',
    `${subject}: output ${bad % features} of sample ${sample}${step} is ${data[bad]}, for weights and ` +
      'x are so large that sums of their products leave float32 (3.4e38)' +
      (Number.isNaN(data[bad])
        ? ', or a mean is taken over a sample whose steps are all masked, or a moving variance lies below 0; scale x or ' +
          'look at these'
        : '; scale x') +
      ', or train again at a lower learning rate. The model is as it was',
  );
}

/** Refuses a loss that overflowed likewise. @throws SluiceError 'not-finite' */
export function checkLoss(subject: string, loss: number): void {
  if (Number.isFinite(loss)) return;
  throw new SluiceError(
    'not-finite',
    `${subject}: the loss is ${loss}, for outputs of the model leave float32 (3.4e38); scale x, or ` +
      'train again at a lower learning rate. The model is as it was',
  );
}

/** Refuses weights that no reader of a model file would take. @throws SluiceError 'not-finite' */
export function checkFiniteWeights(
  subject: string,
  specs: readonly WeightSpec[],
  weights: readonly Tensor[],
): void {
  weights.forEach(({ data }, i) => {
    const bad = firstNotFinite(data);
    if (bad < 0) return;
    throw new SluiceError(
      'not-finite',
      `${subject}: weight ${specs[i].name} must be finite, but element ${bad} is ${data[bad]}; put ` +
        'good weights back with setWeights first',
    );
  });
}
