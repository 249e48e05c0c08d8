// For every option of compile, fit, evaluate, predict and earlyStopping, what shows that it acts: run
// with each entry of the package, and within an objective, where there is no test runner.
import type {
  Callback,
  CompileOptions,
  callbacks,
  EvaluateOptions,
  FitOptions,
  losses,
  Tensor,
} from 'sluice';

export type Sluice = typeof import('sluice');
type EarlyStoppingOptions = NonNullable<Parameters<typeof callbacks.earlyStopping>[0]>;
type CrossentropyOptions = NonNullable<Parameters<typeof losses.categoricalCrossentropy>[0]>;
type Acts<Options> = { [Name in keyof Required<Options>]: (sluice: Sluice) => Promise<void> };

const x = rows(24, 2);
const y = rows(24, 1);

/** Numbers from -1 to 1 without a pattern that shuffling would keep. */
function rows(n: number, features: number): Tensor {
  const data = Float32Array.from({ length: n * features }, (_, i) => ((i * 37) % 23) / 11 - 1);
  return { data, shape: [n, features] };
}

function expectSame(what: string, found: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: expected ${b}, but found ${a}`);
}

const expectTrue = (what: string, holds: boolean) => expectSame(what, holds, true);

function make(sluice: Sluice, compile: Partial<CompileOptions> = {}) {
  const { layers, optimizers, sequential } = sluice;
  const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })], seed: 1 });
  const optimizer = optimizers.sgd({ learningRate: 0.05 });
  model.compile({ optimizer, loss: 'meanSquaredError', ...compile });
  return model;
}

/** How many batches of which epochs ran, and the history. */
async function train(sluice: Sluice, options: FitOptions, compile: Partial<CompileOptions> = {}) {
  const model = make(sluice, compile);
  const begun: number[] = [];
  let batches = 0;
  const note: Callback = {
    onEpochBegin: (epoch) => begun.push(epoch),
    onBatchEnd: () => {
      batches++;
    },
  };
  const { history } = await model.fit(x, y, { callbacks: note, ...options });
  return { begun, batches, history, weights: model.getWeights().map(({ data }) => [...data]) };
}

/** The lines that fit prints. */
async function printed(sluice: Sluice, verbose: FitOptions['verbose']): Promise<number> {
  const { log } = console;
  let lines = 0;
  console.log = () => {
    lines++;
  };
  try {
    await train(sluice, { epochs: 2, verbose });
  } finally {
    console.log = log;
  }
  return lines;
}

const fitActs: Acts<FitOptions> = {
  async batchSize(sluice) {
    expectSame('batches', (await train(sluice, { batchSize: 10 })).batches, 3);
    expectSame('batches by default', (await train(sluice, {})).batches, 1);
  },
  async epochs(sluice) {
    expectSame('epochs', (await train(sluice, { epochs: 3 })).begun, [0, 1, 2]);
  },
  async initialEpoch(sluice) {
    expectSame('epochs', (await train(sluice, { epochs: 3, initialEpoch: 1 })).begun, [1, 2]);
  },
  async shuffle(sluice) {
    const [shuffled, again, inOrder] = [
      await train(sluice, { batchSize: 5 }),
      await train(sluice, { batchSize: 5, shuffle: true }),
      await train(sluice, { batchSize: 5, shuffle: false }),
    ];
    expectSame('the default', again.weights, shuffled.weights);
    expectTrue('another order', `${inOrder.weights}` !== `${shuffled.weights}`);
  },
  async verbose(sluice) {
    const levels = [undefined, false, true, 0, 1, 2] as const;
    const lines: number[] = [];
    for (const verbose of levels) lines.push(await printed(sluice, verbose));
    expectSame('lines', lines, [0, 0, 2, 0, 2, 2]);
  },
  async validationSplit(sluice) {
    const { history, batches } = await train(sluice, { validationSplit: 0.5, batchSize: 4 });
    expectSame('figures', Object.keys(history), ['loss', 'val_loss']);
    expectSame('batches', batches, 3);
  },
  async validationData(sluice) {
    const { history, batches } = await train(sluice, { validationData: [x, y], batchSize: 4 });
    expectSame('figures', Object.keys(history), ['loss', 'val_loss']);
    expectSame('batches', batches, 6);
  },
  async sampleWeight(sluice) {
    const zeros = await train(sluice, { sampleWeight: new Float32Array(24), epochs: 2 });
    expectSame('losses', zeros.history.loss, [0, 0]);
    const ones = await train(sluice, { sampleWeight: new Float32Array(24).fill(1) });
    expectSame('weights of 1', ones.weights, (await train(sluice, {})).weights);
    const split = { sampleWeight: new Float32Array(24), validationSplit: 0.5 };
    expectSame('the split', (await train(sluice, split)).history.val_loss, [0]);
    const validationData = [x, y, new Float32Array(24)] as const;
    expectSame('of validation', (await train(sluice, { validationData })).history.val_loss, [0]);
  },
  async classWeight(sluice) {
    // of a single number the class is what it rounds to: of numbers from -1 to 1 that is -1, 0 or 1
    const none = await train(sluice, { classWeight: { 0: 1, 1: 1 } });
    expectSame('weights of 1', none.weights, (await train(sluice, {})).weights);
    const zeros = await train(sluice, { classWeight: { 0: 0 } });
    expectTrue('other weights', `${zeros.weights}` !== `${none.weights}`);
  },
  async truncate(sluice) {
    const { layers, sequential } = sluice;
    const weights = async (truncate: FitOptions['truncate']) => {
      const one = sequential({
        layers: [layers.gru({ units: 1, returnSequences: true, inputShape: [6, 2] })],
        seed: 1,
      });
      one.compile({ optimizer: 'sgd', loss: 'mse' });
      await one.fit({ ...x, shape: [4, 6, 2] }, { ...y, shape: [4, 6, 1] }, { truncate });
      return `${one.getWeights().map(({ data }) => [...data])}`;
    };
    const [none, every, back] = [
      await weights(undefined),
      await weights({ every: 2 }),
      await weights({ every: 2, back: 4 }),
    ];
    expectTrue('three ways', none !== every && every !== back && none !== back);
  },
  async callbacks(sluice) {
    const heard: string[] = [];
    const [a, b] = ['a', 'b'].map((name) => ({ onTrainEnd: () => heard.push(name) }));
    await train(sluice, { callbacks: [a, b] });
    await train(sluice, { callbacks: b });
    expectSame('calls', heard, ['a', 'b', 'b']);
  },
  async signal(sluice) {
    const controller = new AbortController();
    const callbacks = { onEpochEnd: () => controller.abort() };
    const error = await train(sluice, { epochs: 9, callbacks, signal: controller.signal }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expectTrue('the error', error instanceof sluice.FitAborted);
    expectSame('epochs', (error as InstanceType<Sluice['FitAborted']>).history.epoch, [0]);
  },
};

const compileActs: Acts<CompileOptions> = {
  async optimizer(sluice) {
    const rate = async (learningRate: number) =>
      (await train(sluice, {}, { optimizer: sluice.optimizers.sgd({ learningRate }) })).weights;
    expectTrue('other weights', `${await rate(0.1)}` !== `${await rate(0.2)}`);
    await train(sluice, {}, { optimizer: 'adam' });
  },
  async loss(sluice) {
    const { layers, sequential } = sluice;
    const model = sequential({
      layers: [layers.dense({ units: 3, activation: 'softmax', inputShape: [2] })],
    });
    model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' });
    const classes = Float32Array.from({ length: 24 }, (_, i) => i % 3);
    const byName = await model.evaluate(x, classes);
    const { sparseCategoricalCrossentropy } = sluice.losses;
    model.compile({ optimizer: 'sgd', loss: sparseCategoricalCrossentropy() });
    expectSame('the loss', await model.evaluate(x, classes), byName);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const ones = { data: new Float32Array(72).fill(1), shape: [24, 3] };
    expectTrue('another loss', (await model.evaluate(x, ones)).loss !== byName.loss);
  },
  async metrics(sluice) {
    const { history } = await train(sluice, {}, { metrics: ['mae', 'accuracy'] });
    expectSame('figures', Object.keys(history), ['loss', 'mae', 'accuracy']);
  },
  async lossWeights(sluice) {
    const run = async (lossWeights?: number) => train(sluice, {}, { lossWeights });
    const { history, weights } = await run();
    const half = await run(0.5);
    expectSame('half the loss', half.history.loss[0], history.loss[0] / 2);
    expectTrue('another step', `${half.weights}` !== `${weights}`);
    expectSame('a factor of 1', (await run(1)).weights, weights);
  },
  async learningRates(sluice) {
    const rated = async (learningRates?: CompileOptions['learningRates']) =>
      (await train(sluice, {}, { learningRates })).weights;
    const still = make(sluice)
      .getWeights()
      .map(({ data }) => [...data]);
    expectSame('a factor of 0', await rated({ dense: 0 }), still);
    expectSame('a factor of 1', await rated({ dense: 1 }), await rated());
    expectTrue('another factor', `${await rated({ dense: 0.5 })}` !== `${await rated()}`);
  },
};

const lossActs: Acts<CrossentropyOptions> = {
  async fromLogits({ layers, losses, sequential }) {
    const stack = (activation: 'linear' | 'softmax') => [
      layers.dense({ units: 3, activation, inputShape: [2] }),
    ];
    const evaluate = (activation: 'linear' | 'softmax', fromLogits: boolean) => {
      const model = sequential({ layers: stack(activation), seed: 2 });
      const loss = losses.sparseCategoricalCrossentropy({ fromLogits });
      model.compile({ optimizer: 'sgd', loss });
      return model.evaluate(x, new Float32Array(24));
    };
    expectSame('the loss', await evaluate('linear', true), await evaluate('softmax', false));
  },
};

const evaluateActs: Acts<EvaluateOptions> = {
  // a batch that no memory holds is refused with its size
  async batchSize(sluice) {
    const wide = sluice.sequential({
      layers: [sluice.layers.dense({ units: 2 ** 20, inputShape: [1] })],
    });
    wide.compile({ optimizer: 'sgd', loss: 'mse' });
    const many = { data: new Float32Array(2000), shape: [2000, 1] };
    for (const batchSize of [1500, 1000]) {
      const error = await wide.predict(many, { batchSize }).then(
        () => undefined,
        (thrown: Error) => thrown.message,
      );
      expectTrue(`${error}`, `${error}`.includes(`batches of ${batchSize}`));
    }
    const model = make(sluice);
    const [outputs, figures] = [await model.predict(x), await model.evaluate(x, y)];
    expectSame('outputs', await model.predict(x, { batchSize: 5 }), outputs);
    const { loss } = await model.evaluate(x, y, { batchSize: 5 });
    expectTrue('the loss', Math.abs(loss - figures.loss) < 1e-12);
    const refused = await model.evaluate(x, y, { batchSize: 0 }).then(
      () => '',
      (thrown: Error) => thrown.message,
    );
    expectTrue(refused, refused.startsWith('evaluate: batchSize'));
  },
  async sampleWeight(sluice) {
    const { loss } = await make(sluice).evaluate(x, y, { sampleWeight: new Float32Array(24) });
    expectSame('the loss', loss, 0);
    const predict = make(sluice).predict(x, { sampleWeight: new Float32Array(24) } as never);
    const refused = await predict.then(
      () => '',
      (thrown: Error) => thrown.message,
    );
    expectTrue(refused, refused.includes("no option 'sampleWeight'"));
  },
};

/** Epochs run over these figures, and the epoch whose weights remain. */
async function stopped({ callbacks }: Sluice, options: EarlyStoppingOptions, values: number[]) {
  const stopping = callbacks.earlyStopping({ monitor: 'loss', ...options });
  let weights: Tensor[] = [];
  const model = {
    stopTraining: false,
    getWeights: () => weights,
    setWeights: (given: readonly Tensor[]) => {
      weights = [...given];
    },
  };
  stopping.setModel(model as unknown as Parameters<typeof stopping.setModel>[0]);
  stopping.onTrainBegin();
  let epochs = 0;
  for (const loss of values) {
    weights = [{ data: Float32Array.of(epochs), shape: [1] }];
    stopping.onEpochEnd(epochs++, { loss, other: -loss, val_accuracy: loss });
    if (model.stopTraining) break;
  }
  stopping.onTrainEnd();
  return [epochs, weights[0].data[0]];
}

const stoppingActs: Acts<EarlyStoppingOptions> = {
  async monitor(sluice) {
    expectSame('epochs', await stopped(sluice, {}, [3, 2, 1]), [3, 2]);
    expectSame('epochs', await stopped(sluice, { monitor: 'other' }, [3, 2, 1]), [2, 1]);
  },
  async patience(sluice) {
    expectSame('epochs', await stopped(sluice, { patience: 3 }, [1, 2, 2, 2, 2]), [4, 3]);
  },
  async minDelta(sluice) {
    expectSame('epochs', await stopped(sluice, { minDelta: 1 }, [3, 2.5, 1]), [2, 1]);
  },
  async mode(sluice) {
    expectSame('epochs', await stopped(sluice, { mode: 'max' }, [3, 2, 1]), [2, 1]);
    expectSame('auto', await stopped(sluice, { monitor: 'val_accuracy' }, [3, 2, 1]), [2, 1]);
  },
  async baseline(sluice) {
    const patience = 2;
    const values = [9, 8, 7, 7, 7, 6];
    expectSame('epochs', await stopped(sluice, { patience }, values), [5, 4]);
    expectSame('epochs', await stopped(sluice, { patience, baseline: 6.5 }, values), [4, 3]);
  },
  async startFromEpoch(sluice) {
    const values = [1, 2, 3, 2, 2];
    expectSame('epochs', await stopped(sluice, { startFromEpoch: 2 }, values), [5, 4]);
    expectSame('epochs', await stopped(sluice, {}, values), [2, 1]);
  },
  async restoreBestWeights(sluice) {
    const options = { patience: 2, restoreBestWeights: true };
    expectSame('epochs', await stopped(sluice, options, [2, 1, 3, 3]), [4, 1]);
  },
};

export const acts = {
  compile: compileActs,
  fit: fitActs,
  'evaluate and predict': evaluateActs,
  'losses.categoricalCrossentropy': lossActs,
  'callbacks.earlyStopping': stoppingActs,
};

/** Every option as [set, name, test]. */
export const allActs = Object.entries(acts).flatMap(([set, table]) =>
  Object.entries(table).map(([name, act]) => [set, name, act] as const),
);
