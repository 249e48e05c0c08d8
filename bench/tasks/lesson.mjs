/** What the tasks share: a training that ends once it is good enough, and how outputs are compared. */

/**
 * Trains on batch after batch, fresh ones where the task has a generator, until a check on data kept apart
 * says that it is enough.
 * @param batch from the step, counted from 1, to { x, y }
 * @param after called after each step
 * @param judge resolves to the score on data for checks; every so many steps
 * @returns how many steps it took
 */
export async function learn(model, { steps, every, batch, judge, enough, rate, after, say }) {
  for (let step = 1; step <= steps; step++) {
    if (rate) model.optimizer.learningRate = rate(step / steps);
    const { x, y } = batch(step);
    const { loss } = await model.trainOnBatch(x, y);
    after?.();
    if (step % every !== 0 || step === steps) continue;
    const score = await judge();
    say(`step ${step} of ${steps}: loss ${loss.toPrecision(4)}, score ${score.toPrecision(4)}`);
    if (enough(score)) return step;
  }
  return steps;
}

/** A learning rate that falls from `from` to nothing along a quarter wave. */
export const falling = (from) => (share) => from * Math.cos((Math.PI / 2) * share);

/** Where the largest of the `width` numbers from `at` on stands. */
export function largest(data, at, width) {
  let best = 0;
  for (let k = 1; k < width; k++) if (data[at + k] > data[at + best]) best = k;
  return best;
}

/** Share of rows of outputs [..., width] whose largest stands where the target says; rows that `counts` refuses are left out. */
export function accuracyOf(outputs, targets, width, counts = () => true) {
  let [hits, rows] = [0, 0];
  for (let row = 0; row < targets.length; row++) {
    if (!counts(row)) continue;
    rows += 1;
    if (largest(outputs, row * width, width) === targets[row]) hits += 1;
  }
  return hits / rows;
}

/**
 * Chrono initialisation (Tallec and Ollivier 2018, arXiv 1804.11188): biases of the forget gates ln u, u uniform in [1, span), so
 * that units remember for times up to the span, and of the input gates the same below zero.
 * @param layer its number in model.layers of an LSTM; `weights` before it
 */
export function chrono(model, random, span, units, at = 2) {
  const weights = model.getWeights();
  const { data } = weights[at];
  for (let unit = 0; unit < units; unit++) {
    const bias = Math.log(1 + random.uniform() * (span - 2));
    data[unit] = -bias;
    data[units + unit] = bias;
  }
  model.setWeights(weights);
}

/** Bytes as text. */
export const textOf = (bytes) => new TextDecoder().decode(bytes);

/** A copy of the rows `picked` of a tensor whose first axis counts samples. */
export function rowsOf({ data, shape }, picked) {
  const each = shape.slice(1).reduce((a, b) => a * b, 1);
  const rows = new Float32Array(picked.length * each);
  picked.forEach((sample, i) => {
    rows.set(data.subarray(sample * each, (sample + 1) * each), i * each);
  });
  return { data: rows, shape: [picked.length, ...shape.slice(1)] };
}
