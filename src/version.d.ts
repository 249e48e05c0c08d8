/** The package's version, put in by the bundler (and by the test configuration). */
declare const __SLUICE_VERSION__: string;
