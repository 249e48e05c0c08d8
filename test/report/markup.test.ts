import { describe, expect, it } from 'vitest';
import { decimate, type Point } from '../../src/report/decimate.js';
import { line, mark } from '../../src/report/marks.js';
import { el, escapeText, jsonBlock, round } from '../../src/report/markup.js';
import { parseXml, textOf } from '../support/xml.js';

const HOSTILE = `</title><script>alert(1)</script>"'&\0\u001b[31m\ud800\uffff`;

describe('elements', () => {
  it('escape every text and attribute', () => {
    const source = el('text', { title: HOSTILE }, HOSTILE).source;
    expect(source).not.toContain('<script');
    expect(source).not.toContain('\0');
    const parsed = parseXml(source);
    const kept = [...'\0\u001b\ud800\uffff'].reduce((s, bad) => s.replace(bad, '\ufffd'), HOSTILE);
    expect(textOf(parsed)).toBe(kept);
    expect(parsed.attributes.title).toBe(kept);
  });

  it('leave out what is undefined and close what is empty', () => {
    expect(el('path', { d: 'M0 0', class: undefined, hidden: false }).source).toBe(
      '<path d="M0 0"/>',
    );
    expect(el('td').source).toBe('<td></td>');
    expect(el('p', {}, el('b', {}, 'x'), [' y ', 3]).source).toBe('<p><b>x</b> y 3</p>');
  });

  it('never write NaN as a coordinate', () => {
    expect(round(Number.NaN)).toBe(0);
    expect(round(-0.001)).toBe(0);
    expect(el('line', { x1: Number.NaN, x2: 1 / 3 }).source).toBe('<line x1="0" x2="0.33"/>');
  });

  it('keep pairs of surrogates', () => expect(escapeText('😀')).toBe('😀'));
});

it('a data block cannot be closed from inside', () => {
  const data = { name: `</script><!--${HOSTILE}`, text: 'a & b\u2028' };
  const source = jsonBlock('readout', data).source;
  expect(source.match(/<\/script/g)).toHaveLength(1);
  expect(source).not.toContain('<!--');
  const json = source.slice(source.indexOf('>') + 1, source.lastIndexOf('<'));
  expect(JSON.parse(json).text).toBe(data.text);
});

describe('lines', () => {
  it('lift the pen where there is no value', () => {
    const points: Point[] = [
      [0, 1],
      [0.1, 2],
      [0.2, Number.NaN],
      [0.3, 4],
      [0.4, Number.POSITIVE_INFINITY],
      [0.5, 6],
    ];
    expect(line(points, 'model').source).toContain('d="M0 1L100 2M300 4M500 6"');
  });

  it('may be empty', () =>
    expect(line([], 'model').source).toBe('<path class="line model" d=""/>'));

  it('have marks that are well-formed', () => {
    for (const shape of ['dot', 'ring', 'cross', 'up', 'down'] as const) {
      expect(() => parseXml(mark([0.5, 3], 'fail', shape, HOSTILE).source)).not.toThrow();
    }
  });
});

describe('decimation', () => {
  const wave = Array.from({ length: 10_000 }, (_, i): Point => [i, Math.sin(i / 7)]);

  it('keeps order, ends and peaks', () => {
    const spiked = wave.with(4321, [4321, 99]).with(777, [777, -99]);
    const few = decimate(spiked, 100);
    expect(few.length).toBeLessThanOrEqual(400);
    expect(few[0]).toEqual(spiked[0]);
    expect(few.at(-1)).toEqual(spiked.at(-1));
    expect(few).toContainEqual([4321, 99]);
    expect(few).toContainEqual([777, -99]);
    for (let i = 1; i < few.length; i++) expect(few[i][0]).toBeGreaterThan(few[i - 1][0]);
  });

  it('leaves short series alone and gaps open', () => {
    expect(decimate(wave.slice(0, 300), 100)).toHaveLength(300);
    const gap = wave.map(([x, y]): Point => [x, x > 4000 && x < 6000 ? Number.NaN : y]);
    const kept = decimate(gap, 50).filter(([, y]) => Number.isNaN(y));
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(60);
  });
});
