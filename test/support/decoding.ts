// Decoders, and what whole sequences say of each prefix.
import { type Model, tensor } from 'sluice';
import { noise } from './samples.js';

/** Tokens: 0 pads, 1 begins, 2 ends. */
export const [START, END] = [1, 2];
export const V = 5;
export const STEPS = 6;

/** Gives it weights that make it decided. */
export function decided(made: Model): Model {
  made.setWeights(
    made.getWeights().map(({ shape }, i) => ({
      shape,
      data: noise(1, shape.length > 0 ? shape : [1], i + 3).data.map((value) => 2 * value),
    })),
  );
  return made;
}

export const sources = (count: number, vocabulary = V) => {
  const data = noise(count, [7], 40).data.map((value, i) =>
    // ends of several lengths, and a gap in every second one
    i % 7 > 3 + (Math.floor(i / 7) % 3) || i % 14 === 8
      ? 0
      : 1 + (Math.floor(Math.abs(value) * 1e4) % (vocabulary - 1)),
  );
  return tensor(data, [count, 7]);
};

/** log p after a prefix, of source `index`, by a pass over the whole sequence. */
export async function distribution(
  made: Model,
  x: ReturnType<typeof sources>,
  index: number,
  prefix: readonly number[],
) {
  const steps = made.inputShapes?.at(-1)?.[0] as number;
  const given = new Float32Array(steps);
  given.set([START, ...prefix]);
  const source = tensor(x.data.slice(7 * index, 7 * index + 7), [1, 7]);
  const y = (await made.predict([source, tensor(given, [1, steps])])) as typeof x;
  const tokens = y.shape[2];
  return [...y.data.slice(prefix.length * tokens, (prefix.length + 1) * tokens)].map(Math.log);
}

/** All of them for sequences of a few tokens. */
export async function tabled(
  made: Model,
  x: ReturnType<typeof sources>,
  index: number,
  maxLength: number,
) {
  const table = new Map<string, readonly number[]>();
  const tokens = made.outputShapes?.[0][1] as number;
  let prefixes: number[][] = [[]];
  for (let t = 0; t < maxLength; t++) {
    for (const prefix of prefixes) {
      table.set(prefix.join(), await distribution(made, x, index, prefix));
    }
    prefixes = prefixes.flatMap((one) =>
      Array.from({ length: tokens }, (_, token) => [...one, token]).filter(
        (all) => all.at(-1) !== END,
      ),
    );
  }
  return (prefix: readonly number[]) => table.get(prefix.join()) as readonly number[];
}

// what float32 leaves of log p, a sum of maxLength of them: probabilities down to e^-10 are off by some 2^-21 of themselves
export const NEAR = 2 ** -16;
