// sluice/node: everything of the entry for all runtimes, and what needs files.
export * from './index.js';
export { loadModel, saveModel } from './node-files.js';
export type { WideVectors } from './node-wide.js';
export { useWideVectors } from './node-wide.js';
export { fileSystemArtifactStore } from './tune/artifacts/file-system.js';
export type { JournalFileOptions } from './tune/storage/journal-file.js';
export { journalFile } from './tune/storage/journal-file.js';
