import { fromBytes, layers, readModelFile, SluiceError, sequential, toBytes } from 'sluice';
import { describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../src/formats/safetensors.js';
import {
  altered as alteredFile,
  alteredJson,
  pathsOf,
  refusal,
  replaced,
} from '../support/altered-file.js';
import { mutate, seededIntegers } from '../support/mutate.js';

function smallModel(numerics: 'fast' | 'portable' = 'portable') {
  return sequential({
    layers: [
      layers.lstm({ units: 3, returnSequences: true, inputShape: [4, 2] }),
      layers.dropout({ rate: 0.25 }),
      layers.lstm({ units: 5, name: 'upper' }),
      layers.dense({ units: 2, activation: 'softmax' }),
    ],
    seed: 7,
    numerics,
    name: 'small',
  });
}

const x = {
  shape: [3, 4, 2],
  data: Float32Array.from({ length: 24 }, (_, i) => Math.fround(i / 9 - 1)),
};
const bits = (data: Float32Array) => [
  ...new Uint32Array(data.buffer, data.byteOffset, data.length),
];

const altered = (change: Parameters<typeof alteredFile>[1]) =>
  alteredFile(toBytes(smallModel()), change);

// biome-ignore lint/suspicious/noExplicitAny: the tests put anything into a configuration.
const config = (edit: (config: any) => void) => alteredJson(toBytes(smallModel()), 'config', edit);

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

describe('a model through a file', () => {
  it.each(['fast', 'portable'] as const)('predicts the same bits, %s', async (numerics) => {
    const model = smallModel(numerics);
    const loaded = fromBytes(toBytes(model));
    expect(loaded.numerics).toBe(numerics);
    expect(loaded.getConfig()).toEqual(model.getConfig());
    expect(bits((await loaded.predict(x)).data)).toEqual(bits((await model.predict(x)).data));
    expect(loaded.getWeights().map(({ data }) => bits(data))).toEqual(
      model.getWeights().map(({ data }) => bits(data)),
    );
  });

  it('gives the same bytes again', () => {
    const bytes = toBytes(smallModel(), { preprocessing: { mean: [1] } });
    expect(toBytes(smallModel(), { preprocessing: { mean: [1] } })).toEqual(bytes);
    expect(toBytes(fromBytes(bytes), { preprocessing: { mean: [1] } })).toEqual(bytes);
  });

  it('takes the numerics that the caller asks for', () => {
    expect(fromBytes(toBytes(smallModel('portable')), { numerics: 'fast' }).numerics).toBe('fast');
  });

  it('reads an ArrayBuffer, and a view into something larger', () => {
    const bytes = toBytes(smallModel());
    expect(fromBytes(bytes.slice().buffer).getWeights()).toEqual(smallModel().getWeights());
    const larger = new Uint8Array(bytes.length + 5);
    larger.set(bytes, 3);
    const view = larger.subarray(3, 3 + bytes.length);
    expect(fromBytes(view).getWeights()).toEqual(smallModel().getWeights());
  });

  it('does not blame the file for wrong arguments', () => {
    const bytes = toBytes(smallModel());
    const refused = (call: () => unknown, message: RegExp) => {
      expect(call).toThrow(message);
      expect(call).toThrow(expect.objectContaining({ code: 'bad-option' }));
    };
    refused(() => fromBytes(bytes, { numerics: 'double' as 'fast' }), /numerics must be 'fast'/);
    refused(() => fromBytes(bytes, { strict: true } as object), /no option 'strict'/);
    refused(() => toBytes(smallModel(), { scaler: 1 } as object), /no option 'scaler'/);
    refused(() => fromBytes('text' as unknown as Uint8Array), /fromBytes expects .* got 'text'/);
    refused(() => readModelFile(null as unknown as Uint8Array), /readModelFile expects .* null/);
  });

  it('goes on training', async () => {
    const loaded = fromBytes(toBytes(smallModel()));
    loaded.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
    const y = { shape: [3, 2], data: Float32Array.of(1, 0, 0, 1, 1, 0) };
    const { loss } = await loaded.trainOnBatch(x, y);
    expect(loss).toBeGreaterThan(0);
  });

  it('carries preprocessing, names, shapes and the version', () => {
    const preprocessing = { columns: ['a', 'b'], mean: [0.1, -2], note: null };
    const file = readModelFile(toBytes(smallModel(), { preprocessing }));
    expect(file.preprocessing).toEqual(preprocessing);
    expect(file.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(file.config.layers.map(({ name }) => name)).toEqual([
      'lstm',
      'dropout',
      'upper',
      'dense',
    ]);
    expect([...file.tensors].map(([name, { shape }]) => [name, shape])).toEqual([
      ['dense/bias', [2]],
      ['dense/kernel', [5, 2]],
      ['lstm/bias', [12]],
      ['lstm/kernel', [2, 12]],
      ['lstm/recurrentKernel', [3, 12]],
      ['upper/bias', [20]],
      ['upper/kernel', [3, 20]],
      ['upper/recurrentKernel', [5, 20]],
    ]);
    expect(readModelFile(toBytes(smallModel())).preprocessing).toBeUndefined();
  });

  it.each([
    ['NaN', { mean: Number.NaN }, /preprocessing\.mean is NaN/],
    ['Infinity in an array', [1, Number.POSITIVE_INFINITY], /preprocessing\[1\] is Infinity/],
    [
      'NaN far inside',
      { a: [{ 'b c': [0, Number.NaN] }] },
      /preprocessing\.a\[0\]\["b c"\]\[1\] is NaN/,
    ],
    ['undefined inside', { b: [undefined] }, /preprocessing\.b\[0\] is undefined/],
    ['an undefined field', { b: { c: undefined } }, /preprocessing\.b\.c is undefined/],
    // biome-ignore lint/suspicious/noSparseArray: a hole is the subject here
    ['a hole', [1, , 3], /preprocessing\[1\] is a hole/],
    [
      'a key of an array',
      Object.assign([1], { unit: 'm' }),
      /preprocessing\.unit is a key of an array/,
    ],
    [
      'a symbol as a key',
      { [Symbol('s')]: 1 },
      /preprocessing is an object with the key Symbol\(s\)/,
    ],
    ['a symbol', [Symbol('s')], /preprocessing\[0\] is a symbol/],
    ['a typed array', { mean: new Float32Array(1) }, /\.mean is an object of class Float32Array/],
    ['a Map', new Map(), /preprocessing is an object of class Map/],
    ['a Set', [new Set()], /preprocessing\[0\] is an object of class Set/],
    ['a regular expression', /re/, /preprocessing is an object of class RegExp/],
    ['a Date', { at: new Date(0) }, /preprocessing\.at is an object of class Date/],
    ['an Error', [new Error('x')], /preprocessing\[0\] is an object of class Error/],
    ['a boxed number', { n: Object(1) }, /preprocessing\.n is an object of class Number/],
    ['an instance of a class', new (class Scaler {})(), /is an object of class Scaler/],
    [
      'a key __proto__',
      JSON.parse('{"a":{"__proto__":1}}'),
      /preprocessing\.a\.__proto__ is a key/,
    ],
    ['a function', { f: () => 1 }, /preprocessing\.f is a function/],
    ['a big integer', 1n, /is a bigint/],
    [
      'nesting without measure',
      nested(3000),
      /preprocessing(\[0\]){6} \.\.\. (\[0\]){6} is nested deeper/,
    ],
  ])('refuses preprocessing with %s', (_, preprocessing, message) => {
    expect(() => toBytes(smallModel(), { preprocessing })).toThrow(message);
  });

  it('refuses preprocessing that contains itself', () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(() => toBytes(smallModel(), { preprocessing: { circle } })).toThrow(
      /preprocessing\.circle\.self is a part of itself/,
    );
  });

  it.each([
    ['null', null],
    ['text', 'é\ud800'],
    ['one object twice', Array(2).fill({ a: [1.5, true, null] })],
    ['deep nesting', nested(400)],
  ])('gives back %s', (_, preprocessing) => {
    const bytes = toBytes(smallModel(), { preprocessing });
    expect(fromBytes(bytes).preprocessing).toEqual(preprocessing);
    const bare = Object.assign(Object.create(null), { preprocessing });
    expect(fromBytes(toBytes(smallModel(), { preprocessing: bare })).preprocessing).toEqual({
      preprocessing,
    });
  });
});

describe('fromBytes refuses', () => {
  it.each([
    ['a foreign safetensors file', writeSafetensors([]), /format missing, expected "sluice"/],
    ['another format', altered({ metadata: (m) => m.set('format', 'pt') }), /format "pt"/],
    [
      'a later version',
      altered({ metadata: (m) => m.set('format_version', '3') }),
      /"3".* up to 2; update sluice/,
    ],
    ['no version', altered({ metadata: (m) => m.delete('format_version') }), /version "".*update/],
    ['no configuration', altered({ metadata: (m) => m.delete('config') }), /holds no config/],
    [
      'broken JSON',
      altered({ metadata: (m) => m.set('config', '{"layers":') }),
      /"config" is damaged/,
    ],
    [
      'a configuration that is null',
      altered({ metadata: (m) => m.set('config', 'null') }),
      /config is null, expected an object/,
    ],
    [
      'a key given twice',
      altered({ metadata: (m) => m.set('config', '{"a":1,"a":2}') }),
      /key "a" twice/,
    ],
    [
      'a prototype',
      altered({ metadata: (m) => m.set('config', '{"x":[{"__proto__":{"units":1}}]}') }),
      /"__proto__"/,
    ],
    [
      'no layers',
      config((c) => {
        c.layers = [];
      }),
      /at least one layer/,
    ],
    [
      'layers that are no array',
      config((c) => {
        c.layers = { length: 1 };
      }),
      /layers must be an array/,
    ],
    [
      'too many layers',
      config((c) => {
        c.layers = Array(1001).fill(c.layers[1]);
      }),
      /lists 1001 layers/,
    ],
    [
      'an unknown layer',
      config((c) => {
        c.layers[0].className = 'constructor';
      }),
      /layers\[0\]\.className/,
    ],
    [
      'no input shape',
      config((c) => {
        c.inputShape = null;
      }),
      /no inputShape/,
    ],
    [
      'a negative input shape',
      config((c) => {
        c.inputShape = [4, -2];
      }),
      /inputShape/,
    ],
    [
      'units of 0',
      config((c) => {
        c.layers[0].config.units = 0;
      }),
      /units must be a positive integer/,
    ],
    [
      'units as text',
      config((c) => {
        c.layers[0].config.units = '3';
      }),
      /units/,
    ],
    [
      'absurd units',
      config((c) => {
        c.layers[2].config.units = 1e9;
      }),
      /makes no model: .*needs .*ends at/,
    ],
    [
      'absurd features',
      config((c) => {
        c.inputShape = [4, 1e12];
      }),
      /needs .*ends at/,
    ],
    [
      'large units beside small tensors',
      config((c) => {
        c.layers[2].config.units = 8000;
      }),
      /upper\/kernel" is F32 \[3, 20\], the model needs F32 \[3, 32000\]/,
    ],
    [
      'an unknown option',
      config((c) => {
        c.layers[2].config.peephole = true;
      }),
      /peephole/,
    ],
    [
      'unknown numerics',
      config((c) => {
        c.numerics = 'double';
      }),
      /numerics/,
    ],
    [
      'a bad seed',
      config((c) => {
        c.seed = 1.5;
      }),
      /seed/,
    ],
    [
      'a missing tensor',
      altered({ tensors: (t) => t.splice(1, 1) }),
      /"dense\/kernel" of the model is missing/,
    ],
    [
      'a tensor too many',
      altered({ tensors: (t) => t.push({ ...t[0], name: 'more' }) }),
      /"more" belongs to no layer/,
    ],
    [
      'a tensor of another shape',
      altered({
        tensors: (t) => {
          t[1].shape.reverse();
        },
      }),
      /"dense\/kernel" is F32 \[2, 5\], .* F32 \[5, 2\]/,
    ],
    [
      'weights that are not finite',
      altered({
        tensors: (t) => {
          t[3].data[4] = Number.NaN;
        },
      }),
      /lstm\/kernel must be finite, but element 4 is NaN/,
    ],
  ])('%s', (_, bytes, message) => {
    expect(refusal(bytes)).toMatch(message);
  });

  it('weights of another type', () => {
    const text = new TextDecoder('latin1').decode(toBytes(smallModel()));
    const bytes = Uint8Array.from(text.replace('"F32"', '"I32"'), (c) => c.charCodeAt(0));
    expect(refusal(bytes)).toMatch(/"dense\/bias" is I32 \[2\]/);
  });

  it('every truncated length', () => {
    const bytes = toBytes(smallModel());
    for (let length = 0; length < bytes.length; length++) refusal(bytes.subarray(0, length));
  });

  it('damage at random, or loads a whole model', () => {
    const bytes = toBytes(smallModel(), { preprocessing: { mean: [1, 2] } });
    const headerBytes = new DataView(bytes.buffer).getUint32(0, true) + 8;
    const next = seededIntegers(5);
    let refused = 0;
    for (let round = 0; round < 3000; round++) {
      // Mostly in the header: changed weights are just other weights.
      const head = mutate(bytes.subarray(0, headerBytes), next);
      const damaged = new Uint8Array(head.length + bytes.length - headerBytes);
      damaged.set(head);
      damaged.set(bytes.subarray(headerBytes), head.length);
      try {
        readModelFile(damaged);
        fromBytes(damaged).dispose();
      } catch (error) {
        if (!(error instanceof SluiceError) || error.code !== 'bad-file') throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(2000);
  });

  it('every part of the configuration replaced by something else, or loads it', () => {
    const bytes = toBytes(smallModel());
    const { metadata } = readSafetensors(bytes);
    const { config: original, tensors } = readModelFile(bytes);
    const list = [...tensors].map(([name, tensor]) => ({ name, ...tensor }));
    const odd = [null, true, -1, 0, 1.5, 1e9, 1e308, '', 'x', [], {}, [[]], { length: 1 }];
    let refused = 0;
    for (const path of pathsOf(original)) {
      for (const value of odd) {
        const text = JSON.stringify(replaced(original, path, value));
        const file = writeSafetensors(list, new Map([...metadata, ['config', text]]));
        try {
          fromBytes(file).dispose();
        } catch (error) {
          const fits = error instanceof SluiceError && error.code === 'bad-file';
          expect(fits, `${path.join('.')} = ${JSON.stringify(value)}: ${error}`).toBe(true);
          refused++;
        }
      }
    }
    expect(refused).toBeGreaterThan(300);
  });

  it('leaves prototypes as they were', () => {
    expect(({} as Record<string, unknown>).units).toBeUndefined();
  });
});
