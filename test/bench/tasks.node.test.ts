// The tasks of bench/tasks: their generators say what they promise, and each trains a few steps. Data that tasks read are made up here.
import * as sluice from 'sluice';
import { Random } from 'sluice';
import { describe, expect, it } from 'vitest';
import * as make from '../../bench/tasks/generators.mjs';
import { TASKS } from '../../bench/tasks/list.mjs';

const oneHot = (data: Float32Array, row: number, width: number) => {
  const values = [...data.subarray(row * width, (row + 1) * width)];
  expect(values.filter((value) => value !== 0)).toEqual([1]);
  return values.indexOf(1);
};

describe('generators', () => {
  it('give the same for the same seed', () => {
    for (const of of [
      (random: Random) => make.addingBatch(random, 4, 20),
      (random: Random) => make.copyBatch(random, 4, 20),
      (random: Random) => make.temporalOrderBatch(random, 4),
      (random: Random) => make.reberBatch(random, 4),
      (random: Random) => make.formalBatch(random, 4, 9, make.languages.s3, 3, 9),
    ]) {
      expect(of(new Random(3))).toEqual(of(new Random(3)));
      expect(of(new Random(3))).not.toEqual(of(new Random(4)));
    }
  });

  it('adding: the target is the sum of the two that are marked, one in each half', () => {
    const [B, T] = [50, 21];
    const { x, y } = make.addingBatch(new Random(1), B, T);
    for (let b = 0; b < B; b++) {
      const steps = Array.from({ length: T }, (_, t) => x.data.subarray(2 * (b * T + t)));
      const marked = steps.flatMap(([number, mark], t) => (mark === 1 ? [{ number, t }] : []));
      expect(marked).toHaveLength(2);
      expect(marked[0].t).toBeLessThan(10);
      expect(marked[1].t).toBeGreaterThanOrEqual(10);
      expect(y.data[b]).toBe(Math.fround(marked[0].number + marked[1].number));
    }
  });

  it('temporal order: two of X and Y, in their places, say the class', () => {
    const { x, y } = make.temporalOrderBatch(new Random(1), 40);
    const classes = new Set<number>();
    for (let b = 0; b < 40; b++) {
      const symbols = Array.from({ length: 110 }, (_, t) => {
        const at = (b * 110 + t) * 8;
        return x.data.subarray(at, at + 8).indexOf(1);
      });
      const length = symbols.indexOf(-1) < 0 ? 110 : symbols.indexOf(-1);
      expect(length).toBeGreaterThanOrEqual(100);
      expect([symbols[0], symbols[length - 1]]).toEqual([0, 1]);
      const told = symbols.flatMap((symbol, t) => (symbol >= 6 ? [[symbol - 6, t]] : []));
      expect(told).toHaveLength(2);
      expect(y.data[b]).toBe(2 * told[0][0] + told[1][0]);
      for (const [which, [low, high]] of [
        [10, 20],
        [50, 60],
      ].entries()) {
        expect(told[which][1]).toBeGreaterThanOrEqual(low);
        expect(told[which][1]).toBeLessThanOrEqual(high);
      }
      classes.add(y.data[b]);
    }
    expect(classes.size).toBe(4);
  });

  it('copy memory: the first ten symbols are the last ten targets', () => {
    const [B, T] = [5, 30];
    const { x, y } = make.copyBatch(new Random(1), B, T);
    for (let b = 0; b < B; b++) {
      const said = Array.from({ length: T + 20 }, (_, t) => oneHot(x.data, b * (T + 20) + t, 10));
      const wanted = [...y.data.subarray(b * (T + 20), (b + 1) * (T + 20))];
      expect(wanted.slice(-10)).toEqual(said.slice(0, 10));
      expect(new Set(wanted.slice(0, -10))).toEqual(new Set([8]));
      expect(said.indexOf(9)).toBe(T + 9);
      expect(said.filter((symbol) => symbol === 9)).toHaveLength(1);
    }
  });

  it('Reber: strings are of the grammar, and what may follow is told', () => {
    const random = new Random(1);
    // from the state after TS*X on, and the whole inner string
    const rest = '(?:XT*VP)*(?:S|XT*VV)';
    const inner = `B(?:TS*X${rest}|PT*V(?:V|P${rest}))E`;
    for (let n = 0; n < 200; n++) {
      const { letters, legal } = make.embeddedReber(random);
      expect(letters).toMatch(new RegExp(`^B([TP])${inner}\\1E$`));
      expect(legal).toHaveLength(letters.length - 1);
      legal.forEach((may, t) => {
        expect(may).toContain(letters[t + 1]);
      });
      expect(legal.at(-2)).toBe(letters[1]);
    }
    const { y, strings } = make.reberBatch(random, 3);
    const perfect = new Float32Array(3 * 40 * 7);
    strings.forEach(({ legal, letters }, b) => {
      legal.forEach((may, t) => {
        expect(make.LETTERS[y.data[b * 40 + t]]).toBe(letters[t + 1]);
        for (const letter of may) perfect[(b * 40 + t) * 7 + make.LETTERS.indexOf(letter)] = 0.5;
      });
    });
    expect(make.shareUnderstood(perfect, strings)).toBe(1);
    perfect.fill(0, 0, 7);
    expect(make.shareUnderstood(perfect, strings)).toBeCloseTo(2 / 3);
  });

  it('formal languages: the answers so far', () => {
    const parity = make.formalBatch(new Random(1), 8, 12, make.languages.parity, 3, 12);
    for (let b = 0; b < 8; b++) {
      let ones = 0;
      for (let t = 0; t < 12; t++) {
        const [zero, one] = parity.x.data.subarray(2 * (b * 12 + t));
        if (zero + one === 0) break;
        ones += one;
        expect(parity.y.data[b * 12 + t]).toBe(ones % 2);
      }
    }
    // a group: associative, and each row of its table has each element once
    const { next } = make.languages.s3;
    const all = [0, 1, 2, 3, 4, 5];
    for (const a of all) {
      expect(next(0, a)).toBe(a);
      expect(new Set(all.map((b) => next(a, b))).size).toBe(6);
      for (const b of all)
        for (const c of all) expect(next(next(a, b), c)).toBe(next(a, next(b, c)));
    }
  });
});

