/** sluice train: one configuration, tested once. */

import { existsSync } from 'node:fs';
import type { ForecastErrors } from '../data/baselines.js';
import { SluiceError } from '../errors.js';
import { saveModel } from '../node-files.js';
import { bar, duration, figure } from './figures.js';
import { type Hyperparameters, type TrainedForecaster, trainForecaster } from './forecaster.js';
import { listenForInterrupt } from './interrupt.js';
import { commandLine } from './invocation.js';
import type { Arguments } from './options.js';
import { describeData, setUp } from './setup.js';
import { LiveLines, type Screen, screenOf } from './terminal.js';
import { type TestResult, testForecaster, windowSets } from './test-figures.js';

export async function train(args: Arguments): Promise<number> {
  const started = performance.now();
  const out = args.text('out') ?? 'model.safetensors';
  if (existsSync(out) && !args.flag('force')) {
    throw new SluiceError(
      'storage',
      `${out} exists already: add --force to replace it, or --out <file> for another`,
    );
  }
  const setup = await setUp(args);
  const { prepared, numerics, seed } = setup;
  const screen = screenOf(process.stderr);
  for (const line of describeData(setup)) screen.write(`${line}\n`);
  const sets = windowSets(prepared);
  const params = hyperparametersOf(args);
  const epochs = args.number('epochs') ?? 30;
  const view = new TrainingView(screen, epochs);
  const interrupt = listenForInterrupt(
    () => {},
    () => view.close(),
  );
  let trained: TrainedForecaster;
  try {
    trained = await trainForecaster(
      {
        series: prepared.series,
        preprocessing: prepared.preprocessing,
        trainStarts: sets.train,
        validationStarts: sets.validation,
        numerics,
      },
      {
        params,
        epochs,
        patience: args.number('patience') ?? 6,
        seed,
        signal: interrupt.signal,
        ...view.hooks,
      },
    );
  } catch (error) {
    if (interrupt.exitCode === undefined) throw error;
    view.close();
    screen.write('stopped: no model was written\n');
    return interrupt.exitCode;
  } finally {
    view.close();
    interrupt.release();
  }
  const { model, history, bestEpoch, validationError } = trained;
  try {
    const training = { params, epochs, bestEpoch, validationError, history };
    await saveModel(model, out, { preprocessing: { ...prepared.preprocessing, training } });
    const test = await testForecaster(model, prepared, sets);
    const seconds = (performance.now() - started) / 1000;
    const best = `best epoch ${bestEpoch + 1} of ${history.loss.length}, validation MAE ${figure(validationError)}`;
    process.stdout.write(`${best}\n${testTable(test)}`);
    process.stdout.write(`done in ${duration(seconds)}; the model is in ${out}\n`);
    process.stdout.write(`what comes next: ${commandLine(['predict', out, setup.file])}\n`);
    if (args.flag('json')) {
      const { mae, rmse, baselines } = test;
      const result = {
        params,
        epochs: history.loss.length,
        bestEpoch,
        validation: { mae: validationError },
        test: { mae, rmse, baselines },
        seconds: Math.round(seconds * 100) / 100,
        numerics,
        build: model.build,
        files: { model: out },
      };
      process.stdout.write(`${JSON.stringify(result)}\n`);
    }
    return 0;
  } finally {
    model.dispose();
  }
}

function hyperparametersOf(args: Arguments): Hyperparameters {
  const optimizer = (args.text('optimizer') ?? 'adam') as 'adam' | 'sgd';
  return {
    units: args.number('units') ?? 64,
    layers: args.number('layers') ?? 1,
    dropout: args.number('dropout') ?? 0.2,
    optimizer,
    learningRate: args.number('learning-rate') ?? (optimizer === 'adam' ? 0.003 : 0.03),
    batchSize: args.number('batch-size') ?? 64,
    clipNorm: args.number('clip-norm') ?? 1,
  };
}

/** One line that is drawn again in a terminal; a line an epoch elsewhere. */
class TrainingView {
  readonly #screen: Screen;
  readonly #lines: LiveLines;
  readonly #epochs: number;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #error: number | undefined;

  constructor(screen: Screen, epochs: number) {
    this.#screen = screen;
    this.#lines = new LiveLines(screen);
    this.#epochs = epochs;
  }

  readonly hooks = {
    onProgress: (epoch: number, share: number, loss: number) => {
      const now = performance.now();
      if (!this.#screen.live || now - this.#drawnAt < 100) return;
      this.#drawnAt = now;
      const error = this.#error === undefined ? '' : `  validation MAE ${figure(this.#error)}`;
      const done = bar((epoch + share) / this.#epochs, 24);
      this.#lines.draw([
        `${done} epoch ${epoch + 1}/${this.#epochs}  loss ${figure(loss)}${error}`,
      ]);
    },
    onEpoch: (
      epoch: number,
      { loss, validationError }: { loss: number; validationError: number },
    ) => {
      this.#error = validationError;
      if (this.#screen.live) return;
      const figures = `loss ${figure(loss)}  validation MAE ${figure(validationError)}`;
      this.#screen.write(`epoch ${epoch + 1}/${this.#epochs}  ${figures}\n`);
    },
  };

  close(): void {
    this.#lines.clear();
  }
}

const LABELS = {
  naive: 'naive',
  seasonalNaive: 'seasonal naive',
  ridge: 'ridge',
  ridgeOnInputs: "ridge on the network's inputs",
};

/** The test figures, a line each. */
export function testTable(test: TestResult): string {
  const rows: [string, ForecastErrors][] = [['this network', test]];
  for (const [key, label] of Object.entries(LABELS)) {
    const errors = test.baselines[key as keyof typeof LABELS];
    if (errors) rows.push([label, errors]);
  }
  const width = Math.max(...rows.map(([label]) => label.length));
  const line = (label: string, mae: string, rmse: string) =>
    `  ${label.padEnd(width)} ${mae.padStart(9)} ${rmse.padStart(9)}\n`;
  const body = rows.map(([label, { mae, rmse }]) => line(label, figure(mae), figure(rmse)));
  return ['on the test part:\n', line('', 'MAE', 'RMSE'), ...body].join('');
}
