/** What a study is about, as study.json says it: a resumed run must agree with every word. */

import { SluiceError } from '../errors.js';
import { shortName } from '../printable.js';

/** All that decides what a trial with given parameters comes to. */
export interface Fingerprint {
  readonly sluice: string;
  readonly data: { readonly rows: number; readonly sha256: string };
  readonly target: string;
  readonly features: readonly string[];
  readonly time: readonly string[];
  readonly window: number;
  readonly horizon: number;
  readonly season: number;
  readonly interpolate: boolean;
  readonly epochs: number | null;
  readonly seed: number;
  readonly numerics: 'fast' | 'portable';
}

/** The content of a study.json; undefined where it is none, whatever stands there. */
export function readFingerprint(text: string): Partial<Fingerprint> | undefined {
  try {
    const found: unknown = JSON.parse(text);
    const isObject = typeof found === 'object' && found !== null && !Array.isArray(found);
    return isObject ? found : undefined;
  } catch {
    return undefined;
  }
}

/** @throws SluiceError 'study-mismatch' naming every difference */
export function compareFingerprints(
  path: string,
  found: Partial<Fingerprint>,
  wanted: Fingerprint,
): void {
  const differences = differing(found, wanted);
  if (differences.length === 0) return;
  throw new SluiceError(
    'study-mismatch',
    `${path} holds a study of other making (${differences.join('; ')}): give the same options and data, or --out <folder> for a new study`,
  );
}

const LABELS: readonly [string, (one: Partial<Fingerprint>) => unknown][] = [
  ['target', (one) => one.target],
  ['window', (one) => one.window],
  ['horizon', (one) => one.horizon],
  ['features', (one) => one.features],
  ['time', (one) => one.time],
  ['season', (one) => one.season],
  ['interpolate', (one) => one.interpolate],
  ['epochs', (one) => one.epochs],
  ['seed', (one) => one.seed],
  ['numerics', (one) => one.numerics],
  ['rows', (one) => one.data?.rows],
  ['sluice version', (one) => one.sluice],
];

function differing(found: Partial<Fingerprint>, wanted: Fingerprint): string[] {
  const different = LABELS.filter(
    ([, of]) => JSON.stringify(of(found)) !== JSON.stringify(of(wanted)),
  ).map(([label, of]) => `${label} ${shown(of(found))}, now ${shown(of(wanted))}`);
  if (different.length === 0 && found.data?.sha256 !== wanted.data.sha256)
    return ['the data have changed'];
  return different;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : listed(value);
  if (value === undefined) return 'missing';
  if (value === null) return 'by size';
  return shortName(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

function listed(values: readonly unknown[]): string {
  const named = values.slice(0, 10).map((one) => shortName(String(one)));
  return named.join(',') + (values.length > 10 ? ` and ${values.length - 10} more` : '');
}
