import { describe, expect, it } from 'vitest';
import { decodeText, guessDelimiter, parseCsv } from '../../src/data/csv.js';
import { expectError } from '../support/errors.js';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('parseCsv', () => {
  it('reads commas, semicolons, tabs and bars', () => {
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

  it('takes a byte order mark, CRLF, blank lines and spaces away', () => {
    const { header, rows, lines } = parseCsv('\uFEFFa, b\r\n\r\n1 ,2\r\n\r\n 3,4\r\n\r\n');
    expect(header).toEqual(['a', 'b']);
    expect(rows).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
    expect(lines).toEqual([3, 5]);
  });

  it('reads quoted commas, quotes and line ends, and still knows the lines', () => {
    const { header, rows, lines } = parseCsv('"a, b",c\n"1,5","say ""hi"""\n"two\nlines",x\n7,y\n');
    expect(header).toEqual(['a, b', 'c']);
    expect(rows).toEqual([
      ['1,5', 'say "hi"'],
      ['two\nlines', 'x'],
      ['7', 'y'],
    ]);
    expect(lines).toEqual([2, 3, 5]);
  });

  it('reads a single column', () => {
    expect(parseCsv('x\n1\n2\n').rows).toEqual([['1'], ['2']]);
  });

  it('looks at names, not into quotes, for the delimiter', () => {
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
    ['1,2\n3,4\n', /line 1: expected column names, found only numbers \(1, 2\)/],
    ['a,b,a\n1,2,3\n', /"a" stands twice/],
  ])('refuses %j', async (text, message) => {
    await expectError(() => parseCsv(text, 'data.csv'), 'bad-data', message);
  });

  it('names a column without a name', () => {
    expect(parseCsv(',x\n0,1\n').header).toEqual(['column 1', 'x']);
  });
});

describe('decodeText', () => {
  it('reads UTF-8', () => expect(decodeText(bytes('Zürich'), 'f')).toBe('Zürich'));

  it('names the line of what is no UTF-8', () =>
    expectError(
      () => decodeText(Uint8Array.from([...bytes('a\nb\n'), 0xe9, 0x0a]), 'f.csv'),
      'bad-file',
      /f\.csv is not valid UTF-8 \(line 3\).*save it as UTF-8/,
    ));

  it('refuses UTF-16 and binary data', async () => {
    await expectError(
      () => decodeText(Uint8Array.of(0xff, 0xfe, 65, 0), 'f'),
      'bad-file',
      /UTF-16/,
    );
    await expectError(() => decodeText(Uint8Array.of(65, 0, 66), 'f'), 'bad-file', /binary/);
  });
});
