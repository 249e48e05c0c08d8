/** A worker thread that tries 256-bit vectors and may die of it; node-wide.ts waits for its answer. */
import { parentPort } from 'node:worker_threads';
import { tryWideVectors } from './engine/wide-trial.js';

parentPort?.postMessage(tryWideVectors());
