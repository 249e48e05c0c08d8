// The other threads of a crew: a script of its own, embedded as text (src/crew-thread.mjs) for crew.ts to
// start. It waits for commands in a buffer that it shares with the thread that leads, and runs kernels
// with a rank of its own. In Node it is told what it needs as workerData, in a browser by its first message.
import type * as workerThreads from 'node:worker_threads';
import {
  breakTeam,
  CONTROL,
  CONTROL_HEAD,
  type CrewStart,
  FAILURE,
  threadsOfCommand,
} from './crew-control.js';

/** Looks for a command before a thread sleeps: about 0.2 ms. */
const SPINS = 40_000;

type Kernel = (...args: number[]) => void;

function serve({ module, memory, control, names, rank, team, wide }: CrewStart): void {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  (exports.setWide as (on: boolean) => void)(wide);
  const kernels = names.map((name) => exports[name] as Kernel);
  const words = new Int32Array(control, 0, CONTROL_HEAD / 4);
  const doubles = new Float64Array(control, CONTROL_HEAD);
  let pages = 0;
  let done = Atomics.load(words, CONTROL.command);
  Atomics.add(words, CONTROL.ready, 1);
  for (;;) {
    for (let spin = 0; Atomics.load(words, CONTROL.command) === done; ) {
      if (++spin > SPINS) Atomics.wait(words, CONTROL.command, done);
    }
    done = Atomics.load(words, CONTROL.command);
    if (rank >= threadsOfCommand(done)) continue;
    // V8 tells a thread that comes up while the memory grows of its size too late for memory.fill, which
    // trusts what it knows; to grow by nothing makes it look
    if (words[CONTROL.pages] !== pages) memory.grow(0);
    pages = words[CONTROL.pages];
    // the kernel ends where all threads have met: until then nobody writes another command
    try {
      kernels[words[CONTROL.kernel]](...doubles.subarray(0, words[CONTROL.count]), rank);
    } catch (error) {
      // who is not the first leaves that to him: the leader reads the text as soon as the team is broken
      if (tell(control, words, String(error))) breakTeam(memory, team);
      throw error;
    }
  }
}

/** The first one that fails says why: the leader cannot hear of it while it runs a kernel. Whether this is the first one. */
function tell(control: SharedArrayBuffer, words: Int32Array, text: string): boolean {
  if (Atomics.compareExchange(words, CONTROL.failed, 0, -1) !== 0) return false;
  const bytes = new TextEncoder().encode(text).subarray(0, FAILURE.most);
  new Uint8Array(control, FAILURE.at).set(bytes);
  Atomics.store(words, CONTROL.failed, bytes.length);
  return true;
}

interface Surroundings {
  process?: { getBuiltinModule?(name: string): typeof workerThreads | undefined };
  onmessage?: (event: { data: CrewStart }) => void;
}

const surroundings = globalThis as unknown as Surroundings;
const told = surroundings.process?.getBuiltinModule?.('node:worker_threads')?.workerData;
if (told) serve(told as CrewStart);
else surroundings.onmessage = ({ data }) => serve(data);
