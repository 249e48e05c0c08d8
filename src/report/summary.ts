/** The result as plain text for a terminal: test figures beside the baselines, best parameters. */

import { printable } from '../printable.js';
import {
  count,
  decimalsFor,
  formatFixed,
  formatNumber,
  formatParam,
  MINUS,
  NBSP,
} from './format.js';
import type { ReportInput, TestFigures } from './input.js';
import { columnsOf, padEnd, padStart } from './padding.js';
import { bestParamsOf, bestTrialOf, countStates, metricOf } from './records.js';
import { compareToBaselines, verdictSentence } from './verdict.js';

/** Data must not move the cursor or colour the terminal. */
function plain(text: string): string {
  return printable(text.replaceAll(MINUS, '-').replaceAll(NBSP, ' '));
}

/** Rows under a header; the first column left, the others right aligned. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => columnsOf(row[column]))));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? padEnd(cell, widths[column]) : padStart(cell, widths[column]),
      )
      .join('   ')
      .trimEnd(),
  );
}

function testTable(test: TestFigures): string[] {
  const comparisons = compareToBaselines(test);
  const decimals = decimalsFor([test.mae]);
  const cells = (f: { mae: number; rmse: number }): string[] =>
    [f.mae, f.rmse].map((value) => plain(formatFixed(value, decimals)));
  return [
    ...table([
      ['forecast', 'MAE', 'RMSE', 'LSTM MAE is'],
      ['LSTM (tuned)', ...cells(test), ''],
      ...comparisons.map((one) => [one.label, ...cells(one.figures), plain(one.words)]),
    ]),
    verdictSentence(comparisons),
  ];
}

function trialsLine(input: ReportInput): string {
  const states = countStates(input.trials);
  const parts = [
    `${states.COMPLETE} complete`,
    `${states.PRUNED} pruned`,
    `${states.FAIL} failed`,
    ...(states.RUNNING + states.WAITING > 0 ? [`${states.RUNNING + states.WAITING} open`] : []),
  ];
  return `${count(input.trials.length, 'trial')}: ${parts.join(', ')}`;
}

/**
 * Plain text without colour, one trailing newline: trials, the test figures as a table, the
 * verdict, the best parameters. Control characters in the data are shown escaped.
 */
export function renderSummary(input: ReportInput): string {
  const lines = [trialsLine(input)];
  const best = bestTrialOf(input);
  if (best === undefined) {
    lines.push('No trial is complete: there is no model, no forecast and no test figure.');
    return `${lines.join('\n')}\n`;
  }
  if (input.test !== undefined) {
    lines.push(
      '',
      `Test part, ${plain(input.data.target)}, ${input.data.horizon === 1 ? '1 step' : `all ${input.data.horizon} steps`}:`,
    );
    lines.push(...testTable(input.test).map((line) => `  ${line}`));
  }
  const value = plain(formatNumber(best.value));
  lines.push('', `Best trial ${best.number}, ${plain(metricOf(input))} ${value}:`);
  const params = Object.entries(bestParamsOf(input));
  if (params.length === 0) lines.push('  no parameters');
  else {
    const rows = params.map(([name, param]) => [plain(name), plain(formatParam(param))]);
    lines.push(...table(rows).map((line) => `  ${line}`));
  }
  return `${lines.join('\n')}\n`;
}
