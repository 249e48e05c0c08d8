/** Peer process: `node sluice.mjs fast|portable WORKLOAD SECONDS`. */
import { allowRelaxedSimd } from '../measure.mjs';
import { runPeer } from './peer-protocol.mjs';

const [numerics, workload, seconds] = process.argv.slice(2);

await runPeer(workload, Number(seconds), async (description, tensors) => {
  if (numerics === 'fast') allowRelaxedSimd();
  const { buildModel } = await import('../workload-model.mjs');
  const model = buildModel(description, tensors, numerics);
  return async () => (await model.trainOnBatch(tensors.x, tensors.y)).loss;
});
