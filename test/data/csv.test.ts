import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { guessDelimiter } from '../../src/data/csv-delimiter.js';
import { Utf8Text } from '../../src/data/utf8.js';
import { Random } from '../../src/random.js';
import { expectError } from '../support/errors.js';
import { parseCsv } from './csv-text.js';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('a CSV text', () => {
  it('has commas, semicolons, tabs or bars', () => {
    for (const delimiter of [',', ';', '\t', '|']) {
      const text = ['a b', '1 2', '3 4'].join('\n').replaceAll(' ', delimiter);
      const table = parseCsv(text);
      expect(table).toMatchObject({ delimiter, header: ['a', 'b'] });
      expect(table.rows).toEqual([
        ['1', '2'],
        ['3', '4'],
      ]);
    }
  });

  it('loses a byte order mark, blank lines and spaces', () => {
    const { header, rows, lines } = parseCsv('\uFEFFa, b\r\n\r\n1 ,2\r\n\r\n 3,4\r\n\r\n');
    expect(header).toEqual(['a', 'b']);
    expect(rows).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
    expect(lines).toEqual([3, 5]);
  });

  it('may end its lines in LF, CRLF or CR, all in one file', () => {
    const { rows, lines } = parseCsv('a\n1\r\n2\r3\n\r\n4');
    expect(rows).toEqual([['1'], ['2'], ['3'], ['4']]);
    expect(lines).toEqual([2, 3, 4, 6]);
  });

  it('may quote commas, quotes and line ends, and its lines are still known', () => {
    const { header, rows, lines } = parseCsv('"a, b",c\n"1,5","say ""hi"""\n"two\nlines",x\n7,y\n');
    expect(header).toEqual(['a, b', 'c']);
    expect(rows).toEqual([
      ['1,5', 'say "hi"'],
      ['two\nlines', 'x'],
      ['7', 'y'],
    ]);
    expect(lines).toEqual([2, 3, 5]);
  });

  it('may have a single column, or columns without a name', () => {
    expect(parseCsv('x\n1\n2\n').rows).toEqual([['1'], ['2']]);
    expect(parseCsv(',x\n0,1\n').header).toEqual(['column 1', 'x']);
    expect(parseCsv('a,b\n1,').rows).toEqual([['1', '']]);
  });

  it('is split by what splits its names, quotes aside', () => {
    expect(guessDelimiter('"a,b,c";d\n1;2')).toBe(';');
    expect(guessDelimiter('one\n1,2')).toBe(',');
  });

  it.each([
    ['', /data\.csv is empty/],
    [' \n\n', /data\.csv is empty/],
    ['a,b\n', /has a header but no rows/],
    ['a,b\n1,2\n1,2,3\n', /line 3: expected 2 cells as in the header, found 3/],
    ['a,b\n"x\ny",2\n1\n', /line 4: expected 2 cells as in the header, found 1/],
    ['a,b\n1,"2\n3,4\n', /line 2: a quoted cell is not closed/],
    ['a,b\n1,"2"3\n', /line 2 has text behind a quoted cell/],
    ['1,2\n3,4\n', /line 1: expected column names, found only numbers \(1, 2\)/],
    ['a,b,a\n1,2,3\n', /"a" stands twice/],
  ])('is refused: %j', async (text, message) => {
    await expectError(() => parseCsv(text, 'data.csv'), 'bad-data', message);
  });

  it('comes to the same in pieces of any size, and to what papaparse makes of it', () => {
    const random = new Random(1);
    const parts = ['a', '12.5', 'é', '😀', ' ', ',', ',', '\n', '\r\n', '"x"', '"y,""z"', '"p\nq"'];
    let read = 0;
    for (let round = 0; round < 3000; round++) {
      const count = 1 + Math.floor(random.uniform() * 20);
      const cells = Array.from({ length: count }, () => parts[Math.floor(random.uniform() * 12)]);
      const text = `h,i\n${cells.join('')}\n`;
      const outcome = (piece: number) => {
        try {
          const { rows, lines } = parseCsv(text, 'f', piece);
          return { rows, lines };
        } catch (error) {
          return (error as Error).message;
        }
      };
      const whole = outcome(Number.POSITIVE_INFINITY);
      for (const piece of [1, 2, 5]) expect(outcome(piece), JSON.stringify(text)).toEqual(whole);
      if (typeof whole === 'string') continue;
      read++;
      const { data } = Papa.parse<string[]>(text.replaceAll('\r\n', '\n'), { delimiter: ',' });
      const trimmed = data.slice(1).map((row) => row.map((cell) => cell.trim()));
      expect(whole.rows, JSON.stringify(text)).toEqual(
        trimmed.filter((row) => row.length > 1 || row[0] !== ''),
      );
    }
    expect(read).toBeGreaterThan(100);
  });
});

