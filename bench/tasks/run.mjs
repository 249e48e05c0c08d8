/**
 * `node bench/tasks/run.mjs [task ...] [--seeds 3] [--quick]`, after `npm run build`: published tasks, each trained from
 * scratch for each seed (1, 2, ...), as a table in Markdown. --quick only shows that they run. The exit code is 1 where data are missing.
 */
import { count, readFlags, yes } from '../flags.mjs';
import { allowRelaxedSimd, machineLine } from '../measure.mjs';
import { dataOf } from './data.mjs';
import { TASKS } from './list.mjs';

const names = TASKS.map(({ name }) => name);
const { seeds, quick, chosen } = readFlags(
  { seeds: count(3), quick: yes },
  { names, many: 'tasks' },
);
allowRelaxedSimd();
const sluice = await import('../../build/index.js');
const say = (line) => process.stderr.write(`${line}\n`);

/** 0.0123 rather than 0.012345678; 1 and 0 as they are. */
const figure = (value) => String(Number(value.toPrecision(3)));

function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = figure(sorted[sorted.length >> 1]);
  if (sorted.length === 1) return middle;
  return `${middle} (${figure(sorted[0])} to ${figure(sorted.at(-1))})`;
}

async function measure(task) {
  const data = Object.fromEntries((task.needs ?? []).map((name) => [name, dataOf(name)]));
  const runs = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const start = performance.now();
    const told = (line) => say(`${task.name}, seed ${seed}: ${line}`);
    const run = await task.run({ seed, quick, sluice, data, say: told });
    runs.push({ ...run, seconds: (performance.now() - start) / 1000 });
    told(`${task.measure} ${figure(run.score)}`);
  }
  return runs;
}

function row(task, runs) {
  const { name, title, model, measure: what, lower, published } = task;
  const scores = runs.map(({ score }) => score);
  const [{ chance = task.chance }] = runs;
  const solved = runs.filter(({ score, goal = task.goal }) =>
    lower ? score <= goal : score >= goal,
  );
  const goals = runs[0].goal ?? task.goal;
  const goal = goals === undefined ? 'not to be solved' : `${lower ? '≤' : '≥'} ${figure(goals)}`;
  const reached = goals === undefined ? '' : `${solved.length} of ${runs.length}`;
  const seen = spread(runs.map((run) => run.seen));
  const seconds = spread(runs.map((run) => run.seconds));
  const cells = [
    name,
    title,
    model,
    what,
    spread(scores),
    chance,
    goal,
    reached,
    seen,
    seconds,
    published,
  ];
  return `| ${cells.join(' | ')} |`;
}

const HEAD = [
  '',
  'task',
  'model',
  'measure',
  'score',
  'chance',
  'goal',
  'reached',
  'sequences',
  'seconds',
  'published',
];
const rows = [];
for (const task of TASKS.filter(({ name, long }) =>
  chosen.length === 0 ? !long : chosen.includes(name),
)) {
  try {
    rows.push(row(task, await measure(task)));
  } catch (error) {
    console.error(`error: ${task.name}: ${error.message.split('\n')[0]}`);
    process.exitCode = 1;
  }
}
console.log(machineLine());
console.log(
  `Seeds 1 to ${seeds}: the median, the least and the most${quick ? '; quick: nothing is learned' : ''}.\n`,
);
console.log(`| ${HEAD.join(' | ')} |\n|${HEAD.map(() => '---|').join('')}`);
console.log(rows.join('\n'));
