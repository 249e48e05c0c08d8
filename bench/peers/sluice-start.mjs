/** From the start of the process to a model that has trained one step; prints its peak memory in MB. */
import { layers, sequential, tensor } from '../../build/index.js';

const model = sequential({
  layers: [layers.lstm({ units: 32, inputShape: [50, 8] }), layers.dense({ units: 1 })],
});
model.compile({ optimizer: 'adam', loss: 'mse' });
const x = Float32Array.from({ length: 32 * 50 * 8 }, (_, i) => Math.sin(i));
await model.trainOnBatch(tensor(x, [32, 50, 8]), new Float32Array(32));
console.log(Math.round(process.resourceUsage().maxRSS / 1024));
