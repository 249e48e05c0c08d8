export const chromiumArgs: string[];
export function findChromium(environment?: Record<string, string | undefined>): string | undefined;
export function requireChromium(): string;