describe('the limits of a CSV text', () => {
  const long = 'x'.repeat(100_001);
  it.each([
    ['a header of a million names', ','.repeat(1_000_000), /line 1 has more than 16384 cells/],
    ['a row of a million cells', `a,b\n${','.repeat(1_000_000)}`, /line 2 has more than 16384/],
    [
      'a long name',
      `${'x'.repeat(1001)},b\n`,
      /line 1: a column name of 1001 characters \("x+\.\.\."\)/,
    ],
    ['a longer one', `${long},b\n1,2\n`, /line 1 holds a cell of more than 100000 characters/],
    ['a long cell', `a,b\n1,${long}`, /line 2 holds a cell of more than 100000 characters/],
    ['a quote that is never closed', `a,b\n1,2\n"${long}\n`, /line 3: a quoted cell is not closed/],
    ['blank lines', `a\n1\n${'\n'.repeat(1_000_001)}`, /more than 1000000 blank lines/],
    ['blank lines alone', ' \n'.repeat(1_000_001), /more than 1000000 blank lines/],
  ])('refuse %s', async (_, text, message) => {
    for (const piece of [2 ** 16, Number.POSITIVE_INFINITY])
      await expectError(() => parseCsv(text, 'f.csv', piece), 'bad-data', message);
  });

  it('refuse more cells than there is memory for, before they are kept', async () => {
    const text = `a,b\n${'1,2\n'.repeat(1000)}`;
    expect(parseCsv(text).rows).toHaveLength(1000);
    await expectError(
      () => parseCsv(text, 'f.csv', 100, { memory: 50_000 }),
      'bad-data',
      /f\.csv line 440: the cells so far take more than the 0 MB of memory/,
    );
  });

  it('let 16,384 columns pass', () => {
    const header = Array.from({ length: 16_384 }, (_, i) => `c${i}`).join(',');
    const row = Array.from({ length: 16_384 }, (_, i) => i).join(',');
    expect(parseCsv(`${header}\n${row}\n`).rows[0][16_383]).toBe('16383');
  });
});

describe('the bytes of a text', () => {
  it('are UTF-8, in pieces of any size', () => {
    const text = new Utf8Text('f');
    const pieces = Array.from(bytes('\uFEFFZürich €😀'), (byte) => text.push(Uint8Array.of(byte)));
    text.end();
    expect(pieces.join('').replace(/^\uFEFF/, '')).toBe('Zürich €😀');
  });

  it('are refused with the line of what is no UTF-8', async () => {
    for (const piece of [1, 3, 100]) {
      const bad = Uint8Array.from([...bytes('a\nb\n'), 0xe9, 0x0a, 0x31, 0x0a]);
      await expectError(
        () => parseCsv(bad, 'f.csv', piece),
        'bad-file',
        /f\.csv is not valid UTF-8 \(line 3\).*save it as UTF-8/,
      );
      await expectError(
        () => parseCsv(Uint8Array.from([...bytes('a\n1\n'), 0xe2, 0x82]), 'f.csv', piece),
        'bad-file',
        /not valid UTF-8 \(line 3\)/,
      );
    }
  });

  it('are refused as UTF-16 and as binary data', async () => {
    await expectError(() => parseCsv(Uint8Array.of(0xff, 0xfe, 65, 0)), 'bad-file', /UTF-16/);
    await expectError(() => parseCsv(Uint8Array.of(65, 0, 66)), 'bad-file', /binary/);
  });
});