const random = new Random(5);
const lines = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');
const bytes = (text: string) => new TextEncoder().encode(text);
const idx = (shape: number[]) => {
  const head = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  head.setUint32(0, 0x0800 + shape.length);
  shape.forEach((size, i) => {
    head.setUint32(4 + 4 * i, size);
  });
  const count = shape.reduce((a, b) => a * b);
  return Uint8Array.from([
    ...new Uint8Array(head.buffer),
    ...Array.from({ length: count }, () => random.integer(0, 9)),
  ]);
};
const vowels = bytes(
  `#notes\n@data\n${lines(30, (i) => `${Array(12).fill('0.5,-1,2').join(':')}:${1 + (i % 9)}`)}\n`,
);
const data: Record<string, Uint8Array> = {
  digits: bytes(
    lines(
      40,
      (i) =>
        `${Array(64)
          .fill(i % 17)
          .join(',')},${i % 10}`,
    ),
  ),
  'fashion-train-images-idx3': idx([80, 28, 28]),
  'fashion-train-labels-idx1': idx([80]),
  'fashion-t10k-images-idx3': idx([20, 28, 28]),
  'fashion-t10k-labels-idx1': idx([20]),
  'vowels-TRAIN': vowels,
  'vowels-TEST': vowels,
  'names-female': bytes('Anna\nMaria\nKim\nZoë\nEve\nIda\nPia\nUte\nLea\nMia\nAda'),
  'names-male': bytes('Otto\nKim\nBartholomew-James\nBen\nTom\nJan\nPer\nLeo\nUwe\nNick'),
  'moby-dick': bytes('Call me Ishmael. Some years ago, never mind how long. '.repeat(200)),
};
const text = (name: string) => new TextDecoder().decode(data[name]);

