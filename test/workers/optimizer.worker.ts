// Trains by the case that its parameter names; its value is the digest of the weights.
import { exposeObjective } from 'sluice/worker';
import { type OptimizerCase, optimizerOfCase, trainedDigest } from '../support/optimizer-cases.js';

exposeObjective(({ index }: { index: number }, _, cases: readonly OptimizerCase[]) =>
  trainedDigest(optimizerOfCase(cases[index])),
);
