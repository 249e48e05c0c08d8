// Graphs in model files: what comes out is what went in, and hostile configurations are refused.
import {
  fromBytes,
  input,
  layers,
  type Model,
  model,
  modelFromConfig,
  sequential,
  type Tensor,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { alteredJson, pathsOf, refusal, replaced } from '../support/altered-file.js';
import { expectError } from '../support/errors.js';
import { bitsOf, noise } from '../support/samples.js';

function graph(): Model<Tensor[]> {
  const [a, b] = ['a', 'b'].map((name) => input({ shape: [4, 2], name }));
  const shared = layers.lstm({ units: 3, trainable: false });
  const joined = layers.concatenate().apply([shared.apply(a), shared.apply(b)]);
  const made = model({
    inputs: [a, b],
    outputs: [
      layers.dense({ units: 2, name: 'left' }).apply(joined),
      layers.gru({ units: 2, resetAfter: false, name: 'right' }).apply(b),
    ],
    seed: 7,
    numerics: 'portable',
  });
  made.compile({ optimizer: 'adam', loss: ['mse', 'mse'], metrics: { left: ['mae'] } });
  return made;
}
const x = [noise(6, [4, 2]), noise(6, [4, 2], 2)];
const y = [noise(6, [2], 3), noise(6, [2], 4)];

describe('a graph in a file', () => {
  it('comes back with its names, weights, compile settings and state of training', async () => {
    const made = graph();
    await made.fit(x, y, { epochs: 2, batchSize: 4 });
    const bytes = toBytes(made);
    const again = fromBytes<unknown, Tensor[]>(bytes);
    expect(again.getConfig()).toEqual(made.getConfig());
    expect(toBytes(again)).toEqual(bytes);
    expect(again.layers.map(({ trainable }) => trainable)).toEqual(
      made.layers.map(({ trainable }) => trainable),
    );
    expect(await again.predict({ b: x[1], a: x[0] })).toEqual(await made.predict(x));
    const [found, expected] = [await again.fit(x, y), await made.fit(x, y)];
    expect(found).toEqual(expected);
    expect(bitsOf(again.getWeights())).toEqual(bitsOf(made.getWeights()));
    const fresh = modelFromConfig(JSON.parse(JSON.stringify(made.getConfig())));
    expect(bitsOf(fresh.getWeights())).toEqual(bitsOf(graph().getWeights()));
  });

  it('is read or refused, whatever stands in its configuration', () => {
    const bytes = toBytes(graph());
    let refused = 0;
    alteredJson(bytes, 'config', (config) => {
      for (const path of pathsOf(config)) {
        for (const value of [
          undefined,
          null,
          0,
          -1,
          1e9,
          'a',
          'left',
          [],
          {},
          true,
          [['a', 0, 0]],
        ]) {
          const hostile = alteredJson(bytes, 'config', () => replaced(config, path, value));
          try {
            fromBytes(hostile).dispose();
          } catch (error) {
            expect(error, `${path.join('.')} = ${JSON.stringify(value)}`).toMatchObject({
              code: 'bad-file',
            });
            refused++;
          }
        }
      }
    });
    expect(refused).toBeGreaterThan(500);
  });

  it('is refused for circles, values that are not there and hosts of calls', async () => {
    const bytes = toBytes(graph());
    const config = (edit: (config: { layers: { inboundNodes: unknown[] }[] }) => void) =>
      refusal(alteredJson(bytes, 'config', (json) => void edit(json)));
    const at = (index: number) => (nodes: unknown[]) =>
      config(({ layers: all }) => {
        all[index].inboundNodes = nodes;
      });
    const places = graph().layers.map(({ name }) => name);
    const left = at(places.indexOf('left'));
    expect(left([[['left', 0, 0]]])).toMatch(/values that there are, without a circle/);
    expect(left([[['left', 5, 0]]])).toMatch(/of a call that there is/);
    expect(left([[['nobody', 0, 0]]])).toMatch(/of a layer that there is/);
    expect(left([[['concatenate', 0, 1]]])).toMatch(/an output that there is/);
    expect(left(Array.from({ length: 10_001 }, () => [['concatenate', 0, 0]]))).toMatch(
      /calls of layers, more than 10000/,
    );
    expect(left([])).toMatch(/\[layer, call, output\] of a call|a value that there is/);
    await expectError(() => modelFromConfig({ className: 'Functional' }), 'bad-option', /layers/);
  });

  // biome-ignore lint/suspicious/noExplicitAny: the test puts anything into a configuration.
  type Edit = (config: any) => unknown;
  const added = { className: 'Dense', name: 'more', config: { units: 2 } };
  it.each<[string, 'graph' | 'stack', Edit, RegExp]>([
    [
      'of a graph',
      'graph',
      (c) => (c.inputShape = [3]),
      /: it has the unknown key 'inputShape'; it/,
    ],
    [
      'of a stack',
      'stack',
      (c) => (c.inputLayers = []),
      /: it has the unknown key 'inputLayers'; it/,
    ],
    [
      'of a layer of a graph',
      'graph',
      (c) => (c.layers[2].note = 1),
      /: layers\[2\] has the unknown key 'note'/,
    ],
    [
      'of an input',
      'graph',
      (c) => (c.layers[0].note = 1),
      /: layers\[0\] has the unknown key 'note'/,
    ],
    [
      'of a layer of a stack',
      'stack',
      (c) => (c.layers[0].inboundNodes = []),
      /layers\[0\] has .* 'inboundNodes'/,
    ],
    [
      'of the options of a layer',
      'stack',
      (c) => (c.layers[0].config.unit = 1),
      /no option 'unit'/,
    ],
    [
      'that stands elsewhere',
      'stack',
      (c) => (c.layers[1].config.name = 'a'),
      /layers\[1\].config.name must be left out/,
    ],
    [
      'a layer that is not called',
      'graph',
      (c) => c.layers.push({ ...added, inboundNodes: [] }),
      /depends on layers\[6\]; leave it out/,
    ],
    [
      'a layer that nobody reads',
      'graph',
      (c) => c.layers.push({ ...added, inboundNodes: [[['left', 0, 0]]] }),
      /depends on layers\[6\]; leave/,
    ],
    [
      'a call that nobody reads',
      'graph',
      (c) =>
        c.layers
          .find(({ name }: { name: string }) => name === 'lstm')
          .inboundNodes.push([['a', 0, 0]]),
      /depends on layers\[\d\].inboundNodes\[2\]/,
    ],
    [
      'an input that is none',
      'graph',
      (c) =>
        c.layers.push({
          className: 'InputLayer',
          name: 'c',
          config: { shape: [2] },
          inboundNodes: [],
        }),
      /depends on layers\[6\]; leave/,
    ],
  ])('has no key and no layer that nobody looks at: %s', async (_, kind, edit, message) => {
    const made =
      kind === 'graph'
        ? graph()
        : sequential({
            layers: [layers.dense({ units: 2, inputShape: [3] }), layers.dense({ units: 1 })],
          });
    const config = JSON.parse(JSON.stringify(made.getConfig()));
    modelFromConfig(config);
    edit(config);
    await expectError(() => modelFromConfig(config), 'bad-option', message);
  });
});
