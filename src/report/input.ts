/**
 * What a report is made from: plain records, no live objects. Everything optional may be
 * missing, every number may be NaN or infinite, every text may be hostile; the report
 * shows what is there and says what is not.
 */

export type ReportTrialState = 'RUNNING' | 'COMPLETE' | 'PRUNED' | 'FAIL' | 'WAITING';

/** The part of a distribution that a plot needs: a log axis, or the order of the choices. */
export interface ReportDistribution {
  readonly log?: boolean;
  readonly choices?: readonly unknown[];
}

/** One trial of the study; a FrozenTrial fits as it is. */
export interface ReportTrial {
  readonly number: number;
  readonly state: ReportTrialState;
  /** The objective's value; of a pruned trial the value at the step where it was stopped. */
  readonly value?: number | null;
  readonly params: Readonly<Record<string, unknown>>;
  /** By parameter name; without it an axis is linear and choices stand in order of appearance. */
  readonly distributions?: Readonly<Record<string, ReportDistribution>>;
  /** Step (epoch, from 0) to reported value. */
  readonly intermediateValues?: ReadonlyMap<number, number> | Readonly<Record<string, number>>;
  /** Date, ISO text or milliseconds since 1970. */
  readonly datetimeStart?: Date | string | number | null;
  readonly datetimeComplete?: Date | string | number | null;
  /** Why a FAIL failed; `userAttrs.failReason` and `systemAttrs.failReason` are read too. */
  readonly failReason?: string;
  readonly userAttrs?: Readonly<Record<string, unknown>>;
  readonly systemAttrs?: Readonly<Record<string, unknown>>;
}

/**
 * Forecasts on the test part, in the target's own unit (scaling undone).
 * Window w (0 <= w < windows) starts `stride` rows after window w - 1 and covers `horizon`
 * rows; step k of window w stands at index w * horizon + k of the flat arrays.
 */
export interface ReportForecast {
  /** Name of the target column. */
  readonly target: string;
  /** Unit of the target, where known: "MW", "°C". */
  readonly unit?: string;
  readonly horizon: number;
  /** Rows between the first steps of neighbouring windows; default 1. */
  readonly stride?: number;
  /** [windows x horizon], row-major. */
  readonly truth: ArrayLike<number>;
  /** [windows x horizon], row-major. */
  readonly forecast: ArrayLike<number>;
  /** [windows x horizon], row-major: the same rows one season earlier. */
  readonly seasonalNaive?: ArrayLike<number>;
  /**
   * One label for each row covered: row r = w * stride + k, so
   * (windows - 1) * stride + horizon labels. ISO dates ("2012-10-01", "2012-10-01T05:00")
   * give a time axis, anything else is shown as it stands. A list of another length is ignored.
   */
  readonly timestamps?: readonly string[];
}

/** Mean absolute and root mean squared error over all windows and steps, in the target's unit. */
export interface ErrorFigures {
  readonly mae: number;
  readonly rmse: number;
}

export interface TestFigures extends ErrorFigures {
  readonly baselines: {
    readonly naive?: ErrorFigures;
    readonly seasonalNaive?: ErrorFigures;
    /** Linear, on plain windows of the columns. */
    readonly ridge?: ErrorFigures;
    /** Linear, on the very inputs of the network, calendar terms included. */
    readonly ridgeOnInputs?: ErrorFigures;
  };
  /** Rows in one season of the seasonal-naive forecast, for the label: 7. */
  readonly season?: number;
}

export interface ReportData {
  /** Name of the file as given on the command line. */
  readonly file: string;
  readonly rows: number;
  readonly columns: readonly string[];
  readonly target: string;
  /** The date column, where there is one. */
  readonly time?: string;
  /** Model inputs after one-hot and calendar encoding, in order. */
  readonly features?: readonly string[];
  readonly window: number;
  readonly horizon: number;
  /** Rows in each part, in time order. */
  readonly split: { readonly train: number; readonly validation: number; readonly test: number };
  /** Anything a reader must know: "12 empty cells interpolated". */
  readonly notes?: readonly string[];
}

export interface ReportReproduce {
  /** The whole command line, as typed. */
  readonly command: string;
  readonly version: string;
  readonly seed: number;
  readonly numerics: 'fast' | 'portable';
  /** Which kernels ran: 'relaxed-simd' or 'simd'. */
  readonly build: string;
  /** In 256-bit vectors. */
  readonly wide?: boolean;
  /** "Node 20.20.0", "Chromium 131". */
  readonly runtime: string;
  /** "2 x Intel Xeon, Linux x64". */
  readonly machine: string;
  readonly workers?: number;
}

export interface ReportInput {
  readonly study: {
    readonly name: string;
    readonly direction: 'minimize' | 'maximize';
    /** What a trial's value is; default "validation loss". */
    readonly metric?: string;
  };
  readonly trials: readonly ReportTrial[];
  /** Number of the best trial; absent when none is complete. */
  readonly best?: number;
  /** Parameters of the model that was kept; default: those of the best trial. */
  readonly bestParams?: Readonly<Record<string, unknown>>;
  readonly forecast?: ReportForecast;
  readonly test?: TestFigures;
  /** Training history of the kept model: `loss`, `val_loss`, metrics; one number an epoch. */
  readonly history?: Readonly<Record<string, ArrayLike<number>>>;
  readonly data: ReportData;
  readonly reproduce: ReportReproduce;
  /** Wall-clock seconds of the whole run. */
  readonly seconds: number;
}