describe('readers', () => {
  it('digits', () => {
    const { x, y } = make.readDigits(text('digits'));
    expect([x.shape, y.shape, y.data[13]]).toEqual([[40, 8, 8], [40], 3]);
    expect(x.data[64 * 8]).toBe(0.5);
  });

  it('idx files', () => {
    const { data: numbers, shape } = make.readIdx(data['fashion-t10k-images-idx3']);
    expect([shape, numbers.length]).toEqual([[20, 28, 28], 20 * 784]);
  });

  it('vowels: steps of channels, zeros after the end', () => {
    const { x, y } = make.readVowels(text('vowels-TRAIN'));
    expect([x.shape, y.data[10]]).toEqual([[30, 29, 12], 1]);
    expect([...x.data.subarray(0, 48)].filter((_, i) => i % 12 === 0)).toEqual([0.5, -1, 2, 0]);
  });

  it('names: those of both left out, the ends of long ones kept', () => {
    const { x, y } = make.readNames(text('names-female'), text('names-male'));
    expect(x.shape).toEqual([19, 12]);
    expect([...y.data].filter((woman) => woman === 1)).toHaveLength(10);
    expect([...x.data.subarray(0, 5)]).toEqual([1, 14, 14, 1, 0]);
    const row = 10 + 1;
    expect(
      String.fromCharCode(...[...x.data.subarray(12 * row, 12 * row + 12)].map((n) => n + 96)),
    ).toBe('olomew{james');
  });

  it('counts: a text that repeats costs next to nothing, one of chance what chance costs; chances add up to 1', () => {
    const { train, test, width } = make.readBook(text('moby-dick'));
    const codes = Uint16Array.from({ length: 20_000 }, () => random.integer(0, 3));
    for (const counts of [make.wittenBell, make.kneserNey]) {
      expect(counts(train, width, 5).bits(test)).toBeLessThan(0.1);
      const chance = counts(codes.subarray(0, 18_000), 4, 1);
      expect(chance.bits(codes.subarray(18_000))).toBeCloseTo(2, 1);
      const some = counts(codes.subarray(0, 500), 6, 4); // two signs of six are never seen
      for (const at of [600, 700, 800]) {
        const all = Array.from({ length: 6 }, (_, sign) => some.chance(codes, at, sign));
        expect(all.reduce((a, b) => a + b)).toBeCloseTo(1, 10);
        expect(Math.min(...all)).toBeGreaterThan(0);
      }
    }
  });

  it('Kneser and Ney: below the longest context it counts in how many places a sign was seen', () => {
    // a stands after a and b, b after a and c, c after a: two, two and one, though a is seen five times and b four times
    const codes = Uint16Array.from('abaabacbab', (letter) => letter.charCodeAt(0) - 97);
    const { chance } = make.kneserNey(codes, 3, 1);
    // after a sign that was never seen order 0 is asked, each less what is taken off, which goes to all alike
    const [a, b, c] = [0, 1, 2].map((sign) => chance(Uint16Array.of(9, 0), 1, sign));
    expect(a + b + c).toBeCloseTo(1, 10);
    expect([a - b, a > c]).toEqual([expect.closeTo(0, 10), true]);
  });

  it('a text side by side: what comes next, and what a model that knows nothing costs', () => {
    const codes = Uint16Array.from({ length: 72 }, (_, i) => i);
    const { x, y, steps } = make.sideBySide(codes, 2);
    expect([x.shape, y.shape, steps]).toEqual([[2, 35], [2, 35, 1], 35]);
    expect([x.data[0], y.data[0], x.data[35], y.data[69]]).toEqual([0, 1, 35, 70]);
    // says 0.75 for the letter after the one that it reads, of four: each is judged once, in its place
    const stream = (() => ({
      step: (read: Float32Array) =>
        Float32Array.from({ length: 4 * read.length }, (_, i) =>
          i % 4 === (read[i >> 2] + 1) % 4 ? 0.75 : 0.25 / 3,
        ),
      dispose: () => {},
    })) as unknown as sluice.Sequential['stream'];
    const wheel = Uint16Array.from({ length: 5001 }, (_, i) => i % 4);
    const judged = wheel.subarray(4500);
    expect(make.bitsOfModel({ stream }, wheel, judged, 4)).toBeCloseTo(-Math.log2(0.75), 6);
  });
});

describe('tasks', () => {
  it('have names of their own', () => {
    expect(new Set(TASKS.map(({ name }) => name)).size).toBe(TASKS.length);
  });

  it.each(TASKS.map((task) => [task.name, task] as const))(
    '%s trains, the same each time',
    async (_, task) => {
      const run = () => task.run({ seed: 1, quick: true, sluice, data, say: () => {} });
      const first = await run();
      expect(Number.isFinite(first.score)).toBe(true);
      expect(first.seen).toBeGreaterThan(0);
      expect(await run()).toEqual(first);
    },
  );
});
