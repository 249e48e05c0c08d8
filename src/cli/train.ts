/** sluice train: one configuration, tested once. */

import { removeLeftoversOf } from '../files/whole-file.js';
import type { ForecastErrors } from '../forecast/baselines.js';
import type { Hyperparameters } from '../forecast/network.js';
import { type TestResult, testForecaster } from '../forecast/test-figures.js';
import { type TrainedForecaster, trainForecaster } from '../forecast/training.js';
import { windowSets } from '../forecast/window-sets.js';
import { saveModel } from '../node-files.js';
import { duration, figure } from './figures.js';
import { listenForInterrupt } from './interrupt.js';
import { commandLine } from './invocation.js';
import type { Arguments } from './options.js';
import { print, printJson } from './output.js';
import { checkOutputFile } from './output-file.js';
import { describeData, type Setup, setUp } from './setup.js';
import { threadsAlone } from './share-cores.js';
import { type Screen, say, screenOf } from './terminal.js';
import { TrainingView } from './training-view.js';

export async function train(args: Arguments): Promise<number> {
  const started = performance.now();
  const out = args.text('out') ?? 'model.safetensors';
  await checkOutputFile(out, args.flag('force'), [args.positionals[0]]);
  const setup = await setUp(args);
  const screen = screenOf(process.stderr);
  for (const line of describeData(setup)) say(screen, line);
  const params = hyperparametersOf(args);
  const trained = await runTraining(args, setup, params, screen);
  if (typeof trained === 'number') {
    say(screen, 'stopped: no model was written');
    return trained;
  }
  const { model, history, bestEpoch, validationError } = trained;
  try {
    const { prepared, numerics, wide } = setup;
    const training = { params, build: model.build, bestEpoch, validationError, history };
    await removeLeftoversOf(out).catch(() => {});
    await saveModel(model, out, {
      preprocessing: { ...prepared.preprocessing, training },
      includeOptimizer: false,
    });
    const test = await testForecaster(model, prepared, windowSets(prepared));
    const seconds = (performance.now() - started) / 1000;
    const best = `best epoch ${bestEpoch + 1} of ${history.loss.length}, validation MAE ${figure(validationError)}`;
    print(best, ...testTable(test), `done in ${duration(seconds)}; the model is in ${out}`);
    print(`what comes next: ${commandLine(['predict', out, setup.file])}`);
    if (args.flag('json')) {
      const { mae, rmse, baselines } = test;
      const result = {
        params,
        epochs: history.loss.length,
        bestEpoch: bestEpoch + 1,
        validation: { mae: validationError },
        test: { mae, rmse, baselines },
        seconds: Math.round(seconds * 100) / 100,
        numerics,
        build: model.build,
        wide,
        threads: model.threads,
        files: { model: out },
      };
      printJson(result);
    }
    return 0;
  } finally {
    model.dispose();
  }
}

/** The trained network, or the exit code of an interruption. */
async function runTraining(
  args: Arguments,
  { prepared, numerics, seed }: Setup,
  params: Hyperparameters,
  screen: Screen,
): Promise<TrainedForecaster | number> {
  const sets = windowSets(prepared);
  const epochs = args.number('epochs') ?? 30;
  const patience = args.number('patience') ?? 6;
  const view = new TrainingView(screen, epochs);
  const interrupt = listenForInterrupt(
    () => {},
    () => view.close(),
  );
  const data = {
    series: prepared.series,
    preprocessing: prepared.preprocessing,
    trainStarts: sets.train,
    validationStarts: sets.validation,
    numerics,
    threads: args.number('threads') ?? threadsAlone(),
  };
  try {
    const { signal } = interrupt;
    return await trainForecaster(data, { params, epochs, patience, seed, signal, ...view.hooks });
  } catch (error) {
    if (interrupt.exitCode === undefined) throw error;
    return interrupt.exitCode;
  } finally {
    view.close();
    interrupt.release();
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
    globalClipNorm: args.number('global-clip-norm') ?? 1,
  };
}

const LABELS = {
  naive: 'naive',
  seasonalNaive: 'seasonal naive',
  ridge: 'ridge',
  ridgeOnInputs: "ridge on the network's inputs",
};

/** The test figures, a line each. */
function testTable(test: TestResult): string[] {
  const rows: [string, ForecastErrors][] = [['this network', test]];
  for (const [key, label] of Object.entries(LABELS)) {
    const errors = test.baselines[key as keyof typeof LABELS];
    if (errors) rows.push([label, errors]);
  }
  const width = Math.max(...rows.map(([label]) => label.length));
  const line = (label: string, mae: string, rmse: string) =>
    `  ${label.padEnd(width)} ${mae.padStart(9)} ${rmse.padStart(9)}`;
  const body = rows.map(([label, { mae, rmse }]) => line(label, figure(mae), figure(rmse)));
  return ['on the test part:', line('', 'MAE', 'RMSE'), ...body];
}
