// Type checks with the settings that `tsc --init` writes, every declaration of the package checked.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Project } from './project.js';

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));

const settings = {
  module: 'nodenext',
  target: 'esnext',
  types: [] as string[],
  declaration: true,
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  noUncheckedSideEffectImports: true,
  moduleDetection: 'force',
  skipLibCheck: false,
  noEmit: true,
  typeRoots: [join(modules, '@types')],
};

/** The sets of ambient names that a project can have. */
export const surroundings = {
  'a page': {},
  'Node, lib dom as well': { types: ['node'] },
  'Node, no lib dom': { lib: ['esnext'], types: ['node'] },
  'a page behind a bundler': { module: 'esnext', moduleResolution: 'bundler' },
  'a Web Worker': { lib: ['esnext', 'webworker'] },
  'neither Node nor dom, an older target': { lib: ['es2022'], target: 'es2022' },
};
export type Surroundings = keyof typeof surroundings;

/** Checks files of the project; throws with what the compiler says. */
export function typeCheck(project: Project, where: Surroundings, files: string[]): void {
  const compilerOptions = { ...settings, ...surroundings[where] };
  project.write('tsconfig.json', JSON.stringify({ compilerOptions, files }));
  try {
    project.node(join(modules, 'typescript/bin/tsc'), '-p', 'tsconfig.json');
  } catch (error) {
    throw new Error((error as { stdout: string }).stdout);
  }
}
