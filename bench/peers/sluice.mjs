/** Peer process: `node sluice.mjs fast|portable THREADS WORKLOAD SECONDS`. */
import { allowRelaxedSimd } from '../measure.mjs';
import { isText, runPeer } from './peer-protocol.mjs';

const [numerics, threads, workload, seconds] = process.argv.slice(2);

await runPeer(workload, Number(seconds), async (description, tensors, dropout) => {
  if (numerics === 'fast') allowRelaxedSimd();
  const { buildModel } = await import('../workload-model.mjs');
  const { buildTextModel } = await import('../text-workloads.mjs');
  const build = isText(description) ? buildTextModel : buildModel;
  const model = build(description, tensors, numerics, Number(threads), dropout);
  const step = async () => (await model.trainOnBatch(tensors.x, tensors.y)).loss;
  // until its threads are there a model computes alone
  if (Number(threads) > 1) await new Promise((resolve) => setTimeout(resolve, 300));
  return step;
});
