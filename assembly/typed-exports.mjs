// From the declarations that the compiler writes beside a module to an interface of its exports.

const HEAD = `// Written by assembly/compile.mjs: what the compiled kernels export, by the names of their source.
// Pointers are byte addresses, strides and sizes count floats; the files named here hold the
// contracts.
// biome-ignore-all format: a generated file

`;

/**
 * @param {string} declarations of asc --bindings raw
 * @returns {string} a module with the interface KernelExports
 */
export function typedExports(declarations) {
  const lines = [...functionsIn(declarations)].map(
    ({ source, name, parameters, result }) =>
      `  /** ${source}.ts */\n  ${name}(${parameters}): ${result};\n`,
  );
  const globals = [...declarations.matchAll(/export const (\w+): \{/g)].map(
    ([, name]) => `  readonly ${name}: { readonly value: number };\n`,
  );
  return (
    `${HEAD}export interface KernelExports {\n  readonly memory: WebAssembly.Memory;\n` +
    `${globals.join('')}${lines.join('')}}\n`
  );
}

function* functionsIn(declarations) {
  const pattern =
    /\/\*\*\n\s+\* (?<path>[\w/-]+)\n(?:\s+\*[^\n]*\n)*?\s+\*\/\n\s+export function (?<name>\w+)\((?<parameters>[^)]*)\): (?<result>\w+);/g;
  for (const { groups } of declarations.matchAll(pattern)) {
    yield { ...groups, source: `assembly/${groups.path.replace(/\/\w+$/, '')}` };
  }
}
