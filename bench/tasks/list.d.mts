import type * as sluice from 'sluice';

export interface Task {
  readonly name: string;
  /** Takes hours: run only where it is named. */
  readonly long?: boolean;
  readonly title: string;
  readonly model: string;
  readonly measure: string;
  readonly lower: boolean;
  readonly chance: string;
  readonly goal: number | undefined;
  readonly published: string;
  readonly needs?: readonly string[];
  run(options: {
    seed: number;
    quick: boolean;
    sluice: typeof sluice;
    data: Readonly<Record<string, Uint8Array>>;
    say: (line: string) => void;
  }): Promise<{ score: number; seen: number; chance?: string; goal?: number }>;
}

export const TASKS: readonly Task[];
