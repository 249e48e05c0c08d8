// Passes over many samples without training. The weights stand still meanwhile: steps wait
// (weight-gate), and where setWeights replaces them the pass begins again.
import { SluiceError } from '../errors.js';
import { floatsOf, type Shape } from '../layers/port.js';
import type { Batches } from './batches.js';
import type { Compiled } from './compile-options.js';
import type { Feed } from './feed.js';
import { checkSignal, isThenable, orAborted } from './interruption.js';
import { Breather } from './macrotask.js';
import { Means } from './means.js';
import type { Passes } from './passes.js';
import { refuseMeanOfNothing } from './training-step.js';
import type { WeightGate } from './weight-gate.js';

/** What a pass over many samples needs of the model. */
export interface Readable {
  /** Throws once the model is disposed of. */
  passes(): Passes;
  /** Knows whether the weights were replaced meanwhile. */
  readonly gate: WeightGate;
  /** Whether passes move the states of stateful layers on; else they begin in them and leave them alone. */
  readonly movesStates: boolean;
}

/** More often than this nobody replaces weights who wants an answer. */
const MOST_RESTARTS = 20;

/** Repeats a pass until it has seen one set of weights: it returns undefined where it has not. */
export async function steadily<T>(
  { gate }: Readable,
  what: string,
  pass: (same: () => boolean) => Promise<T | undefined>,
): Promise<T> {
  for (let restarts = 0; restarts <= MOST_RESTARTS; restarts++) {
    const { version } = gate;
    const result = await pass(() => gate.version === version);
    if (result !== undefined) return result;
  }
  throw new SluiceError(
    'bad-option',
    `${what} began ${MOST_RESTARTS + 1} times, for setWeights of the same model was called each time ` +
      'while it ran; await it first',
  );
}

const replacedMeanwhile = (): SluiceError =>
  new SluiceError(
    'bad-option',
    'setWeights of the same model was called while the batches of a stream were evaluated; figures come from one ' +
      'set of weights, and a stream is gone through once: await the figures first',
  );

/** Where a pass over many samples begins; `finish` is for when it has seen all of them. */
function statesFor(model: Readable) {
  const passes = model.passes();
  const before = passes.states;
  const carry = before?.copy();
  const finish = () => {
    if (!carry || !model.movesStates) return;
    // who has reset them meanwhile wants them as they are
    if (passes.states === before && carry.finite) passes.states = carry;
  };
  return { carry, finish };
}

/** Outputs of every sample, one after the other; an array for each output of the model. */
export function predictAll(
  model: Readable,
  given: Batches,
  shapes: readonly Shape[],
  batchSize: number,
): Promise<Float32Array[]> {
  const { count } = given;
  const outputs = shapes.map((shape) => new Float32Array(count * floatsOf(shape)));
  const breather = new Breather();
  let data = given;
  return steadily(model, 'predict', async (same) => {
    const { carry, finish } = statesFor(model);
    for (let from = 0; from < count; from += batchSize) {
      const pick = { order: undefined, from, B: Math.min(batchSize, count - from) };
      model.passes().predict(data, pick, outputs, carry);
      carry?.accept();
      if (!breather.due) continue;
      data = data.held();
      await breather.breathe();
      if (!same()) return undefined;
    }
    finish();
    return outputs;
  });
}

/**
 * Loss and metrics over all samples.
 * @throws SluiceError 'bad-option' where weights were replaced while a stream was gone through
 */
export function evaluateAll(
  model: Readable,
  compiled: Compiled,
  data: Feed,
  signal: AbortSignal | undefined,
  breather: Breather,
): Promise<Means> {
  return steadily(model, 'evaluate', async (same) => {
    const means = new Means(compiled);
    const { carry, finish } = statesFor(model);
    const begun = data.round(() => undefined);
    const round = isThenable(begun) ? await begun : begun;
    try {
      for (;;) {
        checkSignal(signal);
        const next = round.next();
        const batch = isThenable(next) ? await orAborted(next, signal) : next;
        if (!batch) {
          finish();
          return means;
        }
        // weights may have been replaced while the stream was waited for
        if (!same() && !data.restarts) throw replacedMeanwhile();
        const passes = model.passes();
        carry?.checkRows('evaluate', batch.B);
        const loss = passes.evaluate(batch, carry);
        if (Number.isNaN(loss)) refuseMeanOfNothing(passes, 'the loss of evaluation is NaN');
        means.add(loss, passes, batch.B);
        carry?.accept();
        if (breather.due) {
          data.hold();
          await breather.breathe();
        }
        if (same()) continue;
        if (data.restarts) return undefined;
        throw replacedMeanwhile();
      }
    } finally {
      await round.close();
    }
  });
}
