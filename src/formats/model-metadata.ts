/** What stands in a model file beside its tensors; model-file.ts lists the fields. */
import type { Model } from '../model/model.js';
import { describe, isObject, quote } from './json.js';
import { badFile, parseField } from './metadata-field.js';
import { toJson } from './to-json.js';
import { readTraining, type TrainingRecord } from './training-record.js';

const FORMAT = 'sluice';
/** A file without training is readable to sluice 0.1.0, which knows version 1 alone. */
const FORMAT_VERSIONS = { plain: 1, training: 2 };

/** The metadata read; what they say is as trustworthy as the file. */
export interface ModelMetadata {
  readonly config: Record<string, unknown>;
  readonly preprocessing: unknown;
  readonly training: TrainingRecord | undefined;
  readonly version: string;
}

/** @throws SluiceError 'bad-file' */
export function readMetadata(metadata: ReadonlyMap<string, string>): ModelMetadata {
  const version = metadata.get('sluice_version') ?? 'unknown';
  checkFormat(metadata, version);
  const text = metadata.get('config');
  if (text === undefined) throw badFile('the metadata holds no config; the file is incomplete');
  const config = parseField('config', text, badFile);
  if (!isObject(config)) throw badFile(`the config is ${describe(config)}, expected an object`);
  const preprocessing = metadata.get('preprocessing');
  const training = metadata.get('training');
  return {
    config,
    preprocessing:
      preprocessing === undefined ? undefined : parseField('preprocessing', preprocessing, badFile),
    training: training === undefined ? undefined : readTraining(training, badFile),
    version,
  };
}

/** @throws SluiceError 'bad-option' for preprocessing that JSON cannot hold */
export function writeMetadata(
  model: Model,
  preprocessing: unknown,
  training: string | undefined,
): Map<string, string> {
  const version = training === undefined ? FORMAT_VERSIONS.plain : FORMAT_VERSIONS.training;
  const metadata = new Map([
    ['format', FORMAT],
    ['format_version', String(version)],
    ['sluice_version', __SLUICE_VERSION__],
    ['config', JSON.stringify(model.getConfig())],
  ]);
  if (training !== undefined) metadata.set('training', training);
  if (preprocessing !== undefined) {
    metadata.set('preprocessing', toJson('preprocessing', preprocessing));
  }
  return metadata;
}

function checkFormat(metadata: ReadonlyMap<string, string>, version: string): void {
  const format = metadata.get('format');
  if (format !== FORMAT) {
    throw badFile(
      `the metadata names the format ${describe(format)}, expected ${quote(FORMAT)}; another program wrote this ` +
        'safetensors file: make the model from its layers, and hand its tensors to model.setWeights',
    );
  }
  const formatVersion = metadata.get('format_version') ?? '';
  const newest = FORMAT_VERSIONS.training;
  if (/^[1-9][0-9]{0,8}$/.test(formatVersion) && Number(formatVersion) <= newest) return;
  throw badFile(
    `sluice ${describe(version)} wrote it in format version ${describe(formatVersion)}, ` +
      `this one reads up to ${newest}; update sluice`,
  );
}
