/**
 * All tasks. Each has a name, a title, what its model is, what is measured (`lower` or higher is better), what chance comes to,
 * whether it takes hours (`long`: run only where it is named), the goal that counts as solved (undefined: it is not to be), what is published, the data that it needs, and
 * `run({ seed, quick, sluice, data, say })`, which resolves to { score, seen } (and chance or goal, where the data settle them).
 */
import { tasks as adding } from './adding.mjs';
import { tasks as copyMemory } from './copy-memory.mjs';
import { tasks as digits } from './digits.mjs';
import { tasks as fashion } from './fashion.mjs';
import { tasks as formal } from './formal.mjs';
import { tasks as mobyDick } from './moby-dick.mjs';
import { tasks as names } from './names.mjs';
import { tasks as reber } from './reber.mjs';
import { tasks as temporalOrder } from './temporal-order.mjs';
import { tasks as vowels } from './vowels.mjs';

export const TASKS = [
  ...adding,
  ...temporalOrder,
  ...copyMemory,
  ...reber,
  ...formal,
  ...digits,
  ...fashion,
  ...vowels,
  ...names,
  ...mobyDick,
];
