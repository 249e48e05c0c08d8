// The kernels of a model with several threads: those that share their work run in all of them where that
// pays, the others, and small shapes, in the thread that leads. Callers see no difference.
import type { Crew } from './crew.js';
import type { Kernels } from './kernels.js';

/** Operations of a time step, or of an update, below which threads cost more than they bring: a share each. */
const LEAST_SHARE = 250_000;

/** Operations between two meetings of the threads, from a kernel's arguments. */
type Work = (args: readonly number[], kernels: Kernels) => number;

/** Those that write weights in place: a thread that dies in the middle leaves part of a step. */
const UPDATES: readonly string[] = ['adam', 'sgd'];
const PART_OF_A_STEP = 'part of a step of the weights (load a state from before it)';

/** [B, T, I, H, ...] of a cell with so many gates. */
const cell =
  (gates: number): Work =>
  ([B, , I, H]) =>
    2 * B * gates * H * (I + H);
/** [runs, n, ...]: elements take some ten operations, and memory their time. */
const elements: Work = ([runs, n]) => 10 * runs * n;

/** [kind, B, T, I, H, ...] of the other cells: each weight is multiplied once a sample. */
const anyCell: Work = ([kind, B, , I, H], { cellWeightFloats }) =>
  2 * B * cellWeightFloats(kind, I, H);

/** All end in the arguments team and rank, see assembly/team.ts. */
const WORK = {
  lstmForward: cell(4),
  lstmForwardFromZero: cell(4),
  lstmInfer: cell(4),
  lstmBackward: cell(4),
  gruForward: cell(3),
  gruForwardFromZero: cell(3),
  gruForwardDropped: cell(3),
  gruInfer: cell(3),
  gruInferZoned: cell(3),
  gruBackward: cell(3),
  gruBackwardDropped: cell(3),
  cellForward: anyCell,
  cellForwardFromZero: anyCell,
  cellForwardDropped: anyCell,
  cellInfer: anyCell,
  cellInferZoned: anyCell,
  cellBackward: anyCell,
  cellBackwardDropped: anyCell,
  adam: elements,
  sgd: elements,
} satisfies { [Name in keyof Kernels]?: Work };

type Shared = keyof typeof WORK;
type Call = (...args: number[]) => void;

/** Kernels that a crew runs, in the order in which its commands count them. */
export const CREW_KERNELS = Object.keys(WORK) as Shared[];

/**
 * @param kernels of the thread that leads
 * @param leastShare operations for each thread: where they are fewer, fewer threads share them
 */
export function crewKernels(kernels: Kernels, crew: Crew, leastShare = LEAST_SHARE): Kernels {
  const others = crew.threads - 1;
  const shared = CREW_KERNELS.map((name, number) => {
    const alone = kernels[name] as Call;
    const work = WORK[name];
    const loss = UPDATES.includes(name) ? PART_OF_A_STEP : undefined;
    const call: Call = (...args) => {
      const most = leastShare > 0 ? Math.floor(work(args, kernels) / leastShare) : crew.threads;
      const threads = most < 2 ? 1 : Math.min(most, crew.atHand);
      if (threads === 1) alone(...args);
      else {
        const own = args.slice(0, -2);
        crew.run(threads, number, own, (team, rank) => alone(...own, team, rank), loss);
      }
    };
    return [name, call];
  });
  return {
    ...kernels,
    ...Object.fromEntries(shared),
    lstmScratchFloats: (B, T, I, H) => kernels.lstmScratchFloats(B, T, I, H) + 16 * B * others,
    cellForwardScratchFloats: (kind, B) => kernels.cellForwardScratchFloats(kind, B) * crew.threads,
    lstmInferScratchFloats: (B, H) => kernels.lstmInferScratchFloats(B, H) * crew.threads,
  };
}
