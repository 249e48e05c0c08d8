export interface ImportSite {
  specifier: string;
  typeOnly: boolean;
}
export function importsOf(source: string): ImportSite[];
export function resolveImport(specifier: string, from: string): string | undefined;
export function filesBelow(folder: string, ending: string): string[];
export function browserSuites(): string[];
