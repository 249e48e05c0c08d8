/**
 * One line of a journal <-> one operation. Python's JSON is wider than JavaScript's: it writes
 * and reads the bare words NaN, Infinity and -Infinity, and tells 1.0 from 1.
 */
import { checkExtent, DEEPEST_JSON, parsePythonJson } from './journal-json.js';
import type { JournalOp } from './journal-op.js';

/** Fields that hold Python floats: whole numbers in them are written as 1.0. */
const floatFields = new Set([
  'value',
  'values',
  'params',
  'param_value_internal',
  'intermediate_value',
  'intermediate_values',
]);

/** Text of one operation, without the newline. */
export function encodeOp(op: JournalOp): string {
  const fields = Object.entries(op)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${JSON.stringify(key)}: ${encode(value, floatFields.has(key))}`);
  return `{${fields.join(', ')}}`;
}

function encode(value: unknown, floats: boolean): string {
  if (typeof value === 'number') return encodeNumber(value, floats);
  if (Array.isArray(value)) return `[${value.map((v) => encode(v, floats)).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, v]) => v !== undefined);
    const fields = entries.map(([key, v]) => `${JSON.stringify(key)}: ${encode(v, floats)}`);
    return `{${fields.join(', ')}}`;
  }
  return JSON.stringify(value ?? null);
}

function encodeNumber(value: number, float: boolean): string {
  if (!Number.isFinite(value)) return String(value);
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return float && /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** Any JSON text, bare words included. @throws SyntaxError */
export function decodeJson(text: string): unknown {
  if (text.length > 2 * DEEPEST_JSON) checkExtent(text);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw error;
    return parsePythonJson(text);
  }
}
