// A process of its own for crew.node.test.ts: two threads work for six seconds, while the test stops them.
import { Crew } from '../../src/engine/crew.js';
import { CREW_KERNELS, crewKernels } from '../../src/engine/crew-kernels.js';
import { instantiateKernels } from '../../src/engine/kernels.js';
import { KNOWN_ANSWERS, KnownAnswer } from '../../src/engine/known-answer.js';
import { freshSharedMemory } from '../../src/engine/memory.js';
import { loadSharedModule } from '../../src/engine/module.js';

const module = loadSharedModule('simd');
const { memory, team } = freshSharedMemory();
const alone = instantiateKernels(module, memory);
// patience of 1 s in all, where a stop takes longer
const crew = new Crew(module, memory, 2, CREW_KERNELS, team, 100);
while (crew.atHand < 2) await new Promise((resolve) => setTimeout(resolve, 5));
const work = new KnownAnswer(crewKernels(alone, crew, 0));
console.log('begun');
for (const end = Date.now() + 6000; Date.now() < end; ) {
  work.run();
  if (work.digest() !== KNOWN_ANSWERS.simd) throw new Error('other bits');
}
console.log('same bits');
await crew.close();
