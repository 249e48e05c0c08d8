// Which Philox counter belongs to whom: the high word names the purpose, the low word counts
// within it. Under one seed no two uses share a number, and none depends on what ran before.
const WEIGHTS = 1;
const SHUFFLE = 2;
const LAYERS = 16;

/** Initial weights: low word = index of the weight in getWeights(). */
export const weightStream = WEIGHTS;

/** Stream number (for `Random`) of the sample order of an epoch. */
export const shuffleStream = (epoch: number): number => SHUFFLE * 2 ** 32 + (epoch % 2 ** 32);

/** Random masks of the i-th layer: low word = training step. */
export const layerStream = (index: number): number => LAYERS + index;
