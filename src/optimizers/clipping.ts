// What bounds the gradients before an update, by the names and rules of Keras.
import { SluiceError } from '../errors.js';
import { checkFloat32 } from '../options.js';

/** Ways to bound the gradients before an update; an optimizer takes one of them at most. */
export interface ClipOptions {
  /**
   * Largest norm of the gradient of each weight, apart from the others: a weight is what
   * `getWeights` lists, so an LSTM has three. Larger gradients are scaled down to it. A finite
   * number above 0. Default: no such bound. Keras: clipnorm.
   */
  clipNorm?: number | undefined;
  /**
   * Largest norm of all gradients taken as one vector (Pascanu et al. 2013); larger ones are scaled
   * down to it together. A finite number above 0. Default: no such bound. Keras: global_clipnorm.
   */
  globalClipNorm?: number | undefined;
  /**
   * Largest magnitude of each element of the gradients; elements beyond it are set to it, with
   * their sign. A finite number above 0. Default: no such bound. Keras: clipvalue.
   */
  clipValue?: number | undefined;
}

/** Checked; at most one of them is set. */
export type Clipping = Readonly<ClipOptions>;

export const clipKeys = [
  'clipNorm',
  'globalClipNorm',
  'clipValue',
] as const satisfies readonly (keyof ClipOptions)[];

/** @throws SluiceError 'bad-option' for a value that does not hold, or more than one of them. */
export function checkClipping(subject: string, options: ClipOptions): Clipping {
  const given = clipKeys.filter((key) => options[key] !== undefined);
  if (given.length > 1) {
    const shown = given.map((key) => `${key}: ${options[key]}`).join(', ');
    throw new SluiceError(
      'bad-option',
      `${subject}: only one of clipNorm, globalClipNorm and clipValue can be set, but got ${shown}`,
    );
  }
  for (const key of given) checkFloat32(subject, key, options[key] as number, 'positive');
  const { clipNorm, globalClipNorm, clipValue } = options;
  return { clipNorm, globalClipNorm, clipValue };
}

/** Largest magnitude that any element has after clipping, where the norm of all was `norm`. */
export function clippedMagnitude(clipping: Clipping, norm: number): number {
  const { clipNorm, globalClipNorm, clipValue } = clipping;
  return Math.min(norm, clipNorm ?? globalClipNorm ?? clipValue ?? norm);
}
