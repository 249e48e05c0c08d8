/**
 * Rounds of contenders for one lock: all are sent in at once, often after one that died holding
 * it, and some are killed or stopped under way. Nobody may ever be inside together with another
 * who lives.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ownIdentity } from '../../../src/files/process.js';
import { Random } from '../../../src/random.js';
import { breakDead } from '../../../src/tune/storage/journal-file-lock.js';

export interface Contest {
  /** The lock. */
  readonly path: string;
  /** Program and arguments of each contender; those that may be killed come first. */
  readonly contenders: readonly (readonly string[])[];
  /** How many of them may be killed or stopped. */
  readonly mortal: number;
  readonly rounds: number;
  readonly seed: number;
}

export interface ContestResult {
  /** Times that somebody was inside, alone. */
  alone: number;
  /** What those said who were not. */
  readonly together: string[];
  killed: number;
  stopped: number;
  dead: number;
}

export async function contest(plan: Contest): Promise<ContestResult> {
  const random = new Random(plan.seed);
  const result: ContestResult = { alone: 0, together: [], killed: 0, stopped: 0, dead: 0 };
  const crew = plan.contenders.map((command) => new Contender(command));
  const deadPid = spawnSync(process.execPath, ['-e', '']).pid;
  // One killed inside when all others of ours are done leaves a lock that a foreign program knows
  // nothing of: somebody of ours comes by.
  const passer = setInterval(() => breakDead(plan.path), 500);
  try {
    for (let round = 0; round < plan.rounds; round++) {
      await Promise.all(crew.map((contender) => contender.ready()));
      if (random.uniform() < 0.5 && plant(plan.path, deadPid, round)) result.dead += 1;
      const answers = crew.map((contender) => contender.go());
      const victim = crew[random.integer(0, plan.mortal - 1)];
      const fate = random.integer(0, 3);
      const delay = random.integer(0, 60);
      const accident = new Promise<void>((resolve) => {
        setTimeout(async () => {
          if (fate === 0) {
            result.killed += 1;
            victim.kill();
          } else if (fate === 1) {
            result.stopped += 1;
            await victim.pause(random.integer(50, 400));
          }
          resolve();
        }, delay);
      });
      for (const answer of await Promise.all(answers)) {
        if (answer === 'alone') result.alone += 1;
        else if (answer !== 'dead') result.together.push(answer);
      }
      await accident;
    }
  } finally {
    clearInterval(passer);
    for (const contender of crew) contender.kill();
  }
  return result;
}

/** The lock of one who died inside. False where somebody holds the lock. */
function plant(path: string, pid: number, round: number): boolean {
  try {
    const identity = { ...ownIdentity(), pid, token: `dead ${round}` };
    writeFileSync(path, JSON.stringify(identity), { flag: 'wx' });
    writeFileSync(`${path}.inside`, String(pid));
    return true;
  } catch {
    return false;
  }
}

class Contender {
  readonly #command: readonly string[];
  #process: ChildProcess;
  #answer: (line: string) => void = () => {};
  #ready: Promise<string>;

  constructor(command: readonly string[]) {
    this.#command = command;
    this.#process = this.#spawn();
    this.#ready = this.#next();
  }

  #spawn(): ChildProcess {
    const [program, ...args] = this.#command;
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) =>
      this.#answer(line),
    );
    child.stdin?.on('error', () => {}); // killed while it was spoken to
    child.on('close', () => {
      if (this.#process === child) this.#answer('dead');
    });
    return child;
  }

  #next(): Promise<string> {
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  /** Whoever was killed is replaced. */
  async ready(): Promise<void> {
    await this.#ready;
    if (!this.#hasEnded) return;
    this.#process = this.#spawn();
    this.#ready = this.#next();
    await this.#ready;
  }

  get #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  async go(): Promise<string> {
    if (this.#hasEnded) return 'dead'; // killed in the last round, and only now seen to be
    const answer = this.#next();
    this.#process.stdin?.write('go\n');
    return answer;
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  async pause(ms: number): Promise<void> {
    this.#process.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, ms));
    this.#process.kill('SIGCONT');
  }
}
