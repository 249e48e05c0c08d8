import { SluiceError } from '../errors.js';
import { clipKeys } from '../optimizers/clipping.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import type { Batch } from './batches.js';
import type { Compiled } from './compile-options.js';
import type { Passes } from './passes.js';

/**
 * Forward, backward, update; returns the loss.
 * @throws SluiceError 'not-finite' with weights and optimizer as they were before this step.
 */
export function trainStep(
  passes: Passes,
  batch: Batch,
  { optimizer }: Compiled,
  where: string,
): number {
  if (!batch.window) passes.states?.checkRows(`the batch ${where}`, batch.B);
  const loss = passes.trainForward(batch);
  let what: string;
  if (Number.isNaN(loss)) refuseMeanOfNothing(passes, `the loss became NaN ${where}`);
  if (!Number.isFinite(loss)) what = `the loss became ${loss}`;
  else if (!passes.trainBackward()) what = `the gradients' norm became ${passes.gradientNorm}`;
  else if (!passes.update()) what = "weights or the optimizer's state would leave float32 (3.4e38)";
  else return loss;
  throw new SluiceError(
    'not-finite',
    `${what} ${where}, at learning rate ${optimizer.learningRate}; ${mend(optimizer)}, or scale ` +
      'the data. The weights are those before this batch',
  );
}

/**
 * Where a loss is NaN for a mean over masked steps alone, which no learning rate mends.
 * @throws SluiceError 'not-finite'
 */
export function refuseMeanOfNothing({ meanOfNothing }: Passes, what: string): void {
  if (meanOfNothing === undefined) return;
  throw new SluiceError(
    'not-finite',
    `${what}, for ${meanOfNothing}; leave such samples out. The weights are as they were`,
  );
}

/**
 * Every update is checked already: this holds against all else that may write to the memory.
 * @throws SluiceError 'not-finite'
 */
export function checkUpdated(
  passes: Passes,
  when: string,
  look: 'weightsAreFinite' | 'movedAreFinite' = 'weightsAreFinite',
): void {
  if (passes[look]()) return;
  throw new SluiceError(
    'not-finite',
    `weights are not finite ${when}, though each update was; restore good ones with setWeights, ` +
      'or make a new model',
  );
}

/** What may keep numbers finite. */
export function mend({ clipping }: Optimizer): string {
  const bound = clipKeys.find((key) => clipping[key] !== undefined);
  const clip = bound ? `lower ${bound}` : 'set globalClipNorm (1 is a common start)';
  return `try a lower learning rate, ${clip}`;
}
