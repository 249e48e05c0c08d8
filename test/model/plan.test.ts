import { describe, expect, it } from 'vitest';
import {
  type Life,
  type PlanNode,
  placeRegions,
  planPass,
  REGION_ALIGNMENT,
  type Region,
} from '../../src/model/plan.js';
import { Random } from '../../src/random.js';

const overlapInTime = (a: Life, b: Life) => a.from <= b.to && b.from <= a.to;
const overlapInSpace = (a: Region, b: Region) =>
  a.offset < b.offset + 4 * b.floats && b.offset < a.offset + 4 * a.floats;

function expectSound(regions: readonly Region[], bytes: number) {
  regions.forEach((a, i) => {
    expect(a.offset % REGION_ALIGNMENT).toBe(0);
    expect(a.offset + 4 * a.floats).toBeLessThanOrEqual(bytes);
    for (const b of regions.slice(0, i)) {
      if (!overlapInTime(a, b) || a.floats === 0 || b.floats === 0) continue;
      expect(overlapInSpace(a, b), `${a.name} and ${b.name}`).toBe(false);
    }
  });
}

describe('placeRegions', () => {
  it('never overlaps two that live at the same time, over random requests', () => {
    for (let seed = 0; seed < 50; seed++) {
      const random = new Random(seed);
      const lives = Array.from({ length: 24 }, (_, i) => {
        const from = random.integer(0, 20);
        const to = random.integer(from, 21);
        return { name: `r${i}`, floats: random.integer(0, 300), from, to };
      });
      const { regions, bytes } = placeRegions(lives);
      expect(regions.map(({ name }) => name)).toEqual(lives.map(({ name }) => name));
      expectSound(regions, bytes);
      // never below the busiest moment, never above one region after the other
      const size = ({ floats }: Life) => Math.ceil((4 * floats) / 64) * 64;
      const sum = (some: Life[]) => some.reduce((total, life) => total + size(life), 0);
      expect(bytes).toBeLessThanOrEqual(sum(lives));
      for (let step = 0; step <= 21; step++) {
        const alive = lives.filter(({ from, to }) => from <= step && step <= to);
        expect(bytes).toBeGreaterThanOrEqual(sum(alive));
      }
    }
  });

  it('lets regions share bytes when their lives do not meet', () => {
    const { regions, bytes } = placeRegions([
      { name: 'a', floats: 100, from: 0, to: 1 },
      { name: 'b', floats: 100, from: 2, to: 3 },
    ]);
    expect(regions.map(({ offset }) => offset)).toEqual([0, 0]);
    expect(bytes).toBe(448);
  });

  it('keeps absurd sizes absurd', () => {
    const { bytes } = placeRegions([{ name: 'a', floats: 1e18, from: 0, to: 0 }]);
    expect(bytes).toBeGreaterThanOrEqual(4e18);
  });

  it('is a pure function', () => {
    const lives = [
      { name: 'a', floats: 5, from: 0, to: 3 },
      { name: 'b', floats: 9, from: 1, to: 2 },
    ];
    const copy = structuredClone(lives);
    expect(placeRegions(lives)).toEqual(placeRegions(lives));
    expect(lives).toEqual(copy);
  });
});

/** The values of a chain: 0 is the input, and node i puts out i + 1. */
const node = (name: string, input: number, over: Partial<PlanNode> = {}): PlanNode => ({
  name,
  inputs: [input],
  outputs: [input + 1],
  passesThrough: false,
  demands: {
    regions: [
      { name: 'out', floats: 1000, keeps: 'output' },
      { name: 'saved', floats: 3000, keeps: 'step' },
    ],
    forwardScratch: 500,
    backwardScratch: 500,
  },
  sharedFloats: 0,
  ...over,
});

const chain = [node('a', 0), node('b', 1), node('c', 2)];
const base = {
  nodes: chain,
  inputs: [640],
  heads: [{ value: 3, floats: 32, rows: 8 }],
  edges: [
    { value: 3, reader: undefined, floats: 800 },
    { value: 2, reader: 2, floats: 800 },
    { value: 1, reader: 1, floats: 800 },
  ],
};

describe('planPass', () => {
  it('is sound in training and in inference', () => {
    for (const training of [true, false]) {
      const plan = planPass({ ...base, training });
      expectSound(plan.regions, plan.bytes);
    }
  });

  it('keeps all that the backward pass reads, and shares scratch', () => {
    const { regions, bytes } = planPass({ ...base, training: true });
    const saved = regions.filter(({ name }) => /\.(out|saved)$/.test(name));
    saved.forEach((a, i) => {
      for (const b of saved.slice(0, i)) expect(overlapInSpace(a, b)).toBe(false);
    });
    const apart = regions.reduce((sum, { floats }) => sum + 4 * floats, 0);
    const scratch = regions.filter(({ name }) => name.endsWith('scratch'));
    expect(scratch).toHaveLength(6);
    expect(bytes).toBeLessThanOrEqual(apart - 5 * 4 * 500 + 64 * regions.length);
  });

  it('needs far less for inference', () => {
    const training = planPass({ ...base, training: true });
    const inference = planPass({ ...base, training: false });
    expect(inference.bytes).toBeLessThan(training.bytes / 2);
  });

  it('keeps an output alive through a layer that hands it on', () => {
    const through = [
      node('a', 0),
      node('drop', 1, {
        passesThrough: true,
        demands: { regions: [], forwardScratch: 0, backwardScratch: 0 },
      }),
      node('c', 2),
    ];
    const { regions } = planPass({ ...base, nodes: through, training: false });
    const out = regions.find(({ name }) => name === 'a.out') as Region;
    const next = regions.find(({ name }) => name === 'c.out') as Region;
    expect(out.to).toBe(2);
    expect(overlapInSpace(out, next)).toBe(false);
  });

  it('keeps the last output for the loss and for whoever reads predictions', () => {
    const { regions } = planPass({ ...base, training: false });
    expect(regions.find(({ name }) => name === 'c.out')?.to).toBe(3);
  });

  it('plans for a branch: each reader of a value has a gradient of its own until they are summed', () => {
    const branched = [node('a', 0), node('b', 1), node('c', 2, { inputs: [1, 2] })];
    const edges = [...base.edges, { value: 1, reader: 2, floats: 800 }];
    const { regions } = planPass({ ...base, nodes: branched, edges, training: true });
    const gradients = regions.filter(({ name }) => name === 'gradient');
    // backward steps: c 4, b 5, a 6
    expect(gradients.map(({ from, to }) => [from, to])).toEqual([
      [3, 4],
      [4, 5],
      [5, 6],
      [4, 6],
    ]);
    const inference = planPass({ ...base, nodes: branched, edges: [], training: false });
    const out = inference.regions.find(({ name }) => name === 'a.out');
    expect(out).toMatchObject({ to: 2 });
  });

  it('gives calls of a shared layer room for their gradients, in their own step alone', () => {
    const shared = [node('a', 0), node('b', 1, { sharedFloats: 70 }), node('c', 2)];
    const { regions } = planPass({ ...base, nodes: shared, training: true });
    const found = regions.find(({ floats }) => floats === 70) as Region;
    expect([found.from, found.to]).toEqual([5, 5]);
    const inference = planPass({ ...base, nodes: shared, edges: [], training: false });
    expect(inference.regions.some(({ floats }) => floats === 70)).toBe(false);
  });
});
