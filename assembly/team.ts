// Threads that run a kernel together, each an instance of its own on one shared memory. All of them call
// the kernel with the same arguments but their rank, work on ranges of panels that nobody else writes, and
// meet where one needs what another has done. Nothing is reduced across threads: any number of them
// gives the same bits.
//
// A team is a block of TEAM_BYTES, 64-byte aligned: the number of threads (i32), how long a thread sleeps
// before it looks again (i64 nanoseconds, at 8), and places where they meet, each on a cache line of its
// own. 0 is no team: one thread, which meets nobody.

/** Bytes of a team. Zeros but for the first two numbers. */
export const TEAM_BYTES: i32 = 320;

const SLEEP: usize = 8;
const ARRIVED: usize = 64;
const TURN: usize = 128;
const SLEEPERS: usize = 192;
/** Not 0 when somebody has not come. */
const BROKEN: usize = 256;

/** Looks at the turn before a thread sleeps: some 50 microseconds. */
const SPINS: i32 = 20000;
/** What memory.atomic.wait32 answers when the time is over. */
const TIMED_OUT: i32 = 2;
/**
 * So often a thread sleeps in vain before somebody is missing. More than once: the clock goes on while a process is
 * stopped (Ctrl-Z), and who is woken by that alone must give the others time to come.
 */
const PATIENCE: i32 = 10;

// @ts-ignore: decorator
@inline
export function threadsOf(team: usize): i32 {
  return team ? load<i32>(team) : 1;
}

/** Where the share of a rank in n things begins; it ends where that of the next one begins. */
// @ts-ignore: decorator
@inline
export function shareOf(n: i32, rank: i32, threads: i32): i32 {
  return <i32>((<i64>n * <i64>rank) / <i64>threads);
}

/**
 * Waits until all threads of the team are here. Spins for a while, for to sleep and to be woken takes a
 * hundred times as long as most waits; then sleeps. Where somebody does not come in time the team is
 * broken: from then on nobody waits any more, and what is computed is void. A thread that failed breaks
 * it from outside (crew-thread.ts): it counts the turn on, so that nobody falls asleep meanwhile.
 */
export function meet(team: usize): void {
  if (!team || atomic.load<i32>(team, BROKEN)) return;
  const turn = atomic.load<i32>(team, TURN);
  const threads = load<i32>(team);
  if (atomic.add<i32>(team, 1, ARRIVED) == threads - 1) {
    atomic.store<i32>(team, 0, ARRIVED);
    atomic.store<i32>(team, turn + 1, TURN);
    if (atomic.load<i32>(team, SLEEPERS)) atomic.notify(team + TURN, threads);
    return;
  }
  for (let spin = 0; spin < SPINS; ++spin) {
    if (atomic.load<i32>(team, TURN) != turn) return;
  }
  atomic.add<i32>(team, 1, SLEEPERS);
  // A notification meant for the turn before may reach who sleeps in this one already. How long to sleep is read each
  // time: V8 11.3 (Node 20) lost a local i64 across the wait, now and then, in a process that was stopped meanwhile.
  for (let vain = 0; atomic.load<i32>(team, TURN) == turn; ) {
    if (atomic.wait<i32>(team + TURN, turn, load<i64>(team, SLEEP)) == TIMED_OUT && ++vain == PATIENCE) {
      // unless the others came at the last moment
      if (atomic.load<i32>(team, TURN) == turn) atomic.store<i32>(team, 1, BROKEN);
      break;
    }
  }
  atomic.sub<i32>(team, 1, SLEEPERS);
}
